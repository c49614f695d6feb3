"""The gate: many drains, one transaction. Whoever asks waits until the group goes through together.

A group goes when every running drain waits, at the latest after 10 ms; what comes while one is being written goes with
the next, since many small groups cost more than few large ones. A cancelled waiter does not cancel the group; a group
that fails is tried again one by one, so that only the guilty request is refused.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from engine.run.asking import platform_asks
from engine.store.claims import Answer, Request, Turn, turn
from engine.store.guard import Rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.run.core import Core

LONGEST_S = 0.010


class Gate:
    """Collects the requests of the drains of this process."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._running = 0
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._commits: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def seat(self) -> AsyncIterator[Gate]:
        """Count one more running drain for as long as it runs."""
        self._running += 1
        try:
            yield self
        finally:
            self._running -= 1
            self._go_when_all_wait()

    async def ask(self, request: Request) -> Answer:
        """Pass the gate with the next group; raises StoreError when nothing of the request was kept."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        self._go_when_all_wait()
        return await future

    def _go_when_all_wait(self) -> None:
        if not self._waiting or self._commits:
            return
        if len(self._waiting) >= self._running:
            self._go()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LONGEST_S, self._go)

    def _go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group, self._waiting = self._waiting, []
        if group:
            task = asyncio.get_running_loop().create_task(self._pass(group))
            self._commits.add(task)
            task.add_done_callback(self._passed)

    async def _pass(self, group: list[tuple[Request, asyncio.Future[Answer]]]) -> None:
        (outcome,) = await asyncio.gather(self._commit([request for request, _ in group]), return_exceptions=True)
        if isinstance(outcome, Exception) and len(group) > 1:
            for one in group:
                await self._pass([one])
            return
        for request, future in group:
            if future.done():  # its drain was cancelled; the rows are written all the same
                continue
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome[request.account_id])

    def _passed(self, commit: asyncio.Task[None]) -> None:
        self._commits.discard(commit)
        self._go_when_all_wait()

    async def _commit(self, requests: list[Request]) -> dict[str, Answer]:
        core = self._core
        rules = Rules(core.company, partial(platform_asks, core.registry))
        group = Turn(requests, owner=core.worker, now=core.clock.now(), lease=core.settings.lease, rules=rules)
        return await core.store.write(turn, group)
