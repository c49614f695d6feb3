"""The arithmetic of budgets: who gets something, what it costs, when a month begins and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.budget import DOLLAR, MONEY, Bucket, Level, Take, allot, dollars, micros, month
from engine.model.delivery import Move, Reason

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
ACCOUNT = Bucket("w", "account", "a", "posts")
APP = Bucket("w", "app", "x", "posts")
PURSE = Bucket("w", "workspace", "w", MONEY)


def take(bucket: Bucket, amount: int = 1, cap: int | None = 5) -> Take:
    return Take(bucket, amount, cap, NOW, NOW + timedelta(hours=24))


def level(used: int, cap: int | None = 5) -> Level:
    return Level(used, cap, NOW - timedelta(hours=1), NOW + timedelta(hours=23))


def test_who_comes_first_gets_what_is_left_and_the_others_hear_until_when_they_wait() -> None:
    wanted = {name: (take(ACCOUNT),) for name in "abc"}
    refused = allot(wanted, {ACCOUNT: level(3)})

    assert list(refused) == ["c"]
    assert refused["c"].sentence == (
        "This account may publish 5 posts in 24 hours: more from 23 Nov 2026 13:05 UTC on."
    )
    assert (refused["c"].until, refused["c"].move) == (NOW + timedelta(hours=23), None)


def test_what_lacks_room_in_one_window_takes_nothing_of_the_others() -> None:
    wanted = {"a": (take(ACCOUNT), take(APP)), "b": (take(ACCOUNT),)}
    refused = allot(wanted, {ACCOUNT: level(4), APP: level(5)})

    assert list(refused) == ["a"]
    assert refused["a"].sentence.startswith("All accounts of this app together may publish 5 posts")


@pytest.mark.parametrize("last", [2, 9])
def test_each_keeps_to_the_cap_of_its_own_sink_whichever_was_written_last(last: int) -> None:
    wanted = {"low": (take(APP, cap=2),), "high": (take(APP, cap=9),)}
    refused = allot(wanted, {APP: level(2, last)})

    assert list(refused) == ["low"]
    assert refused["low"].sentence.startswith("All accounts of this app together may publish 2 posts")


def test_what_there_is_no_money_for_is_blocked_and_says_what_it_costs() -> None:
    wanted = {"a": (take(PURSE, 200_000, None),), "b": (take(PURSE, 15_000, None),)}
    refused = allot(wanted, {PURSE: level(24_900_000, 25 * DOLLAR)})

    assert list(refused) == ["a"]
    assert (refused["a"].move, refused["a"].reason) == (Move.BLOCK, Reason.MONEY)
    assert refused["a"].sentence == (
        "It costs $0.20, and of the workspace's $25.00 for this month $0.10 are left. It goes on when you raise the "
        "budget (`chappe budget set`) or the month ends."
    )


def test_without_a_cap_everything_fits() -> None:
    assert allot({"a": (take(PURSE, 10**9, None),)}, {PURSE: level(10**9, None)}) == {}


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(0, 60), st.integers(0, 60))
def test_no_more_is_ever_given_than_there_is(amounts: list[int], used: int, cap: int) -> None:
    wanted = {str(number): (take(PURSE, amount, None),) for number, amount in enumerate(amounts)}
    refused = allot(wanted, {PURSE: level(used, cap)})
    given_out = sum(amount for number, amount in enumerate(amounts) if str(number) not in refused)

    assert given_out <= max(0, cap - used)


@given(st.timedeltas(timedelta(0), timedelta(days=6_000)))
def test_a_moment_lies_in_its_month_and_months_touch(later: timedelta) -> None:
    moment = NOW + later
    first, last = month(moment)

    assert first <= moment < last
    assert month(last)[0] == last
    assert (first.day, first.hour, last.day) == (1, 0, 1)


@pytest.mark.parametrize(
    ("amount", "text"), [(25_000_000, "$25.00"), (200_000, "$0.20"), (15_000, "$0.015"), (0, "$0.00"), (1, "$0.000001")]
)
def test_money_is_written_as_people_do(amount: int, text: str) -> None:
    assert dollars(amount) == text


def test_what_is_spent_is_never_counted_too_low() -> None:
    assert [micros(Decimal(text)) for text in ("0.2", "0.0000001")] == [200_000, 1]
