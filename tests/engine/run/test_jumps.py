"""A clock that jumps is noticed, and told what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from engine.run.jumps import Jumps

if TYPE_CHECKING:
    from engine.testing.fakes import FakeClock


@pytest.mark.parametrize(("seconds", "said"), [(3_600, "was set on"), (-3_600, "was set back")])
def test_a_jump_is_said_once_with_what_it_does(clock: FakeClock, seconds: int, said: str) -> None:
    jumps = Jumps(clock)
    with capture_logs() as lines:
        clock.advance(50)
        jumps.look()
        clock.jump_wall(seconds)
        jumps.look()
        jumps.look()

    (line,) = lines
    assert (said in line["event"], line["minutes"]) == (True, 60)


def test_a_machine_that_slept_is_told_of_once(clock: FakeClock) -> None:
    jumps = Jumps(clock)
    with capture_logs() as lines:
        clock.advance(3_600)
        jumps.look()
        jumps.look()

    (line,) = lines
    assert ("slept" in line["event"], line["minutes"]) == (True, 60)


def test_small_steps_are_not_worth_a_word(clock: FakeClock) -> None:
    jumps = Jumps(clock)
    with capture_logs() as lines:
        for seconds in (30, -45):
            clock.jump_wall(seconds)
            jumps.look()

    assert lines == []
