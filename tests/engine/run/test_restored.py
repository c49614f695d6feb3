"""A restored database sends nothing twice: what may be out is looked for, and what cannot be is asked about."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.contract.sink import Receipt
from engine.model.delivery import Doubt
from engine.model.reconciling import RESTORED_ANEW
from engine.run.judge import Reading, judge
from engine.store import pauses, restoring
from engine.store import tables as t
from engine.store.intake import Facts
from engine.store.pauses import Scope
from engine.store.posts import HELD, Incoming
from tests.engine.run.world import PERSON, ScriptedSink, World

if TYPE_CHECKING:
    from engine.contract.context import SendContext
    from engine.model.post import Content
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Readable(ScriptedSink):
    """Show what is out: `texts`."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt)
        self.texts: list[str] = []
        self.keys: list[str] = []

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        self.keys.append(ctx.attempt.key)
        out = content.text in self.texts and ctx.attempt.frozen_at <= ctx.now - HOUR
        return Receipt(remote_id=content.text, url="https://example.org/out") if out else None


async def _restored(store: Store, clock: FakeClock, doubt: Doubt) -> tuple[World, Readable, str, dict[str, str]]:
    """Plan two, of which one went out since; restore, and resume everything."""
    sink = Readable(doubt)
    world = await World(store, clock, sink).begin()
    account = await world.account("acme")
    planned = {text: await world.delivery(account, text, max_age_s=10 * 86_400) for text in ("out", "not out")}
    made = clock.now()
    clock.advance(2 * 3_600)
    sink.texts.append("out")
    await store.write(restoring.reconcile, made, clock.now())
    return world, sink, account, planned


async def _run(world: World, account: str) -> None:
    for _ in range(4):
        await world.drain(account)
        world.clock.advance(150)


async def test_what_can_be_read_back_is_looked_for_and_only_what_is_not_out_is_sent(
    store: Store, clock: FakeClock
) -> None:
    world, sink, account, planned = await _restored(store, clock, Doubt.FINDABLE)
    await _run(world, account)
    before = list(sink.published)

    await store.write(pauses.resume, "", Scope.EVERYTHING, now=clock.now())
    await _run(world, account)

    assert before == []
    assert [text for _, body, _ in sink.published for text in planned if f'"{text}"'.encode() in body] == ["not out"]
    assert {(await world.state(one))["state"] for one in planned.values()} == {"sent"}


async def test_what_was_planned_after_the_restore_is_looked_for_without_a_key(store: Store, clock: FakeClock) -> None:
    world, sink, account, planned = await _restored(store, clock, Doubt.FINDABLE)
    await world.execute(t.attempts.update().values(outcome=RESTORED_ANEW))
    await store.write(pauses.resume, "", Scope.EVERYTHING, now=clock.now())
    await _run(world, account)

    rows = [await world.state(one) for one in planned.values()]

    assert sink.keys[:2] == ["", ""]
    assert [row["state"] for row in rows] == ["sent", "sent"]
    assert [key for _, _, key in sink.published] == [planned["not out"]]


@pytest.mark.parametrize("doubt", sorted(PERSON | {Doubt.IDEMPOTENT}))
async def test_what_cannot_be_read_back_waits_for_a_person(store: Store, clock: FakeClock, doubt: Doubt) -> None:
    world, sink, account, planned = await _restored(store, clock, doubt)
    await store.write(pauses.resume, "", Scope.EVERYTHING, now=clock.now())
    await _run(world, account)

    rows = [await world.state(one) for one in planned.values()]

    assert sink.published == []
    assert {row["state"] for row in rows} == {"check_needed"}
    assert all("since the backup" in row["detail"] for row in rows)


async def test_what_waits_or_was_blocked_needs_a_yes_again(store: Store, clock: FakeClock) -> None:
    world = await World(store, clock).begin()
    account = await world.account("acme")
    told = await world.delivery(account, state="waiting", reason="telling")
    blocked = await world.delivery(account, state="blocked", reason="account", approved_at=clock.now())

    kept = await store.write(restoring.reconcile, clock.now() - DAY, clock.now())

    for one in (told, blocked):
        row = await world.state(one)
        assert (row["state"], row["reason"], row["approved_at"]) == ("waiting", "approval", None)
    assert (kept.doubtful, kept.waiting, kept.mappings) == (0, 2, ())


async def test_what_was_on_its_way_stays_until_a_person_resumes_the_mapping(store: Store, clock: FakeClock) -> None:
    world = await World(store, clock).begin()
    await world.delivery(await world.account("acme"), state="sent")
    await world.execute(t.routes.update().values(state="routing"))
    await world.execute(t.posts.update().values(state="new"))

    kept = await store.write(restoring.reconcile, clock.now() - DAY, clock.now())

    assert kept.mappings == ("news",)
    assert await world.rows(t.posts, "state") == [{"state": "held"}]
    assert await world.rows(t.sources, "state") == [{"state": "held"}]
    assert {(row["scope"], row["key"]) for row in await world.rows(t.pauses)} == {
        ("everything", ""), ("mapping", world.mapping_id),
    }  # fmt: skip


def test_what_a_source_shows_at_the_first_reading_is_held(clock: FakeClock) -> None:
    post = Incoming("a", "a", "", "", "", "{}", clock.now())
    reading = Reading("blog", first=False, now=clock.now(), window=10, flood_new=5, flood_window=6, restored=True)

    judged = judge(Facts((post,), {}, any_known=True, had_posts=True), reading=reading)

    assert judged.held
    assert [one.state for one in judged.placed] == [HELD]
    assert "chappe sources release blog" in judged.note
