"""The listener takes the one answer that belongs to it, at its path, and lets everybody else wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.actions.connecting import StrangeAnswerError
from api.actions.loopback import listening
from engine.errors import ConflictError
from engine.http_client import HttpClient
from tests.api.actions.conftest import NO_TLS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def browser() -> AsyncIterator[HttpClient]:
    """Give something that opens addresses of this machine."""
    async with HttpClient(allow_private=["127.0.0.1"], tls=NO_TLS) as http:
        yield http


def read(address: str) -> str:
    if "mine" not in address:
        raise StrangeAnswerError("Another <try>.")
    if "no" in address.partition("?")[2]:
        raise ConflictError("Board was told no.")
    return "the code"


async def test_a_strange_answer_is_told_so_and_the_wait_goes_on(browser: HttpClient) -> None:
    async with listening("/callback/board", 0, read) as loopback:
        url = f"http://127.0.0.1:{loopback.port}"
        strange = await browser.fetch("GET", f"{url}/callback/board?code=x")
        assert (strange.status, "Another &lt;try&gt;." in strange.text()) == (400, True)
        assert (await browser.fetch("GET", f"{url}/favicon.ico")).status == 404
        mine = await browser.fetch("GET", f"{url}/callback/board?mine=1")
        assert "this window can be closed" in mine.text()
        assert mine.headers["cache-control"] == "no-store"
        assert await loopback.answer() == "the code"
        assert (await browser.fetch("GET", f"{url}/callback/board?mine=2")).status == 200


async def test_a_no_ends_the_wait(browser: HttpClient) -> None:
    async with listening("/callback/board", 0, read) as loopback:
        await browser.fetch("GET", f"http://127.0.0.1:{loopback.port}/callback/board?mine=no")
        with pytest.raises(ConflictError, match="was told no"):
            await loopback.answer()


async def test_a_port_that_is_taken_is_said_with_what_to_do() -> None:
    async with listening("/", 0, read) as first:
        with pytest.raises(ConflictError, match=f"Nothing can listen at port {first.port}.*--paste"):
            async with listening("/", first.port, read):
                raise AssertionError("The port is taken twice.")
