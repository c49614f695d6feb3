"""A stretch of a plan gives the same deliveries whoever makes them, and all stretches together each account once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.run.plan import parts
from engine.store.planning import Entry, Way
from engine.store.routes import Leg

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WAY = Way("route", "workspace", "post", "mapping", "news")


def leg(name: str, size: int, *, contents: int = 1, spread: timedelta = timedelta(0), version: str = "v") -> Leg:
    return Leg(
        sink=name,
        version_id=version,
        accounts=tuple(f"{name} {nth}" for nth in range(size)),
        contents=tuple(f"{name} text {nth}" for nth in range(contents)),
        released_at=AT,
        max_age_s=60,
        spread_s=spread.total_seconds(),
    )


def stretch(legs: list[Leg], start: int, stop: int, way: Way = WAY) -> list[tuple[str, Entry]]:
    """Return the deliveries of a stretch without their ids, which are new each time."""
    return [
        (part.sink, entry._replace(delivery_id="")) for part in parts(legs, way, start, stop) for entry in part.entries
    ]


legs_drawn = st.lists(
    st.builds(
        leg,
        st.sampled_from(["linkedin", "x", "hook"]),
        st.integers(0, 7),
        contents=st.integers(1, 3),
        spread=st.sampled_from([timedelta(0), timedelta(hours=4)]),
    ),
    max_size=4,
)


@given(legs_drawn, st.integers(1, 6))
def test_chunks_of_any_size_make_what_one_transaction_makes(legs: list[Leg], chunk: int) -> None:
    size = sum(len(one.accounts) for one in legs)

    chunked = [entry for start in range(0, size, chunk) for entry in stretch(legs, start, start + chunk)]

    assert chunked == stretch(legs, 0, size)
    assert [entry.account_id for _, entry in chunked] == [account for one in legs for account in one.accounts]


@given(st.integers(1, 60), st.integers(1, 10_000))
def test_a_spread_gives_each_account_a_moment_of_its_own_share(size: int, minutes: int) -> None:
    spread = timedelta(minutes=minutes)
    due = sorted(datetime.fromisoformat(entry.due_at) for _, entry in stretch([leg("x", size, spread=spread)], 0, size))

    share = spread / size
    slack = timedelta(microseconds=2)
    assert all(AT + share * nth - slack <= at <= AT + share * (nth + 1) + slack for nth, at in enumerate(due))


def test_without_a_spread_all_are_due_at_once() -> None:
    assert {entry.due_at for _, entry in stretch([leg("x", 5)], 0, 5)} == {"2026-03-02T09:00:00.000000+00:00"}


@pytest.mark.parametrize(
    "other",
    [
        (leg("x", 40, spread=timedelta(hours=4), version="w"), WAY),
        (leg("x", 40, spread=timedelta(hours=4)), Way("route", "workspace", "another post", "mapping", "news")),
    ],
)
def test_who_comes_first_differs_by_post_and_version(other: tuple[Leg, Way]) -> None:
    first = [entry.due_at for _, entry in stretch([leg("x", 40, spread=timedelta(hours=4))], 0, 40)]

    assert [entry.due_at for _, entry in stretch([other[0]], 0, 40, other[1])] != first


def test_contents_are_handed_round() -> None:
    assert [entry.content_id for _, entry in stretch([leg("x", 5, contents=2)], 1, 5)] == [
        "x text 1", "x text 0", "x text 1", "x text 0",
    ]  # fmt: skip
