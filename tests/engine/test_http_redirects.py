"""Redirects are followed by reading only, a few, never to a less safe place, and without what belongs to one server."""

from __future__ import annotations

import pytest

from engine.errors import RejectedError
from engine.http_client import HttpClient
from engine.http_client.addresses import parse_target
from engine.http_client.redirects import Hop, follow
from tests.peers.faulty_server import Conversation, FaultyServer, answers

SECRETS = {"Authorization": "Bearer secret", "Cookie": "a=b", "X-Api-Key": "secret"}
HARMLESS = {"Accept": "text/xml", "If-None-Match": '"1"'}


def hop(method: str = "GET", url: str = "https://acme.example/a/feed", content: bytes | None = None) -> Hop:
    return Hop(method, parse_target(url), {**SECRETS, **HARMLESS, "Content-Type": "text/plain"}, content)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "https://acme.example/b"),
        ("other?x=1#part", "https://acme.example/a/other?x=1"),
        ("//other.example/b", "https://other.example/b"),
        ("https://ACME.example:443/b", "https://acme.example/b"),
        ("?page=2", "https://acme.example/a/feed?page=2"),
        ("/déjà vu", "https://acme.example/d%C3%A9j%C3%A0%20vu"),
    ],
)
def test_a_location_is_read_from_where_it_was_said(location: str, target: str) -> None:
    assert follow(hop(), 302, location).target.text == target


@pytest.mark.parametrize(
    "location", ["http://acme.example/", "//user@acme.example/", "ftp://acme.example/", "http://[", "javascript:x"]
)
def test_a_redirect_to_a_lesser_place_is_refused(location: str) -> None:
    with pytest.raises(RejectedError) as refused:
        follow(hop(), 301, location)

    assert refused.value.code in {"redirect", "invalid_url"}


def test_a_redirect_from_http_to_https_is_followed() -> None:
    assert follow(hop(url="http://acme.example/"), 301, "https://acme.example/").target.scheme == "https"


@pytest.mark.parametrize(
    "location", ["https://other.example/", "https://acme.example:8443/", "https://sub.acme.example/"]
)
def test_another_server_is_told_nothing_about_who_asks(location: str) -> None:
    assert follow(hop(), 302, location).headers == HARMLESS


def test_the_same_server_is_told_everything_again() -> None:
    assert SECRETS.items() <= dict(follow(hop(), 302, "/b").headers).items()


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("POST", 301, ("GET", None)),
        ("POST", 302, ("GET", None)),
        ("POST", 303, ("GET", None)),
        ("PUT", 303, ("GET", None)),
        ("PUT", 302, ("PUT", b"{}")),
        ("POST", 307, ("POST", b"{}")),
        ("POST", 308, ("POST", b"{}")),
        ("HEAD", 303, ("HEAD", b"{}")),
    ],
)
def test_the_method_and_the_content_follow_as_the_status_says(
    method: str, status: int, then: tuple[str, bytes | None]
) -> None:
    following = follow(hop(method, content=b"{}"), status, "/b")

    assert (following.method, following.content) == then
    assert ("Content-Type" in following.headers) == (then[1] is not None)


def test_content_is_never_carried_to_another_server() -> None:
    with pytest.raises(RejectedError, match="with its content to another server"):
        follow(hop("POST", content=b"client_secret=1"), 307, "https://other.example/")


async def _counts_down(peer: Conversation) -> None:
    while True:
        left = int((await peer.read()).path.rsplit("/", 1)[1])
        if left:
            await peer.answer(302, location=f"/step/{left - 1}")
        else:
            await peer.answer(200, b"arrived")


async def test_three_redirects_are_followed_and_a_fourth_is_not() -> None:
    async with FaultyServer(_counts_down) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        arrived = await client.fetch("GET", f"{server.url}step/3")
        assert (arrived.body, arrived.url) == (b"arrived", f"{server.url}step/0")
        server.requests.clear()

        with pytest.raises(RejectedError, match="more than 3 times") as refused:
            await client.fetch("GET", f"{server.url}step/4")

        assert refused.value.code == "redirect"
        assert [request.path for request in server.requests] == ["/step/4", "/step/3", "/step/2", "/step/1"]


async def test_credentials_stay_with_their_server_on_the_wire() -> None:
    async with FaultyServer(answers(200, b"ok")) as other, HttpClient(allow_private=["127.0.0.1"]) as client:
        async with FaultyServer(answers(302, location=other.url)) as server:
            await client.fetch("GET", server.url, headers={"Authorization": "Bearer secret", "Accept": "text/xml"})

        assert server.requests[0].headers["authorization"] == "Bearer secret"
        assert "authorization" not in other.requests[0].headers
        assert other.requests[0].headers["accept"] == "text/xml"


@pytest.mark.parametrize("status", [300, 304, 302])
async def test_an_answer_that_names_no_other_place_is_the_answer(status: int) -> None:
    async with FaultyServer(answers(status)) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        assert (await client.fetch("GET", server.url)).status == status
