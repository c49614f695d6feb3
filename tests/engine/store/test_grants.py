"""Grants are replaced only by who read them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import ConflictError
from engine.store import grants
from engine.store.grants import Grant

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


async def test_a_grant_comes_back_as_it_was_kept(store: Store, workspace: str, rows: Rows, now: datetime) -> None:
    account = await rows.account("lea")
    assert await store.read(grants.get, workspace, account) is None

    grant = Grant("sealed", 0, now + timedelta(days=60), now)
    assert await store.write(grants.put, workspace, account, grant) == 1
    assert await store.read(grants.get, workspace, account) == replace(grant, version=1)


async def test_a_renewal_replaces_the_grant_that_it_read(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    account = await rows.account("lea")
    await store.write(grants.put, workspace, account, Grant("first", 0, None, now))

    renewed = Grant("second", 1, None, now)
    assert await store.write(grants.put, workspace, account, renewed) == 2
    with pytest.raises(ConflictError, match="replaced meanwhile: read it again"):
        await store.write(grants.put, workspace, account, Grant("late", 1, None, now))
    assert await store.read(grants.get, workspace, account) == replace(renewed, version=2)


async def test_of_two_renewals_at_once_one_wins(store: Store, workspace: str, rows: Rows, now: datetime) -> None:
    account = await rows.account("lea")
    await store.write(grants.put, workspace, account, Grant("first", 0, None, now))

    asked = [store.write(grants.put, workspace, account, Grant(f"new {n}", 1, None, now)) for n in range(4)]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [answer for answer in answers if not isinstance(answer, ConflictError)] == [2]


async def test_connecting_twice_at_once_keeps_one_grant(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    account = await rows.account("lea")
    await store.write(grants.put, workspace, account, Grant("first", 0, None, now))

    with pytest.raises(ConflictError):
        await store.write(grants.put, workspace, account, Grant("second", 0, None, now))
