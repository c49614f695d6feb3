"""A source that is read as an account: it gets a token that works and the platform's address, and says when neither."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from engine.contract.registry import Registry
from engine.contract.usage import Usage
from engine.errors import AccountLostError
from engine.http_client import HttpClient
from engine.store import accounts, tables
from engine.testing.loopback import Answer, Loopback, always
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


class Metered(Scripted):
    """A source whose platform says how much is left."""

    def usage(self, status: int, headers: Any) -> Usage | None:
        return Usage(left=int(headers["left"]), wait=timedelta(minutes=20))


@pytest.mark.parametrize(("left", "held"), [("0", [ACCOUNT]), ("7", [])])
async def test_what_a_platform_says_beside_its_posts_holds_the_account(
    store: Store, clock: FakeClock, left: str, held: list[str]
) -> None:
    lives, world, source_id = await scene(store, clock)
    world.core.registry = Registry([Metered, lives.kind])
    async with (
        Loopback(always(Answer(headers={"left": left}))) as server,
        HttpClient(allow_private=["127.0.0.1"]) as http,
    ):
        world.core.http = http

        async def look(ctx: SourceContext) -> Batch:
            await ctx.http.fetch("GET", server.url)
            return batch("one")

        assert (await world.poll(source_id, look)).failures == 0

    rows = await store.read(lambda connection: list(connection.scalars(select(tables.budgets.c.key))))
    assert rows == held


async def test_an_account_that_reads_no_more_is_lost(store: Store, clock: FakeClock) -> None:
    lives, world, source_id = await scene(store, clock)
    row = await world.poll(source_id, AccountLostError("The page has another admin."))
    assert row.note == "The page has another admin."
    lost = await lives.account()
    assert (lost.state, lost.note) == (accounts.LOST, "The page has another admin.")
