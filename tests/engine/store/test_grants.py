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
from engine.store.tables import accounts

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


async def _due_grant(store: Store, workspace: str, rows: Rows, now: datetime) -> str:
    account = await rows.account("lea")
    due = Grant("first", 0, now + timedelta(minutes=20), now - timedelta(hours=2), renew_at=now)
    await store.write(grants.put, workspace, account, due)
    return account


async def test_of_many_who_would_renew_one_takes_the_grant(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    account = await _due_grant(store, workspace, rows, now)
    until = now + timedelta(seconds=45)
    taken = await asyncio.gather(*(store.write(grants.take, workspace, account, now, until) for _ in range(8)))
    assert [grant.unanswered for grant in taken if grant] == [1]


async def test_a_grant_that_its_renewer_left_is_found_and_taken_again(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    account = await _due_grant(store, workspace, rows, now)
    until = now + timedelta(seconds=45)
    await store.write(grants.take, workspace, account, now, until)
    assert await store.read(grants.due, now, 10) == []
    assert await store.read(grants.due, until, 10) == [account]
    again = await store.write(grants.take, workspace, account, until, until + timedelta(seconds=45))
    assert again is not None
    assert again.unanswered == 2


async def test_a_renewal_that_is_put_off_says_whether_it_was_answered(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    account = await _due_grant(store, workspace, rows, now)
    for answered, count in ((False, 1), (True, 0)):
        later = now + timedelta(minutes=1)
        grant = await store.write(grants.take, workspace, account, now, later)
        assert grant is not None
        await store.write(grants.put_off, workspace, account, grant, now, answered=answered)
        kept = await store.read(grants.get, workspace, account)
        assert kept is not None
        assert (kept.unanswered, kept.renew_at) == (count, now)


async def test_a_refusal_ends_the_grant_that_was_refused_and_no_other(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    account = await _due_grant(store, workspace, rows, now)
    grant = await store.write(grants.take, workspace, account, now, now + timedelta(seconds=45))
    assert grant is not None
    await store.write(grants.put, workspace, account, replace(grant, sealed="connected anew", renew_at=None))
    assert await store.write(grants.refuse, workspace, account, grant, "Gone.", now) is False
    assert await rows.read(accounts, "state") == [("live",)]

    newer = await store.read(grants.get, workspace, account)
    assert newer is not None
    assert await store.write(grants.refuse, workspace, account, newer, "Gone.", now) is True
    assert await rows.read(accounts, "state", "note") == [("lost", "Gone.")]
    assert await store.read(grants.due, now + timedelta(days=400), 10) == []


async def test_a_fresh_grant_is_not_spoiled(store: Store, workspace: str, rows: Rows, now: datetime) -> None:
    account = await rows.account("lea")
    good = Grant("first", 0, None, now, renew_at=now + timedelta(hours=1))
    await store.write(grants.put, workspace, account, good)
    at = {"before": now - timedelta(minutes=5), "now": now}
    assert await store.write(grants.spoil, workspace, account, 1, **at) is False
    assert await store.write(grants.spoil, workspace, account, 2, before=now, now=now) is False
    assert await store.write(grants.spoil, workspace, account, 1, before=now, now=now) is True
    assert await store.read(grants.due, now, 10) == [account]
