"""Long work is begun, followed, cancelled, and told as interrupted where its process ended."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from api import operations
from api.deps import Caller, Role
from api.operations import BEAT_S, LEASE, MOST, cancel, start, stop
from api.running_work import Running
from engine.errors import ConflictError, NotFoundError, RejectedError
from engine.store import operations as rows

if TYPE_CHECKING:
    from api.deps import Face
    from api.operations import Report
    from tests.api.routes.conftest import World


@pytest.fixture
def face(world: World) -> Face:
    """Give the process behind the API, with no long work."""
    return replace(world.face, running=Running())


@pytest.fixture
def caller(world: World) -> Caller:
    return Caller("0" * 32, "Ana", world.acme, Role.EDITOR)


async def _forever(report: Report) -> dict[str, Any]:
    await report(1, 4, "Looked at 1 of 4.")
    await asyncio.Event().wait()
    return {}


async def _ended(face: Face, row: rows.OperationRow) -> rows.OperationRow:
    mine = face.running.tasks[row.id].keeper
    assert mine is not None
    await mine
    return await face.store.read(rows.get, row.workspace_id, row.id)


async def test_work_that_ends_leaves_its_progress_and_its_result(face: Face, caller: Caller) -> None:
    async def work(report: Report) -> dict[str, Any]:
        for number in range(1, 4):
            await report(number, 3, f"Looked at {number} of 3.")
        return {"changed": 2}

    row = await start(face, caller, "plan", work)
    assert (row.state, row.by, row.ended_at) == ("running", "Ana", None)

    ended = await _ended(face, row)

    assert (ended.state, ended.done, ended.total, ended.sentence) == ("done", 3, 3, "Looked at 3 of 3.")
    assert json.loads(ended.result or "") == {"changed": 2}
    assert face.running.tasks == {}
    assert face.running.beating is None
    for kind, is_there in (("plan", True), (None, True), ("sync", False), ("", False)):
        found = await face.store.read(rows.listed, row.workspace_id, kind=kind)
        assert (row.id in {one.id for one in found}) == is_there


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RejectedError("It is too long.", code="too_long"), {"kind": "Rejected", "detail": "It is too long."}),
        (KeyError("x"), {"kind": "Defect", "detail": "It failed with KeyError; the log of Chappe says where."}),
    ],
)
async def test_work_that_fails_says_why(face: Face, caller: Caller, error: Exception, told: dict[str, str]) -> None:
    async def work(report: Report) -> dict[str, Any]:
        await report(0)
        raise error

    ended = await _ended(face, await start(face, caller, "plan", work))

    assert ended.state == "failed"
    assert json.loads(ended.error or "") == told


async def test_cancelled_work_stops_and_cannot_be_cancelled_again(face: Face, caller: Caller) -> None:
    row = await start(face, caller, "sync", _forever)

    ended = await cancel(face, caller.workspace.id, row.id)

    assert ended.state == "cancelled"
    with pytest.raises(ConflictError, match="is cancelled"):
        await cancel(face, caller.workspace.id, row.id)


async def test_another_workspace_cannot_cancel(face: Face, caller: Caller, world: World) -> None:
    row = await start(face, caller, "sync", _forever)

    with pytest.raises(NotFoundError):
        await cancel(face, world.beta.id, row.id)
    await stop(face)


async def test_another_process_cancels_through_the_row(face: Face, caller: Caller, world: World) -> None:
    row = await start(face, caller, "sync", _forever)

    other = replace(face, running=Running())
    await cancel(other, caller.workspace.id, row.id)
    keeper = face.running.tasks[row.id].keeper
    assert keeper is not None
    await world.clock.run_for(BEAT_S)
    await keeper

    assert (await face.store.read(rows.get, row.workspace_id, row.id)).state == "cancelled"


async def test_the_end_of_the_process_interrupts(face: Face, caller: Caller) -> None:
    row = await start(face, caller, "sync", _forever)

    await stop(face)

    ended = await face.store.read(rows.get, row.workspace_id, row.id)
    assert (ended.state, ended.sentence) == ("interrupted", "Chappe ended before the work did.")
    with pytest.raises(ConflictError, match="is ending"):
        await start(face, caller, "sync", _forever)


async def test_a_killed_process_is_seen_by_its_lease(face: Face, caller: Caller, world: World) -> None:
    row = await start(face, caller, "sync", _forever)
    now = world.clock.now()

    assert row.state_at(now + LEASE - timedelta(microseconds=1)) == "running"
    assert row.state_at(now + LEASE) == "interrupted"
    await stop(face)


async def test_a_process_does_so_much_at_once_and_no_more(face: Face, caller: Caller) -> None:
    for _ in range(MOST):
        await start(face, caller, "sync", _forever)

    with pytest.raises(ConflictError, match=f"{operations.MOST} operations run already"):
        await start(face, caller, "sync", _forever)
    await stop(face)


async def test_what_is_being_written_is_told_as_done_however_late_somebody_cancels(face: Face, caller: Caller) -> None:
    writing, may_end = asyncio.Event(), asyncio.Event()

    async def write() -> dict[str, Any]:
        writing.set()
        await may_end.wait()
        return {"written": True}

    async def work(report: Report) -> dict[str, Any]:
        await report(1, 2)
        return await operations.to_its_end(write())

    row = await start(face, caller, "apply", work)
    await writing.wait()
    face.running.tasks[row.id].work.cancel()
    await asyncio.sleep(0)
    face.running.tasks[row.id].work.cancel()
    may_end.set()

    assert ((await _ended(face, row)).state, (await cancelled(face, row))) == ("done", "The operation is done")


async def cancelled(face: Face, row: rows.OperationRow) -> str:
    """Try to cancel, and return how the refusal begins."""
    with pytest.raises(ConflictError) as refused:
        await cancel(face, row.workspace_id, row.id)
    return str(refused.value).partition(":")[0]
