"""`pace`: never more than it says in any period, never closer together, and the oldest first."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.operator import Release, Wait
from engine.model.duration import Duration
from mappings.operators.pace import Config, Pace
from tests.mappings.operators.life import asked, held, lived, utc

START = utc("2026-05-04T09:00")
HOUR = timedelta(hours=1)


def pace(**settings: Any) -> Pace:
    return Pace(Config.model_validate(settings))


def test_as_many_go_at_once_as_the_period_allows_and_the_others_wait_for_their_turn() -> None:
    answer = asked(pace(at_most=2, per="1d"), held(START, START, START), START)
    assert answer == Release(("h0", "h1"), until=START + 24 * HOUR, reason="Waits for its turn: at most 2 in 1d.")


def test_the_period_slides() -> None:
    history = (START - 23 * HOUR, START - HOUR)
    node = pace(at_most=2, per="1d")
    assert asked(node, held(START), START, *history) == Wait(START + HOUR, "Waits for its turn: at most 2 in 1d.")
    assert asked(node, held(START), START + HOUR, *history) == Release(
        ("h0",), reason="Waits for its turn: at most 2 in 1d."
    )


def test_a_gap_lets_one_go_at_a_time() -> None:
    node = pace(at_most=9, per="1d", gap="2h")
    answer = asked(node, held(START, START), START)
    assert answer == Release(("h0",), until=START + 2 * HOUR, reason="Waits for its turn: at most 9 in 1d, 2h apart.")
    assert asked(node, held(START), START + HOUR, START).until == START + 2 * HOUR


def test_an_overflow_ends_with_its_reason_where_it_is_dropped() -> None:
    node = pace(at_most=1, per="1d", overflow="drop")
    answer = asked(node, held(START, START, START), START)
    assert answer == Release(("h0",), drop=("h1", "h2"), reason="Too many: at most 1 in 1d.")
    assert asked(node, held(START), START + HOUR, START) == Release(drop=("h0",), reason="Too many: at most 1 in 1d.")


def test_it_asks_for_as_much_history_as_it_needs() -> None:
    assert pace(at_most=7, per="1h").history_needed == 7


@pytest.mark.parametrize(
    "settings",
    [{"at_most": 0, "per": "1d"}, {"at_most": 1}, {"at_most": 1, "per": "0s"}, {"at_most": 1_001, "per": "1d"},
     {"at_most": 1, "per": "1d", "gap": "0s"}],
    ids=str,
)  # fmt: skip
def test_a_pace_that_lets_nothing_go_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        pace(**settings)


ARRIVALS = st.lists(st.timedeltas(timedelta(0), timedelta(days=3)), min_size=1, max_size=12)
PERIODS = st.sampled_from(["1h", "7h", "1d"])
GAPS = st.sampled_from([None, "10m", "1h"])


@given(arrivals=ARRIVALS, at_most=st.integers(1, 4), per=PERIODS, gap=GAPS)
def test_no_period_has_more_and_no_two_are_closer(
    arrivals: list[timedelta], at_most: int, per: str, gap: str | None
) -> None:
    node = pace(at_most=at_most, per=per, **({"gap": gap} if gap else {}))
    gone, dropped = lived(node, [START + arrival for arrival in arrivals])
    assert (dropped, [one for one, _ in gone]) == ([], [f"h{number}" for number in range(len(arrivals))])
    times = [at for _, at in gone]
    for first, later in zip(times, times[at_most:], strict=False):
        assert later - first >= Duration.parse(per)
    for first, later in pairwise(times):
        assert gap is None or later - first >= Duration.parse(gap)


@given(arrivals=ARRIVALS, at_most=st.integers(1, 4), per=PERIODS)
def test_each_goes_as_soon_as_it_may(arrivals: list[timedelta], at_most: int, per: str) -> None:
    gone, _ = lived(pace(at_most=at_most, per=per), [START + arrival for arrival in arrivals])
    since = sorted(START + arrival for arrival in arrivals)
    for nth, (_, at) in enumerate(gone):
        free = gone[nth - at_most][1] + Duration.parse(per) if nth >= at_most else since[nth]
        assert at == max(since[nth], free)


@given(arrivals=ARRIVALS, at_most=st.integers(1, 4), per=PERIODS)
def test_dropping_keeps_the_pace_too(arrivals: list[timedelta], at_most: int, per: str) -> None:
    gone, dropped = lived(pace(at_most=at_most, per=per, overflow="drop"), [START + one for one in arrivals])
    assert len(gone) + len(dropped) == len(arrivals)
    times = [at for _, at in gone]
    for first, later in zip(times, times[at_most:], strict=False):
        assert later - first >= Duration.parse(per)
