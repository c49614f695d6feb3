"""Many callers, one transaction: what they ask for goes to the database together.

A group goes when every caller that has a seat waits, at the latest after 50 ms: what it saves is commits, which cost
more than all else that a small unit does.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

Item = TypeVar("Item")
Answer = TypeVar("Answer")

LONGEST_S = 0.050
LEFT_S = 1.0


class Grouped(Generic[Item, Answer]):
    """Hands the items of many callers to `write`, which answers each in its place, after the commit.

    `longest` seconds are the most that a caller waits for others. A cancelled caller does not cancel its group; a group
    that fails, fails for each of its callers.
    """

    def __init__(
        self, write: Callable[[list[Item]], Awaitable[Sequence[Answer]]], *, longest: float = LONGEST_S
    ) -> None:
        self._write = write
        self._longest = longest
        self._seats = 0
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._left: list[Item] = []
        self._later: asyncio.Handle | None = None
        self._timer: asyncio.Handle | None = None
        self._groups: set[asyncio.Task[None]] = set()

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Count one more caller, whom the others wait for a little while it is busy with something else."""
        self._seats += 1
        try:
            yield
        finally:
            self._seats -= 1
            self._go_when_all_wait()

    async def ask(self, item: Item) -> Answer:
        """Return the answer to this item."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        self._go_when_all_wait()
        return await answer

    def leave(self, item: Item) -> None:
        """Let an item go with the next group, within a second, and wait for nothing: it may be lost at a kill."""
        self._left.append(item)
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(LEFT_S, self._go)

    async def settle(self) -> None:
        """Write what was left, and wait until everything under way is written."""
        if self._left:
            self._go()
        if self._groups:
            await asyncio.wait(self._groups)

    def _go_when_all_wait(self) -> None:
        all_wait = len(self._waiting) >= self._seats
        if not self._waiting or (self._timer is not None and not all_wait):
            return
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        # Soon, not now: who asks in the same turn of the loop comes along.
        self._timer = loop.call_soon(self._go) if all_wait else loop.call_later(self._longest, self._go)

    def _go(self) -> None:
        for handle in (self._timer, self._later):
            if handle is not None:
                handle.cancel()
        self._timer = self._later = None
        group, self._waiting = self._waiting, []
        left, self._left = self._left, []
        task = asyncio.get_running_loop().create_task(self._pass(group, left))
        self._groups.add(task)
        task.add_done_callback(self._groups.discard)

    async def _pass(self, group: list[tuple[Item, asyncio.Future[Answer]]], left: list[Item]) -> None:
        items = [*(item for item, _ in group), *left]
        (outcome,) = await asyncio.gather(self._write(items), return_exceptions=True)
        for place, (_, answer) in enumerate(group):
            if answer.done():  # its caller was cancelled; the rows are written all the same
                continue
            if isinstance(outcome, BaseException):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome[place])
