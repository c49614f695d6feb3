"""Seats: workspaces take turns, a platform that hangs leaves room, and no seat is ever lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from engine.run.breaker import Place
from engine.run.seats import Seats

if TYPE_CHECKING:
    from collections.abc import Iterable

BIG, SMALL = Place("big", "x"), Place("small", "x")


class Room:
    """Drains that each hold a seat until they are told to end."""

    def __init__(self, many: int, alone: Iterable[Place] = ()) -> None:
        self.alone = set(alone)
        self.seats = Seats(many, self.alone.__contains__)
        self.seated: list[Place] = []
        self.ends: dict[int, asyncio.Event] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def enter(self, *places: Place) -> None:
        self.tasks += [asyncio.create_task(self._drain(place)) for place in places]
        await self.settle()

    async def _drain(self, place: Place) -> None:
        async with self.seats.take(place):
            self.seated.append(place)
            ends = self.ends[len(self.seated) - 1] = asyncio.Event()
            await ends.wait()

    async def end(self, *nth: int) -> None:
        for n in nth:
            self.ends[n].set()
        await self.settle()

    @staticmethod
    async def settle() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(5):
            turn = loop.create_future()
            loop.call_soon(turn.set_result, None)
            await turn

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        for task in self.tasks:
            with suppress(asyncio.CancelledError):
                await task


async def test_a_small_workspace_is_next_however_many_of_a_large_one_wait() -> None:
    room = Room(8)
    await room.enter(*[BIG] * 100, Place("other", "y"), Place("other", "y"))
    assert room.seated == [BIG, BIG, Place("other", "y"), Place("other", "y")]

    await room.enter(*[SMALL] * 3)
    await room.end(0)

    assert room.seated[4:] == [SMALL, SMALL, BIG]
    await room.close()


async def test_a_platform_that_hangs_leaves_half_of_the_seats() -> None:
    room = Room(8)
    await room.enter(*[Place(f"workspace {n}", "hangs") for n in range(50)])
    assert len(room.seated) == 4

    await room.enter(Place("workspace 1", "works"), Place("workspace 2", "works"))

    assert [place.platform for place in room.seated[4:]] == ["works", "works"]
    assert room.seats.waiting(Place("workspace 9", "hangs")) == 1
    await room.close()


async def test_a_platform_that_has_just_rested_is_called_once_at_a_time_until_it_works() -> None:
    room = Room(16, alone=[BIG])
    await room.enter(*[BIG] * 5)
    assert room.seated == [BIG]

    await room.end(0)
    assert room.seated == [BIG] * 2
    room.alone.clear()
    await room.end(1)

    assert room.seated == [BIG] * 5
    await room.close()


async def test_who_stops_waiting_leaves_his_turn_and_his_seat_to_the_next() -> None:
    room = Room(4)
    async with room.seats.take(BIG):
        await room.enter(*[BIG] * 3)
        waiting, given, last = room.tasks
        waiting.cancel()
        await room.settle()
    given.cancel()  # the seat is his since this moment, and he has not sat down yet
    await room.settle()

    assert room.seated == [BIG]
    assert given.cancelled()
    assert not last.done()
    await room.close()
    await room.enter(BIG)
    assert room.seated == [BIG, BIG]
    await room.close()
