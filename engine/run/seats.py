"""Seats: how many drains of this process run at once, and who is next.

Workspaces take turns, and within each its platforms, whatever waits there: a large fan-out delays nobody else's posts.
A platform has at most half of the seats, and a platform of one workspace at most a quarter, so that one that hangs
leaves room for the others.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

from engine.run.breaker import Place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

Seat: TypeAlias = "asyncio.Future[None]"


class Seats:
    """`many` seats; `alone` tells of a place that is called once at a time, because it has just rested."""

    def __init__(self, many: int, alone: Callable[[Place], bool]) -> None:
        self._many = many
        self._alone = alone
        self._taken = 0
        self._at = Counter[Place | str]()
        self._waiting: OrderedDict[str, OrderedDict[str, deque[Seat]]] = OrderedDict()

    def waiting(self, place: Place) -> int:
        """Return how many wait for a seat at a place."""
        platforms = self._waiting.get(place.workspace_id)
        return len(platforms.get(place.platform, ())) if platforms else 0

    @asynccontextmanager
    async def take(self, place: Place) -> AsyncIterator[None]:
        """Wait for a seat, and give it back at the end."""
        if self.waiting(place) or not self._free(place):
            await self._turn(place)
        else:
            self._count(place, 1)
        try:
            yield
        finally:
            self._leave(place)

    async def _turn(self, place: Place) -> None:
        seat: Seat = asyncio.get_running_loop().create_future()
        platforms = self._waiting.setdefault(place.workspace_id, OrderedDict())
        platforms.setdefault(place.platform, deque()).append(seat)
        try:
            await seat
        except asyncio.CancelledError:
            if seat.done() and not seat.cancelled():  # it was given in the very moment
                self._leave(place)
            raise

    def _leave(self, place: Place) -> None:
        self._count(place, -1)
        while self._seated():
            pass

    def _seated(self) -> bool:
        """Give a seat to the first in turn who may have one; tell whether there was one."""
        for workspace, platforms in self._waiting.items():
            for platform, seats in platforms.items():
                if seats and self._free(place := Place(workspace, platform)):
                    seat = seats.popleft()
                    self._to_the_end(place, empty=not seats)
                    if not seat.done():
                        self._count(place, 1)
                        seat.set_result(None)
                    return True
        return False

    def _to_the_end(self, place: Place, *, empty: bool) -> None:
        platforms = self._waiting[place.workspace_id]
        platforms.move_to_end(place.platform)
        self._waiting.move_to_end(place.workspace_id)
        if empty:
            del platforms[place.platform]
        if not platforms:
            del self._waiting[place.workspace_id]

    def _free(self, place: Place) -> bool:
        most = 1 if self._alone(place) else self._many // 4
        return self._taken < self._many and self._at[place] < most and self._at[place.platform] < self._many // 2

    def _count(self, place: Place, by: int) -> None:
        self._taken += by
        self._at[place] += by
        self._at[place.platform] += by
        if not self._at[place]:
            del self._at[place]
