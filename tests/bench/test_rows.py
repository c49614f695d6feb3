"""Every measurement of the bench runs, on sizes so small that its figures say nothing."""

from __future__ import annotations

import sys

import pytest

from bench.__main__ import ROWS, measured
from bench.child import ChildFailedError, run
from bench.figures import Figure, ratio
from bench.setting import TINY
from tests.bench import broken

WANTED = {
    "api": 2,
    "bounds": 1,
    "count": 1,
    "delivery": 3,
    "fairness": 2,
    "lint": 2,
    "planning": 1,
    "plans": 2,
    "poll": 2,
    "race": 8,
    "replay": 1,
    "rest": 2,
    "size": 0,
    "start": 4,
    "timeline": 1,
    "wake": 2,
    "walk": 1,
}


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_measured_to_its_end(row: str) -> None:
    said: list[str] = []

    figures = measured([row], TINY, said.append)

    assert len(figures) == WANTED[row]
    assert all(figure.reached >= 0 for figure in figures)
    assert said


def test_a_figure_is_right_on_its_side_of_the_bound() -> None:
    assert Figure("less", 1.5, 1.5).ok
    assert not Figure("more", 1.6, 1.5).ok
    assert Figure("rate", 0.7, 0.7, "least").ok
    assert not Figure("slow", 0.6, 0.7, "least").ok


def test_each_round_is_compared_with_its_own_yardstick() -> None:
    assert ratio([2, 40, 3], [1, 20, 3]) == 2


def test_a_measured_process_that_fails_says_why() -> None:
    with pytest.raises(ChildFailedError, match="on purpose"):
        run(broken.fail)


def test_a_measured_process_is_another_one() -> None:
    assert run(broken.program) != sys.argv
