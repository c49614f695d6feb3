"""Facebook at a real socket: faults before and after what they break, links and pictures fetched, webhooks sent."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sandbox.people import PAGE
from tests.sandbox.facebook.conftest import Facebook
from tests.sandbox.facebook.test_tokens import code_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.sandbox.conftest import Sandbox


@pytest.fixture
async def wired(sandbox: Sandbox) -> AsyncIterator[Facebook]:
    """Give the Facebook of a sandbox at a socket."""
    base = f"http://127.0.0.1:{sandbox.port}/facebook"
    async with httpx.AsyncClient(base_url=base, verify=False, trust_env=False) as client:  # noqa: S501  # no TLS here
        yield Facebook(sandbox.world, sandbox.clock, client)


async def steer(wired: Facebook, method: str, path: str, body: Any = None) -> None:
    """Steer a network at a socket."""
    base = str(wired.client.base_url).replace("/facebook/", "")
    answer = await wired.client.request(method, f"{base}/networks/facebook/{path}", json=body)
    assert answer.status_code in {200, 201, 204}, answer.text


def published(wired: Facebook) -> list[str]:
    """Return what stands on the page."""
    return [one.text for one in wired.world.networks["facebook"].timeline(PAGE)]


@pytest.mark.parametrize("commit", [True, False])
@pytest.mark.parametrize("kind", ["reset", "garbage", "half"])
async def test_a_connection_breaks_before_or_after_the_post_is_published(
    wired: Facebook, kind: str, *, commit: bool
) -> None:
    token = await wired.page_token()
    await steer(wired, "POST", "faults", {"kind": kind, "commit": commit, "operation": "feed"})
    with pytest.raises(httpx.TransportError):
        await wired.post(f"{PAGE}/feed", token, message="a")

    assert published(wired) == (["a"] if commit else [])
    assert (await wired.post(f"{PAGE}/feed", token, message="b")).status_code == 200


@pytest.mark.parametrize("commit", [True, False])
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "status", "status": 500}, 500),
        ({"kind": "limit", "retry_after": 9}, 429),
        ({"kind": "limit"}, 429),
        ({"kind": "html"}, 502),
        ({"kind": "nonsense"}, 200),
    ],
)
async def test_an_answer_goes_wrong_whether_or_not_the_post_is_published(
    wired: Facebook, fault: dict[str, Any], status: int, *, commit: bool
) -> None:
    token = await wired.page_token()
    await steer(wired, "POST", "faults", {**fault, "commit": commit})
    answer = await wired.post(f"{PAGE}/feed", token, message="a")

    assert (answer.status_code, answer.headers.get("retry-after")) == (status, "9" if "retry_after" in fault else None)
    assert published(wired) == (["a"] if commit else [])
    if fault["kind"] == "nonsense":
        with pytest.raises(ValueError, match=r"utf-8|Expecting"):
            answer.json()


async def test_a_fault_waits_for_its_operation_its_account_and_its_turn(wired: Facebook) -> None:
    token = await wired.page_token()
    fault = {"kind": "error", "error": "368", "commit": False, "operation": "feed", "account": PAGE, "after": 1}
    await steer(wired, "POST", "faults", fault)
    await steer(wired, "POST", "faults", {"kind": "status", "account": "lea"})
    answers = [await wired.post(f"{PAGE}/feed", token, message=text) for text in "abc"]

    assert [answer.status_code for answer in answers] == [200, 403, 200]
    assert code_of(answers[1]) == "368"
    assert (await wired.get("me", token)).status_code == 200


async def test_a_token_is_revoked_between_two_requests(wired: Facebook) -> None:
    token = await wired.page_token()
    await steer(wired, "POST", "faults", {"kind": "revoke", "error": "password", "operation": "posts", "after": 1})
    first, second = [await wired.get(f"{PAGE}/published_posts", token) for _ in range(2)]

    assert (first.status_code, code_of(second)) == (200, "190/460")


async def test_a_late_answer_waits_by_the_clock(wired: Facebook, sandbox: Sandbox) -> None:
    token = await wired.page_token()
    await steer(wired, "POST", "faults", {"kind": "delay", "delay": 30, "operation": "feed"})
    sending = asyncio.create_task(wired.post(f"{PAGE}/feed", token, message="a"))
    await sandbox.clock.asleep.wait()
    assert published(wired) == []
    sandbox.clock.advance(30)

    assert (await sending).status_code == 200


async def test_a_link_is_read_and_a_picture_fetched_from_this_machine(wired: Facebook, sandbox: Sandbox) -> None:
    site = f"http://127.0.0.1:{sandbox.port}/feeds/acme"
    entries = (await sandbox.client.get("/everything.json")).json()["feeds"][0]["entries"]
    entry = next(one for one in entries if one["image"] and one["title"])
    token = await wired.page_token()
    linked = await wired.post(f"{PAGE}/feed", token, message="a", link=f"{site}/{entry['link']}")
    photo = await wired.post(f"{PAGE}/photos", token, url=f"{site}/{entry['image']}", caption="b")
    newest, older = wired.world.networks["facebook"].timeline(PAGE)

    assert (linked.status_code, photo.status_code) == (200, 200)
    assert older.card is not None
    assert older.card.title == entry["title"]
    assert older.card.picture == f"{site}/{entry['image']}"
    assert wired.world.networks["facebook"].pictures[newest.pictures[0]].media == "image/png"


class App:
    """An app's own server: answers the challenge if it knows the word, and keeps what it is told."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        query = dict(parse_qsl(urlsplit(first.split(" ")[1]).query))
        said = query.get("hub.challenge", "") if query.get("hub.verify_token") == "word" else "no"
        if first.startswith("POST"):
            self.told.put_nowait((headers, body))
        writer.write(f"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{said}".encode())
        writer.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[App]:
        """Serve at a free port."""
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        async with server:
            yield self


