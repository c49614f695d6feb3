"""Renewing: one asks for all, the new tokens are kept before they are used, and only a refusal loses an account."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    MappingError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from engine.run import renew
from engine.run.opening import opened_account
from engine.run.sweep import tick
from engine.store import accounts, tables
from engine.wake import Kind
from tests.engine.run.renewing import ACCOUNT, LIFE, WORKSPACE, Lives
from tests.engine.run.world import ScriptedSink, World

if TYPE_CHECKING:
    from pathlib import Path

    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

LATE = timedelta(hours=1, minutes=45)
"""More than 85 % of the life of an access token."""


@pytest.fixture
async def lives(store: Store, clock: FakeClock, tmp_path: Path) -> Lives:
    """Give an account with tokens that were just given."""
    return await Lives(store, clock, tmp_path / "renewed").begin()


async def test_tokens_are_renewed_late_in_their_life_and_not_before(lives: Lives, clock: FakeClock) -> None:
    core = lives.core()
    clock.advance(timedelta(hours=1, minutes=29))
    assert (await opened_account(core, await lives.lane(), ScriptedSink())).secrets["access_token"] == "a1"
    clock.advance(timedelta(minutes=16))
    opened = await opened_account(core, await lives.lane(), ScriptedSink())
    assert (opened.secrets["access_token"], opened.grant, lives.platform.asked) == ("a2", 2, 1)
    assert opened.app["api"] == "https://api.board.example"
    assert await lives.works()


async def test_sixty_four_users_in_two_processes_ask_once(lives: Lives, clock: FakeClock) -> None:
    clock.advance(LATE)
    clock.autojump = True
    lane, cores = await lives.lane(), [lives.core(), lives.core()]
    opened = await asyncio.gather(*(opened_account(cores[n % 2], lane, ScriptedSink()) for n in range(64)))
    assert {account.secrets["access_token"] for account in opened} == {"a2"}
    assert lives.platform.asked == 1


async def test_a_user_who_goes_away_ends_no_renewal(lives: Lives, clock: FakeClock) -> None:
    clock.advance(LATE)
    core, asked, answer = lives.core(), asyncio.Event(), asyncio.Event()

    async def answer_late() -> None:
        asked.set()
        await answer.wait()

    lives.platform.script = [answer_late]
    user = asyncio.create_task(renew.usable(core, await lives.lane()))
    await asked.wait()
    user.cancel()
    await asyncio.wait([user])
    answer.set()
    await renew.settle(core)
    assert await lives.works()


@pytest.mark.parametrize(
    "error", [TransientError("Away."), DoubtfulError("No answer."), RejectedError("No.", code="http_403")]
)
async def test_what_is_no_refusal_leaves_the_old_token_in_use(
    lives: Lives, clock: FakeClock, error: ChappeError
) -> None:
    clock.advance(LATE)
    core = lives.core()
    lives.platform.script = [error]
    assert (await opened_account(core, await lives.lane(), ScriptedSink())).secrets["access_token"] == "a1"
    assert (await lives.account()).state == accounts.LIVE
    clock.advance(timedelta(minutes=2))
    assert (await opened_account(core, await lives.lane(), ScriptedSink())).secrets["access_token"] == "a2"


async def test_when_the_old_token_is_over_too_the_account_waits(lives: Lives, clock: FakeClock) -> None:
    clock.advance(LIFE)
    core = lives.core()
    lives.platform.script = [TransientError("Away."), RateLimitedError("Slow.", wait=timedelta(minutes=7))]
    with pytest.raises(RateLimitedError) as first:
        await renew.usable(core, await lives.lane())
    assert first.value.until is not None
    clock.advance_to(first.value.until)
    with pytest.raises(RateLimitedError) as second:
        await renew.usable(core, await lives.lane())
    assert second.value.until == clock.now() + timedelta(minutes=7)
    assert (await lives.account()).state == accounts.LIVE


async def test_a_wrong_app_is_said_and_loses_no_account(lives: Lives, clock: FakeClock) -> None:
    clock.advance(LIFE)
    lives.platform.script = [MappingError("Board does not know our app by its id and secret.")]
    with pytest.raises(MappingError, match="does not know our app"):
        await renew.usable(lives.core(), await lives.lane())
    assert (await lives.account()).state == accounts.LIVE


async def test_a_refusal_loses_the_account_in_one_sentence(lives: Lives, clock: FakeClock) -> None:
    clock.advance(LATE)
    lives.platform.dead = True
    core = lives.core()
    with pytest.raises(AccountLostError):
        await renew.usable(core, await lives.lane())
    lost = await lives.account()
    assert lost.state == accounts.LOST
    assert "chappe accounts reconnect lea-board" in lost.note
    clock.advance(timedelta(days=400))
    await tick(core)
    assert lives.platform.asked == 1


async def test_what_nobody_used_for_long_is_renewed_by_the_tick(lives: Lives, clock: FakeClock) -> None:
    core = lives.core()
    clock.advance(timedelta(days=29))
    await tick(core)
    assert core.wake.keys(Kind.RENEW) == ()  # type: ignore[attr-defined]
    clock.advance(timedelta(days=1))
    await tick(core)
    assert core.wake.keys(Kind.RENEW) == (ACCOUNT,)  # type: ignore[attr-defined]
    await renew.renew(core, ACCOUNT)
    assert await lives.works()


async def test_a_permission_that_cannot_be_renewed_ends_at_its_end(lives: Lives, clock: FakeClock) -> None:
    await lives.not_renewable()
    core = lives.core()
    clock.advance(LIFE - timedelta(seconds=1))
    assert await renew.usable(core, await lives.lane()) is not None
    clock.advance(1)
    with pytest.raises(AccountLostError, match="The right to use lea-board ended on"):
        await renew.usable(core, await lives.lane())
    await renew.renew(core, ACCOUNT)
    assert (await lives.account()).state == accounts.LOST
    assert lives.platform.asked == 0


async def test_a_refused_access_token_is_renewed_once(lives: Lives, clock: FakeClock) -> None:
    core, refusal = lives.core(), AccountLostError("401")
    clock.advance(timedelta(hours=1))
    used = await opened_account(core, await lives.lane(), ScriptedSink())
    assert isinstance(await renew.judged(core, await lives.lane(), used, refusal), TransientError)
    renewed = await opened_account(core, await lives.lane(), ScriptedSink())
    assert renewed.secrets["access_token"] == "a2"
    assert await renew.judged(core, await lives.lane(), renewed, refusal) is refusal
    stale = await renew.judged(core, await lives.lane(), used, refusal)
    assert isinstance(stale, TransientError), "what was refused is not what is kept now"


async def _sending(lives: Lives, *script: ChappeError) -> World:
    """Plan one delivery for the account, through a sink whose first answers are these."""
    world = await World(lives.store, lives.clock).begin()
    await world.execute(update(tables.workspaces).values(data_key=lives.data_key))
    await lives.connect()
    world.core.vault, world.core.registry = lives.vault, lives.core().registry
    world.sink.script = list(script)
    await world.delivery(ACCOUNT)
    return world


async def test_a_send_that_is_refused_goes_out_with_the_renewed_token(store: Store, clock: FakeClock) -> None:
    lives = Lives(store, clock, None)
    world = await _sending(lives, AccountLostError("401"))
    clock.advance(timedelta(hours=1))
    await world.drain(ACCOUNT)
    clock.advance(timedelta(minutes=1))
    await world.drain(ACCOUNT)
    assert [row["state"] for row in await world.rows(tables.deliveries)] == ["sent"]
    assert (len(world.sink.begun), lives.platform.asked) == (2, 1)


async def test_a_send_that_is_refused_again_blocks_the_account(store: Store, clock: FakeClock) -> None:
    lives = Lives(store, clock, None)
    world = await _sending(lives, AccountLostError("401"), AccountLostError("401"))
    clock.advance(timedelta(hours=1))
    for _ in range(3):
        await world.drain(ACCOUNT)
        clock.advance(timedelta(minutes=1))
    assert [(r["state"], r["reason"]) for r in await world.rows(tables.deliveries)] == [("blocked", "account")]
    assert (len(world.sink.begun), lives.platform.asked) == (2, 1)


async def test_connecting_anew_wins_over_a_renewal_that_is_refused(lives: Lives, clock: FakeClock) -> None:
    clock.advance(LATE)

    async def connect_anew() -> None:
        await lives.not_renewable()
        raise AccountLostError("Too late.")

    lives.platform.script = [connect_anew]
    grant = await renew.usable(lives.core(), await lives.lane())
    assert grant is not None
    assert grant.version == 2
    assert (await lives.store.read(accounts.get, WORKSPACE, ACCOUNT)).state == accounts.LIVE
