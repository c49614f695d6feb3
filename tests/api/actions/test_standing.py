"""What ends soon is told two weeks before, and again when there is little time; what renews itself is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from api.actions import standing
from engine.contract.registry import Registry
from engine.store import accounts
from engine.store import desk as units
from engine.store.accounts import LOST, AccountRow
from engine.store.grants import Grant

if TYPE_CHECKING:
    from api.actions.connecting import Desk
    from engine.testing.fakes import FakeClock

LIFE = timedelta(days=60)


async def waits(desk_: Desk) -> list[str]:
    items = await standing.waiting(desk_.store, Registry([]), now=desk_.clock.now())
    return [item.sentence for item in items]


async def add(desk_: Desk, name: str, *, renewable: bool = False) -> None:
    now = desk_.clock.now()
    grant = Grant("sealed", 0, now + LIFE, now, renew_at=now + LIFE / 2 if renewable else None)
    account = AccountRow(name.ljust(32, "0"), desk_.workspace.id, name, "board_member", now)
    await desk_.store.write(units.connect_account, account, grant)


@pytest.mark.parametrize(
    ("left", "says"),
    [(14.1, None), (13.9, "ends on 06 March 2026"), (2.9, "ends in less than three days, on 06 March 2026")],
)
async def test_an_owner_is_warned_in_time(desk: Desk, clock: FakeClock, left: float, says: str | None) -> None:
    await add(desk, "lea")
    await add(desk, "renewed", renewable=True)
    clock.advance(LIFE - timedelta(days=left))
    said = await waits(desk)
    assert [says in sentence for sentence in said] == [True] if says else said == []


async def test_what_is_lost_is_told_once(desk: Desk, clock: FakeClock) -> None:
    await add(desk, "lea")
    [row] = await desk.store.read(accounts.listed, desk.workspace.id)
    await desk.store.write(accounts.set_state, desk.workspace.id, row.id, LOST, note="Gone.", now=clock.now())
    clock.advance(LIFE)
    assert await waits(desk) == ["The account lea is lost: Gone."]
