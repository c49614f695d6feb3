"""What a request brings along is read alike, however it is written; and pages of this machine are asked and read."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI, Request

from sandbox.cards import card_of
from sandbox.forms import Form, Upload, basic_of, bearer_of, form_of
from sandbox.network import Card
from sandbox.outbound import UnreachableError, ask

if TYPE_CHECKING:
    from tests.sandbox.conftest import Sandbox

BROKEN = b"--b\r\ncontent-disposition: form-data; name=a\r\n\r\nno end"


async def read(**request: object) -> tuple[Form, tuple[str, str] | None, str]:
    """Send a request, and return what is read of it."""
    app, found = FastAPI(), []

    @app.post("/")
    async def take(request: Request) -> None:
        found.append((await form_of(request), basic_of(request), bearer_of(request)))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x", trust_env=False) as client:
        await client.post("/", **request)  # type: ignore[arg-type]  # whatever a test asks for
    return found[0]


@pytest.mark.parametrize(
    "request_",
    [
        {"params": {"a": "é & b", "c": ""}},
        {"data": {"a": "é & b", "c": ""}},
        {"json": {"a": "é & b", "c": ""}},
        {"params": {"a": "old", "c": ""}, "data": {"a": "é & b"}},
        {"data": {"a": "é & b", "c": ""}, "files": {}},
    ],
)
async def test_values_are_the_same_in_an_address_a_form_and_json(request_: dict[str, object]) -> None:
    form, _, _ = await read(**request_)

    assert form == Form({"a": "é & b", "c": ""})


async def test_files_come_with_their_bytes() -> None:
    data = bytes(range(256)) * 3 + b"\r\n--not-the-end\r\n"
    form, _, _ = await read(data={"a": "é"}, files={"source": ("ü.png", data, "image/png")})

    assert form == Form({"a": "é"}, {"source": Upload("ü.png", "image/png", data)})


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"{", "application/json"), (b"[1]", "application/json"), (b"x", "multipart/form-data; boundary=b"),
     (BROKEN, "multipart/form-data; boundary=b"), (b"", "multipart/form-data")],
)  # fmt: skip
async def test_a_body_that_is_not_what_it_says_is_not_whole(content: bytes, kind: str) -> None:
    form, _, _ = await read(content=content, headers={"content-type": kind})

    assert not form.whole


@pytest.mark.parametrize(
    ("header", "basic", "bearer"),
    [
        ("Bearer abc", None, "abc"),
        ("OAuth abc", None, "abc"),
        (f"Basic {base64.b64encode(b'id:s:x').decode()}", ("id", "s:x"), ""),
        (f"Basic {base64.b64encode(b'id').decode()}", None, ""),
        ("Basic ???", None, ""),
        ("Digest abc", None, ""),
    ],
)
async def test_who_calls_stands_in_the_head(header: str, basic: tuple[str, str] | None, bearer: str) -> None:
    assert (await read(headers={"authorization": header}))[1:] == (basic, bearer)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "http://acme.example/", "http://127.0.0.1:x/", "ftp://[::1]/", ""]
)
async def test_nothing_but_this_machine_is_asked(url: str) -> None:
    with pytest.raises(UnreachableError):
        await ask("GET", url)


@pytest.mark.parametrize("answer", [b"", b"no http at all", b"HTTP/1.1 twohundred\r\n\r\n"])
async def test_an_answer_that_is_none_is_said_to_be_none(answer: bytes) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0) as server:
        with pytest.raises(UnreachableError):
            await ask("GET", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


async def test_a_card_is_what_a_page_says_of_itself(sandbox: Sandbox) -> None:
    site = f"http://127.0.0.1:{sandbox.port}/feeds/acme/"
    page, drawing = f"{site}p/elan", f"{site}media/elan.png"
    await sandbox.client.post(
        "/feeds/acme/entries",
        json={"title": "Élan & co", "text": "x", "link": "p/elan", "image": "media/elan.png", "key": "k"},
    )
    found = await card_of(page)

    assert found == Card(url=page, title="Élan & co", description="x", picture=drawing)
    assert await card_of(drawing) == Card(url=drawing, title="127.0.0.1")
    assert await card_of("https://acme.example/a") == Card(url="https://acme.example/a", title="acme.example")
