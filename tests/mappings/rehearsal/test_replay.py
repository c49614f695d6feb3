"""The replay: what a version did live it does again on a virtual clock, and what another would do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.store.unit import open_store
from tests.mappings.rehearsal.living import HOUR, START, Live, went

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.contract.registry import Registry
    from engine.testing.fakes import FakeClock
    from mappings.rehearsal.replay import Replay

NEWS = """\
mapping: news
timezone: Europe/Paris
max_age: 7d
sources:
  blog: {kind: feed, url: https://example.org/feed, steady: 30m}
operators:
  jobs: {kind: drop, from: blog, text: {contains: lunch}}
  signed: {kind: write, from: jobs, hashtags: [Acme]}
  hours: {kind: slots, from: signed, days: [mon-fri], between: ["09:00-12:00", "14:00-18:00"]}
  calm: {kind: pace, from: hours, at_most: 2, per: 1d, gap: 90m}
sinks:
  wall: {kind: webhook, from: jobs, account: acme-hook}
  own: {kind: webhook, from: signed, url: https://hooks.example.org/in}
  people:
    kind: webhook
    from: calm
    audience: ambassadors
    spread: 2h
    variants: ["{{ post.text }}", "Read this. {{ post.text }}", "For you: {{ post.text }}"]
"""


async def _some_days(live: Live) -> Live:
    """Let posts come, one every seven hours, and go on for five days in all."""
    for nth in range(9):
        text = f"Lunch of day {nth}" if nth % 4 == 3 else f"We have news, number {nth}, about our work"
        await live.arrive(START + nth * 7 * HOUR, f"p{nth}", text)
        if nth == 2:
            await live.change(START + nth * 7 * HOUR + timedelta(minutes=10), f"p{nth}", "Mended news about our work")
    await live.until(START + timedelta(days=5))
    return live


def _same(replay: Replay) -> list[tuple[Any, ...]]:
    """Return what a replay lets go out, as `went` does."""
    return sorted(
        (one.post_id, one.sink, one.account, one.round, one.at, one.content.model_dump_json())
        for one in replay.before.outgoing
    )


@pytest.fixture
async def live(sqlite_url: str, clock: FakeClock, registry: Registry) -> AsyncIterator[Live]:
    """Give a mapping that has run for some days."""
    store = open_store(sqlite_url)
    made = Live(store, clock, registry)
    await made.begin(NEWS)
    await _some_days(made)
    yield made
    await store.close()


async def test_the_replay_of_a_version_that_ran_equals_what_it_did(live: Live) -> None:
    did = await live.store.read(went)
    found = await live.replayed()
    assert len(did) == 7 + 7 + 7 * 3
    assert _same(found) == did
    assert found.differences == ()
    assert found.posts == 9


async def test_a_replay_that_begins_later_begins_with_what_the_nodes_held_and_had_let_go(live: Live) -> None:
    for hours in (96, 95, 77, 52):
        did = await live.store.read(went, live.clock.now() - hours * HOUR)

        assert _same(await live.replayed(back=hours * HOUR)) == did
        assert did


STOCK = """\
mapping: stock
timezone: Europe/Paris
max_age: 7d
sources:
  blog: {kind: feed, url: https://example.org/feed}
operators:
  new: {kind: once, from: blog, within: 3d, by: [text]}
  stock: {kind: tank, from: new, every: 341m, publications: 3, gap: 10h, order: random}
sinks:
  wall: {kind: webhook, from: stock, account: acme-hook}
  people:
    kind: x_post
    from: new
    audience: ambassadors
    variants: ["{{ post.text }}", "Read this. {{ post.text }}"]
"""


async def test_stocks_go_round_and_no_two_accounts_say_the_same_in_a_replay_as_they_did(
    sqlite_url: str, clock: FakeClock, registry: Registry
) -> None:
    store = open_store(sqlite_url)
    live = Live(store, clock, registry)
    await live.begin(STOCK)
    await _some_days(live)
    for hours, sinks in ((120, {"wall", "people"}), (99, {"wall", "people"}), (60, {"wall"}), (18, {"wall"})):
        did = await store.read(went, clock.now() - hours * HOUR)

        assert _same(await live.replayed(back=hours * HOUR)) == did
        assert {sink for _, sink, *_ in did} == sinks
    await store.close()


async def test_another_version_shows_what_would_go_out_otherwise(live: Live) -> None:
    found = await live.replayed(
        NEWS.replace("contains: lunch", "contains: Mended").replace("[Acme]", "[AcmeNews]").replace("wall", "board")
    )
    marks = {(one.mark, (one.after or one.before).sink) for one in found.differences if one.after or one.before}  # type: ignore[union-attr]

    assert {("-", "own"), ("+", "own"), ("~", "own"), ("~", "people"), ("~", "board")} <= marks
    [gone] = [one.before for one in found.differences if one.mark == "-" and one.before and one.before.sink == "own"]
    assert gone.content.text.startswith("Mended news")
    other = next(one for one in found.differences if one.mark == "~" and one.after and one.after.sink == "own")
    assert other.before is not None
    assert (other.before.content.hashtags, other.after.content.hashtags if other.after else ()) == (
        ("Acme",),
        ("AcmeNews",),
    )
