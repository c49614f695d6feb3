"""Waiting for what another process does: look, again and again, until it holds or the time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from engine.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.clock import Clock

T = TypeVar("T")
BETWEEN = 0.3
"""Seconds between two looks: many are commands, which take time that what is waited for needs."""


async def until(
    look: Callable[[], Awaitable[T]], holds: Callable[[T], object], within: float, *, clock: Clock | None = None
) -> T:
    """Return the first look at which it holds; AssertionError with the last one after `within` seconds."""
    clock = clock or SystemClock()
    end = clock.monotonic() + within
    while True:
        seen = await look()
        if holds(seen):
            return seen
        if clock.monotonic() >= end:
            message = f"It did not come about within {within:.0f} s. The last look: {seen!r}"
            raise AssertionError(message)
        await clock.sleep(BETWEEN)
