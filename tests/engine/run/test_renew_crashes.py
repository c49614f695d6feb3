"""The crash table of renewing: the process ends at every transaction and at the answer; the account lives on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import AccountLostError
from engine.run import renew
from engine.run.keepsake import Keepsakes
from engine.run.sweep import tick
from engine.store import accounts
from engine.store.ahead import bring_near
from engine.store.lock import begin_generation
from engine.store.unit import StoreError
from engine.wake import Kind
from tests.engine.run.mortal import Killed, MortalStore
from tests.engine.run.renewing import ACCOUNT, LIFE, Lives

if TYPE_CHECKING:
    from pathlib import Path

    from engine.run.core import Core
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

LATE = timedelta(hours=1, minutes=45)
WRITES = 2
"""Take the grant, keep the new one."""


async def _live(lives: Lives, core: Core) -> None:
    """Be a process that starts, and does what its clock finds."""
    await renew.recover(core)
    lives.clock.advance(renew.LEASE)
    await tick(core)
    for account in core.wake.keys(Kind.RENEW):  # type: ignore[attr-defined]
        await renew.renew(core, account)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", range(1, WRITES + 2))
async def test_a_kill_at_any_transaction_loses_no_account(
    store: Store, clock: FakeClock, tmp_path: Path, nth: int, *, after: bool
) -> None:
    lives = await Lives(store, clock, tmp_path / "renewed").begin()
    clock.advance(LATE)
    mortal: Any = MortalStore(store, nth, after=after)
    first = lives.core(mortal)
    try:
        await renew.renew(first, ACCOUNT)
    except Killed:
        assert mortal.lived == nth
    else:
        assert nth > WRITES
    await _live(lives, lives.core())
    assert await lives.works()
    assert (await lives.account()).state == accounts.LIVE
    assert list(Keepsakes(tmp_path / "renewed").listed()) == []


@pytest.mark.parametrize("grace", [True, False])
async def test_a_kill_before_the_answer_is_read_is_tried_once_more_at_once(
    store: Store, clock: FakeClock, tmp_path: Path, *, grace: bool
) -> None:
    lives = await Lives(store, clock, tmp_path / "renewed", grace=grace).begin()
    clock.advance(LATE)

    async def die() -> None:
        raise Killed

    lives.platform.script = [die]
    with pytest.raises(Killed):
        await renew.renew(lives.core(), ACCOUNT)
    await _live(lives, lives.core())
    lost = await lives.account()
    assert lives.platform.asked == 2
    assert lost.state == (accounts.LIVE if grace else accounts.LOST)
    if grace:
        assert await lives.works()
    else:
        assert "The answer to an earlier renewal never came." in lost.note
        await _live(lives, lives.core())
        assert lives.platform.asked == 2, "a refused token is not tried again"


async def test_a_database_that_is_away_gets_the_new_tokens_when_it_is_back(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    lives = await Lives(store, clock, tmp_path / "renewed").begin()
    clock.advance(LATE)
    clock.autojump = True
    away: Any = MortalStore(store, 2, after=False, error=StoreError("The disk is full."))
    await renew.renew(lives.core(away), ACCOUNT)
    assert away.lived == 3
    assert await lives.works()


async def test_a_folder_that_cannot_be_written_loses_no_tokens(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    lives = await Lives(store, clock, tmp_path / "file" / "renewed").begin()
    clock.advance(LATE)
    await renew.renew(lives.core(), ACCOUNT)
    assert await lives.works()


async def test_what_was_kept_aside_never_replaces_a_newer_grant(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    lives = await Lives(store, clock, tmp_path / "renewed").begin()
    clock.advance(LATE)
    mortal: Any = MortalStore(store, 2, after=False)
    with pytest.raises(Killed):
        await renew.renew(lives.core(mortal), ACCOUNT)
    await lives.not_renewable()
    await renew.recover(lives.core())
    lane = await lives.lane()
    assert (lane.version, lane.renew_at) == (2, None)


async def test_an_ended_permission_is_told_even_when_nobody_sends(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    lives = await Lives(store, clock, tmp_path).begin()
    await lives.not_renewable()
    clock.advance(LIFE)
    await _live(lives, lives.core())
    assert (await lives.account()).state == accounts.LOST
    with pytest.raises(AccountLostError):
        await renew.usable(lives.core(), await lives.lane())


async def test_a_start_of_the_one_process_frees_what_an_earlier_one_renewed(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    lives = await Lives(store, clock, tmp_path / "renewed", grace=True).begin()
    clock.advance(LATE)

    async def die() -> None:
        raise Killed

    lives.platform.script = [die]
    with pytest.raises(Killed):
        await renew.renew(lives.core(), ACCOUNT)
    await store.write(begin_generation, clock.now())
    await renew.renew(lives.core(), ACCOUNT)
    assert await lives.works(), "nobody waits for the lease of a process that is gone"


async def test_a_grant_of_a_clock_that_was_ahead_is_renewed_when_the_clock_is_right(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    lives = await Lives(store, clock, tmp_path / "renewed").begin()
    clock.jump_wall(timedelta(days=-90))
    core = lives.core()
    await store.write(bring_near, clock.now(), renew.LEASE)
    await _live(lives, core)
    assert lives.platform.asked == 1
    assert await lives.works()
