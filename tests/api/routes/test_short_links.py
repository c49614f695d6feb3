"""A short link leads on, and what is counted of it is a number for each day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from api.short_links import is_reader
from engine.ids import new_id
from engine.model.post import Post
from engine.store import posts, short_links
from engine.store import tables as t
from engine.store.posts import Incoming, Placed
from engine.store.short_links import Of, Wanted

if TYPE_CHECKING:
    from datetime import datetime

    import httpx
    from sqlalchemy import Connection

    from tests.api.routes.conftest import Api, World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
URL = "https://acme.example/jobs?utm_source=people#apply"


@pytest.mark.parametrize(
    ("method", "headers", "counts"),
    [
        ("GET", {"user-agent": FIREFOX}, True),
        ("HEAD", {"user-agent": FIREFOX}, False),
        ("GET", {}, False),
        ("GET", {"user-agent": FIREFOX, "sec-purpose": "prefetch"}, False),
        ("GET", {"user-agent": "facebookexternalhit/1.1"}, False),
        ("GET", {"user-agent": "LinkedInBot/1.0 (compatible; Mozilla/5.0)"}, False),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; bingbot/2.0)"}, False),
        ("GET", {"user-agent": "Chappe/1"}, False),
        ("GET", {"user-agent": "WhatsApp/2.23"}, False),
    ],
)
def test_programs_are_no_readers(method: str, headers: dict[str, str], counts: bool) -> None:
    assert is_reader(method, headers) is counts


@pytest.fixture(scope="module")
def post_id(world: World) -> str:
    """Give a post of the workspace whose address has a short link with the code `code`."""
    made: str = world.do(world.store.write(_shortened, world.acme.id, world.clock.now()))
    return made


def _shortened(connection: Connection, workspace_id: str, now: datetime) -> str:
    source, post = new_id(), new_id()
    own = {"workspace_id": workspace_id, "id": source, "name": "blog", "kind": "feed", "identity": "blog"}
    connection.execute(insert(t.sources).values(**own, settings="{}", every_s=60, created_at=now))
    incoming = Incoming(post, "1", "", "", None, Post(key="1").model_dump_json(), None)
    posts.insert(connection, workspace_id, source, [Placed(incoming, posts.ROUTED, "")], now)
    of = Of(workspace_id, post, new_id())
    for code in ("code", "other"):
        assert short_links.codes(connection, of, [Wanted(new_id(), code, URL)], now) == {URL: "code"}
    return post


async def follow(api: Api, code: str, method: str = "GET") -> httpx.Response:
    return await api.client.request(method, f"/s/{code}", headers={"user-agent": FIREFOX})


async def test_a_reader_is_sent_on_and_counted_without_a_trace_of_who_it_was(
    api: Api, world: World, post_id: str
) -> None:
    first = await follow(api, "code")
    assert (first.status_code, first.headers["location"], first.headers["cache-control"]) == (302, URL, "no-store")
    assert "set-cookie" not in first.headers
    assert (await follow(api, "code", "HEAD")).status_code == 302
    await follow(api, "code")
    world.clock.advance(timedelta(days=1))
    await follow(api, "code")
    assert await world.store.read(short_links.clicks_of, world.acme.id, post_id) == {URL: 3}
    assert {column.name for column in t.clicks.c} == {"workspace_id", "short_link_id", "day", "count"}


async def test_a_code_that_nobody_made_leads_nowhere(api: Api) -> None:
    assert (await follow(api, "0123456789")).status_code == 404