async def test_a_webhook_is_verified_signed_and_sent_for_every_change(wired: Facebook) -> None:
    token = await wired.page_token()
    own = f"{wired.app.id}|{wired.app.secret}"
    async with App().serving() as app:
        hook = {"object": "page", "callback_url": app.url, "fields": "feed"}
        wrong = await wired.post(f"{wired.app.id}/subscriptions", own, **hook, verify_token="other")
        right = await wired.post(f"{wired.app.id}/subscriptions", own, **hook, verify_token="word")
        installed = await wired.post(f"{PAGE}/subscribed_apps", token, subscribed_fields="feed")
        post = (await wired.post(f"{PAGE}/feed", token, message="é")).json()["id"]
        await wired.post(post, token, message="b")
        await wired.client.delete(f"/v26.0/{post}", params={"access_token": token})
        told = [await asyncio.wait_for(app.told.get(), 5) for _ in range(3)]

    assert (wrong.status_code, right.json(), installed.json()) == (400, {"success": True}, {"success": True})
    for headers, body in told:
        signature = hmac.new((wired.app.secret or "").encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == f"sha256={signature}"
    values = [json.loads(body)["entry"][0]["changes"][0]["value"] for _, body in told]
    assert [(one["verb"], one["item"], one.get("message")) for one in values] == [
        ("add", "status", "é"), ("edited", "status", "b"), ("remove", "status", None)
    ]  # fmt: skip
    assert {one["post_id"] for one in values} == {post}


async def test_who_hears_of_a_page_is_listed_and_can_be_taken_off(wired: Facebook) -> None:
    token = await wired.page_token()
    await wired.post(f"{PAGE}/subscribed_apps", token, subscribed_fields="feed,mention")
    listed = (await wired.get(f"{PAGE}/subscribed_apps", token)).json()["data"]
    await wired.client.delete(f"/v26.0/{PAGE}/subscribed_apps", params={"access_token": token})
    scopeless = await wired.page_token("pages_show_list,pages_read_engagement")

    assert [(one["id"], one["subscribed_fields"]) for one in listed] == [(wired.app.id, ["feed", "mention"])]
    assert (await wired.get(f"{PAGE}/subscribed_apps", token)).json() == {"data": []}
    assert code_of(await wired.get(f"{PAGE}/subscribed_apps", scopeless)) == "200"
