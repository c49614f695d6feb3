"""A source that is read as an account: it gets a token that works and the platform's address, and says when neither."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from engine.contract.registry import Registry
from engine.errors import AccountLostError
from engine.store import accounts, tables
from tests.engine.run.polling import Scripted, World, batch
from tests.engine.run.renewing import ACCOUNT, WORKSPACE, Lives

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.contract.context import SourceContext
    from engine.contract.source import Batch
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

LATE = timedelta(hours=1, minutes=45)


def _read_as(connection: Connection, source_id: str) -> None:
    connection.execute(update(tables.sources).where(tables.sources.c.id == source_id).values(account_id=ACCOUNT))


async def scene(store: Store, clock: FakeClock) -> tuple[Lives, World, str]:
    """Give an account, and a source that is read as it."""
    lives = await Lives(store, clock, None).begin()
    world = World(store, clock, workspace=WORKSPACE)
    source_id = await world.join()
    await store.write(_read_as, source_id)
    world.core.vault, world.core.registry = lives.vault, Registry([Scripted, lives.kind])
    return lives, world, source_id


async def test_a_source_is_handed_a_renewed_token_and_the_address(store: Store, clock: FakeClock) -> None:
    lives, world, source_id = await scene(store, clock)
    seen: list[Any] = []

    async def look(ctx: SourceContext) -> Batch:
        assert ctx.account is not None
        seen.append((ctx.account.secrets["access_token"], ctx.account.app["api"]))
        return batch("one")

    clock.advance(LATE)
    row = await world.poll(source_id, look)
    assert seen == [("a2", "https://api.board.example")]
    assert row.failures == 0
    assert await lives.works()


async def test_a_source_that_is_refused_is_read_again_with_a_renewed_token(store: Store, clock: FakeClock) -> None:
    lives, world, source_id = await scene(store, clock)
    clock.advance(timedelta(hours=1))
    assert (await world.poll(source_id, AccountLostError("401"))).failures == 1
    assert (await world.poll(source_id, batch("one"))).failures == 0
    assert lives.platform.asked == 1
    assert (await lives.account()).state == accounts.LIVE


async def test_an_account_that_reads_no_more_is_lost(store: Store, clock: FakeClock) -> None:
    lives, world, source_id = await scene(store, clock)
    row = await world.poll(source_id, AccountLostError("The page has another admin."))
    assert row.note == "The page has another admin."
    lost = await lives.account()
    assert (lost.state, lost.note) == (accounts.LOST, "The page has another admin.")
