"""Clocks: limits go on while the machine is suspended, and processes on one database share its time."""

from __future__ import annotations

import asyncio
import socket
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from api.cli.session import run
from engine.clock import AWAKE_OR_NOT, AgreedClock, Loop, SystemClock, counted
from engine.testing.fakes import START, FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR = timedelta(hours=1)


class Suspended(Loop):
    """The loop of a machine that was suspended for so many seconds."""

    asleep = 0.0

    def time(self) -> float:
        return super().time() + self.asleep


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give the two ends of a connection."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def test_what_was_under_way_when_the_machine_was_suspended_takes_no_further_step(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    steps: list[str] = []

    async def send() -> None:
        async with asyncio.timeout(15):
            steps.append("connecting")
            await asyncio.get_running_loop().sock_recv(ours, 1)
            steps.append("sent")

    async def machine() -> None:
        sending = asyncio.create_task(send())
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Suspended)
        loop.asleep = 600.0
        theirs.send(b"!")  # it wakes to a connection that stands and to a limit that has passed
        with pytest.raises(TimeoutError):
            await sending

    with asyncio.Runner(loop_factory=Suspended) as runner:
        runner.run(machine())
    assert steps == ["connecting"]


def test_every_command_runs_by_the_counter_that_a_suspended_machine_does_not_stop() -> None:
    async def look() -> tuple[asyncio.AbstractEventLoop, float, float, float]:
        loop = asyncio.get_running_loop()
        return loop, counted(), loop.time(), SystemClock().monotonic()

    loop, *times = run(look())

    assert type(loop) is Loop
    assert getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC) == AWAKE_OR_NOT
    assert times == sorted(times)
    assert times[-1] <= time.clock_gettime(AWAKE_OR_NOT)


def test_whoever_sets_the_clock_of_a_machine_does_not_move_the_time_that_processes_share() -> None:
    machine = FakeClock()
    clock = AgreedClock(machine)
    machine.jump_wall(-HOUR)
    machine.advance(10)

    assert clock.now() == START + timedelta(seconds=10)
    assert clock.ahead == -HOUR
    assert clock.monotonic() == machine.monotonic()


@pytest.mark.parametrize(
    ("took", "off", "moved"), [(0.0, 60.0, 60.0), (4.0, 60.0, 56.0), (4.0, 3.0, 0.0), (4.0, -5.0, -5.0)]
)
def test_an_answer_that_was_long_on_its_way_moves_the_time_as_little_as_it_can(
    took: float, off: float, moved: float
) -> None:
    machine = FakeClock()
    clock = AgreedClock(machine)
    before, began = clock.monotonic(), clock.now()
    machine.advance(took)
    clock.agree(before, began + timedelta(seconds=off), clock.monotonic())

    assert clock.now() == began + timedelta(seconds=took + moved)
    assert clock.ahead == timedelta(seconds=-moved)
