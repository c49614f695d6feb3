"""Short links are made when a post is planned: one code for each of its addresses, which says nothing of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.content.shortening import STAND_IN, shortened, standing_in, wanted
from engine.ids import new_code
from engine.model.post import Link, Post
from engine.run.core import RunSettings
from engine.run.shorten import UNSET
from engine.store import tables as t
from engine.wake import Kind
from tests.engine.run.routing import Routing
from tests.engine.sample_graph import Hook, Keeps, graph, operator, sink

if TYPE_CHECKING:
    from engine.graph import Graph
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

BASE = "https://go.acme.example"
A, B = "https://acme.example/a?long=address", "https://acme.example/b"


def two_ways() -> Graph:
    """Plan a post at once, and again when a node lets it go."""
    return graph(operator("later", "page", Keeps()), sink("hook", "page", Hook), sink("late", "later", Hook))


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Routing:
    return Routing(store, clock, RunSettings(public_url=BASE))


async def words(world: Routing) -> list[str]:
    return [json.loads(document)["text"] for (document,) in await world.rows(t.contents, "document")]


async def test_an_address_has_one_code_by_whatever_way_and_whenever_the_post_is_planned(world: Routing) -> None:
    await world.begin(two_ways())
    post = await world.post(f"See {A} and {B}", links=(Link(url=A),), short=(A,))
    await world.route(post)
    await world.release("later")
    ((code, url),) = await world.rows(t.short_links, "code", "url")
    assert url == A
    assert {*await words(world)} == {f"See {BASE}/s/{code} and {B}"}
    assert {json.loads(document)["link"] for (document,) in await world.rows(t.contents, "document")} == {
        f"{BASE}/s/{code}"
    }
    other = await world.post(f"Again {A}", short=(A,))
    await world.route(other)
    assert len({made for (made,) in await world.rows(t.short_links, "code")}) == 2


async def test_without_a_public_address_links_stay_long_and_the_trace_says_why(store: Store, clock: FakeClock) -> None:
    world = await Routing(store, clock).begin(graph(sink("hook", "page", Hook)))
    post = await world.post(f"See {A}", short=(A,))
    await world.route(post)
    assert await words(world) == [f"See {A}"]
    assert ("hook", "links", UNSET) in await world.told(post)
    assert world.woken(Kind.DRAIN)


def test_a_stand_in_is_as_long_as_a_code_and_addresses_that_have_gone_are_not_shortened() -> None:
    post = Post(key="1", text=f"{A} {A}/more", short=(B, A))
    assert wanted(post) == (A,)
    assert standing_in(post) == Post(key="1", text=f"{STAND_IN} {A}/more")
    assert len(f"https://chappe.example/s/{new_code()}") == len(STAND_IN)
    assert shortened(standing_in(post), {}) == standing_in(post)


def test_codes_do_not_repeat() -> None:
    assert len({new_code() for _ in range(1_000)}) == 1_000


def test_a_posts_revision_does_not_depend_on_what_is_to_be_shortened() -> None:
    assert Post(key="1", text=A).content_hash == Post(key="1", text=A, short=(A,)).content_hash
