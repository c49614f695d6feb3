"""What the conformance suite needs to watch a queue at work: a run with an end, and a handler that records."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from engine.wake import Again, WakeQueue

SOON = 30.0
"""Seconds after which a test that waits in vain gives up."""


@asynccontextmanager
async def working(queue: WakeQueue) -> AsyncIterator[None]:
    """Let the queue take work inside the block; afterwards stop it and see that it ends."""
    run = asyncio.create_task(queue.run())
    try:
        async with asyncio.timeout(SOON):
            yield
            await queue.stop()
            await run
    finally:
        run.cancel()


class Recorder:
    """A handler that writes down what it was called with, that a test can hold shut, and whose answers it prepares."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.active: list[str] = []
        self.ended: list[str] = []
        self.most_active = 0
        self.answers: dict[str, list[Again | Exception]] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self._changed = asyncio.Event()

    async def __call__(self, key: str) -> Again | None:
        """Note the call, wait for the gate, then give what was prepared for this key, or None."""
        self.calls.append(key)
        self.active.append(key)
        self.most_active = max(self.most_active, len(self.active))
        self._changed.set()
        try:
            await self.gate.wait()
        finally:
            self.active.remove(key)
            self.ended.append(key)
            self._changed.set()
        prepared = self.answers.get(key)
        answer = prepared.pop(0) if prepared else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def until(self, holds: Callable[[Recorder], bool]) -> None:
        """Wait until something holds about what was written down."""
        async with asyncio.timeout(SOON):
            while not holds(self):
                self._changed.clear()
                await self._changed.wait()

    async def ends(self, times: int) -> None:
        """Wait until that many calls have ended."""
        await self.until(lambda recorder: len(recorder.ended) >= times)


async def turns(count: int = 50) -> None:
    """Let the other tasks have their turn a number of times."""
    for _ in range(count):
        await asyncio.sleep(0)
