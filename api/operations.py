"""Long work of a process: begun by a request that does not wait for it, followed and cancelled by its row.

    async def work(report: Report) -> dict[str, Any]:
        await report(3, 10, "Replayed 3 of 10 posts.")
        return {"posts": 10}

    row = await start(face, caller, "plan", work)

A process that is told to end cancels what runs; one that was killed leaves a lease that ends, and both are told as
interrupted. Work must therefore be such that it may end anywhere.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import structlog

from api.running_work import Work
from engine.errors import ChappeError, ConflictError
from engine.ids import new_id
from engine.store import operations
from engine.store.operations import CANCELLED, DONE, FAILED, INTERRUPTED, RUNNING, OperationRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from api.face import Caller, Face
    from engine.clock import Clock
    from engine.store.unit import Store

log = structlog.get_logger()

T = TypeVar("T")

LEASE = timedelta(seconds=30)
BEAT_S = 2.0
"""How often a process says that it lives, and looks whether somebody wants its work to stop."""

WRITE_EVERY_S = 0.5
"""How often progress is written at most."""

MOST = 8
"""How much long work a process does at once."""


class Report(Protocol):
    """What work is handed to say how far it is; `total` is None where that cannot be known."""

    async def __call__(self, done: int, total: int | None = None, sentence: str = "") -> None:
        """Say it; cheap, however often."""


async def start(
    face: Face, caller: Caller, kind: str, work: Callable[[Report], Awaitable[dict[str, Any]]]
) -> OperationRow:
    """Begin long work, whose result is a JSON document, and return its row at once.

    Raises ConflictError where this process does as much as it can, or is ending.
    """
    running, now = face.running, face.clock.now()
    if running.stopping or len(running.tasks) >= MOST:
        raise ConflictError(f"{MOST} operations run already, or Chappe is ending: try again when one has ended.")
    row = OperationRow(
        id=new_id(), workspace_id=caller.workspace.id, kind=kind, state=RUNNING, by=caller.by, owner=running.owner,
        lease_until=now + LEASE, started_at=now,
    )  # fmt: skip
    await face.store.write(operations.begin, row)
    progress = _Progress(face.store, face.clock, row)
    mine = running.tasks[row.id] = Work(asyncio.ensure_future(_worked(work, progress)))
    mine.keeper = asyncio.create_task(_keep(face, row.id, progress, mine.work), name=f"operation {kind}")
    if running.beating is None:
        running.beating = asyncio.create_task(_beat(face))
    return row


async def cancel(face: Face, workspace_id: str, operation_id: str) -> OperationRow:
    """Stop work, wherever it runs: at once here, within seconds in another process.

    Raises NotFoundError, and ConflictError where it has ended.
    """
    row = await face.store.read(operations.get, workspace_id, operation_id)
    state = row.state_at(face.clock.now())
    if state != RUNNING:
        raise ConflictError(f"The operation is {state}: there is nothing to cancel any more.")
    await face.store.write(operations.ask_end, workspace_id, operation_id)
    if mine := face.running.tasks.get(operation_id):
        mine.work.cancel()
        if mine.keeper:
            await asyncio.wait([mine.keeper])
    return await face.store.read(operations.get, workspace_id, operation_id)


async def stop(face: Face) -> None:
    """End what runs, for the end of the process: it is told as interrupted."""
    running = face.running
    running.stopping = True
    keepers = [mine.keeper for mine in running.tasks.values() if mine.keeper]
    for mine in running.tasks.values():
        mine.work.cancel()
    if keepers:
        await asyncio.wait(keepers)


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Do what must not be left halfway: whoever cancels meanwhile comes too late, and it is told as done."""
    doing = asyncio.ensure_future(work)
    while not doing.done():
        try:
            await asyncio.shield(doing)
        except asyncio.CancelledError:
            if doing.cancelled():
                raise
    return doing.result()


async def unheard(done: int, total: int | None = None, sentence: str = "") -> None:
    """Tell nobody how far work is, whose caller waits for it."""


class _Progress:
    """Writes progress, seldom; what was not written is written at the end."""

    def __init__(self, store: Store, clock: Clock, row: OperationRow) -> None:
        self.row = row
        self._store = store
        self._clock = clock
        self._written = 0.0

    async def __call__(self, done: int, total: int | None = None, sentence: str = "") -> None:
        self.row = replace(self.row, done=done, total=total, sentence=sentence)
        now = self._clock.monotonic()
        if now - self._written >= WRITE_EVERY_S:
            self._written = now
            await self._store.write(operations.progress, self.row.id, done, total, sentence)


async def _worked(work: Callable[[Report], Awaitable[dict[str, Any]]], progress: _Progress) -> dict[str, Any]:
    return await work(progress)


async def _keep(face: Face, operation_id: str, progress: _Progress, work: asyncio.Task[dict[str, Any]]) -> None:
    """Wait for the end of work, and write down what came of it."""
    running = face.running
    await asyncio.wait([work])
    try:
        await face.store.write(operations.end, _ended(progress.row, work, face))
    finally:
        del running.tasks[operation_id]
        if not running.tasks and running.beating:
            running.beating.cancel()
            running.beating = None


def _ended(row: OperationRow, work: asyncio.Task[dict[str, Any]], face: Face) -> OperationRow:
    now = face.clock.now()
    if work.cancelled():
        if face.running.stopping:
            return replace(row, state=INTERRUPTED, sentence="Chappe ended before the work did.", ended_at=now)
        return replace(row, state=CANCELLED, ended_at=now)
    error = work.exception()
    if error is None:
        return replace(row, state=DONE, result=json.dumps(work.result(), ensure_ascii=False), ended_at=now)
    if not isinstance(error, ChappeError):
        log.error("Long work failed in a way that nobody foresaw.", kind=row.kind, exc_info=error)
    return replace(row, state=FAILED, error=json.dumps(_problem(error), ensure_ascii=False), ended_at=now)


def _problem(error: BaseException) -> dict[str, Any]:
    """Return the error as a document: what kind, in a sentence, with the findings of a mapping."""
    known = isinstance(error, ChappeError)
    detail = str(error) if known else f"It failed with {type(error).__name__}; the log of Chappe says where."
    said: dict[str, Any] = {"kind": type(error).__name__.removesuffix("Error") if known else "Defect", "detail": detail}
    if findings := getattr(error, "findings", ()):
        said["findings"] = [finding.as_dict() for finding in findings]
    return said


async def _beat(face: Face) -> None:
    """Say every few seconds that this process lives, as long as it has work."""
    running = face.running
    while True:
        await face.clock.sleep(BEAT_S)
        for operation_id in await face.store.write(operations.beat, list(running.tasks), face.clock.now() + LEASE):
            if mine := running.tasks.get(operation_id):
                mine.work.cancel()
