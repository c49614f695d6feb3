"""What happens is streamed to those who listen, and whoever comes back misses nothing."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn

from api import credentials
from api.app import make_app
from api.deps import Caller, Role
from api.listeners import ALL, EACH, QUEUED, Listeners
from api.listening import PAGE, close, follow, listen
from api.operations import LEASE, start
from api.running_work import Running
from engine.clock import SystemClock
from engine.errors import RateLimitedError
from engine.ids import new_id
from engine.store import events, operations
from engine.store.events import Wanted, news
from engine.store.operations import OperationRow
from engine.testing.fakes import FakeClock
from tests.api.test_app import FakeServing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.deps import Face
    from api.listening import Listening
    from api.operations import Report
    from tests.api.routes.conftest import Api, World


@pytest.fixture
def face(world: World) -> Face:
    """Give the process behind the API, with nobody who listens and a clock that never lets anybody wait."""
    clock = FakeClock(world.clock.now(), autojump=True)
    return replace(world.face, clock=clock, listeners=Listeners(), running=Running())


@pytest.fixture
def caller(world: World) -> Caller:
    return Caller("0" * 32, "Ana", world.acme, Role.VIEWER)


async def _tell(face: Face, workspace_id: str, *numbers: int, kind: str = "pause.set") -> None:
    rows = [news(workspace_id, kind, face.clock.now(), {"n": number}) for number in numbers]
    await face.store.write(events.write, rows)


def _read(chunk: str) -> dict[str, Any]:
    """Read one server-sent event."""
    fields = dict(line.split(": ", 1) for line in chunk.splitlines() if line)
    return {**fields, "data": json.loads(fields.get("data", "null"))}


async def _numbers(stream: AsyncIterator[str], count: int) -> list[int]:
    return [_read(await anext(stream))["data"]["data"]["n"] for _ in range(count)]


async def _opened(listened: Listening) -> AsyncIterator[str]:
    stream = listened.stream()
    assert "retry: " in await anext(stream)
    return stream


async def test_who_listens_hears_what_comes_and_who_returns_what_came_meanwhile(face: Face, caller: Caller) -> None:
    here = caller.workspace.id
    await _tell(face, here, 1)
    listened = await listen(face, caller, Wanted(here), None)
    stream = await _opened(listened)
    await _tell(face, here, 2)
    heard = _read(await anext(stream))
    assert (heard["event"], heard["data"]["data"], heard["data"]["id"]) == ("pause.set", {"n": 2}, heard["id"])
    listened.leave()

    await _tell(face, here, *range(3, PAGE + 5))
    again = await listen(face, caller, Wanted(here), heard["id"])
    stream = await _opened(again)
    await _tell(face, here, PAGE + 5)

    assert await _numbers(stream, PAGE + 3) == list(range(3, PAGE + 6))
    again.leave()
    assert (face.listeners.all, face.listeners.reading) == (set(), None)


async def test_only_what_is_wanted_is_heard_and_never_of_another_workspace(
    face: Face, caller: Caller, world: World
) -> None:
    here = caller.workspace.id
    before = await face.store.read(events.head)
    await _tell(face, world.beta.id, 1)
    await _tell(face, here, 2, kind="account.lost")
    await _tell(face, here, 3)
    await _tell(face, "", 4)  # of the whole instance

    listened = await listen(face, caller, Wanted(here, kinds=frozenset({"pause.set"})), before)

    assert await _numbers(await _opened(listened), 2) == [3, 4]
    listened.leave()


async def test_a_slow_reader_is_sent_away_and_goes_on_where_it_was(face: Face, caller: Caller) -> None:
    here = caller.workspace.id
    listened = await listen(face, caller, Wanted(here), None)
    stream = await _opened(listened)
    await _tell(face, here, *range(QUEUED + 1))
    while not listened.listener.over:  # noqa: ASYNC110  # what another task does
        await asyncio.sleep(0)

    heard = [_read(await anext(stream)) for _ in range(QUEUED + 1)]

    assert (heard[-1]["event"], heard[-1]["data"]) == ("end", {"reason": "slow"})
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    listened.leave()
    again = await listen(face, caller, Wanted(here), heard[-2]["id"])
    assert await _numbers(await _opened(again), 1) == [QUEUED]
    again.leave()


async def test_nobody_opens_more_streams_than_are_theirs(face: Face, caller: Caller) -> None:
    open_ = [await listen(face, caller, Wanted(caller.workspace.id), None) for _ in range(EACH)]
    with pytest.raises(RateLimitedError, match=f"You have {EACH} streams open"):
        await listen(face, caller, Wanted(caller.workspace.id), None)
    other = replace(caller, user_id="1" * 32)
    open_.append(await listen(face, other, Wanted(caller.workspace.id), None))
    assert len(face.listeners.all) == EACH + 1 <= ALL
    for each in open_:
        each.leave()


async def test_who_follows_long_work_is_told_how_it_stands_and_counts_among_the_streams(
    face: Face, caller: Caller
) -> None:
    here = caller.workspace.id
    row = OperationRow(new_id(), here, "sync", "running", "Ana", "p", face.clock.now() + LEASE, face.clock.now())
    await face.store.write(operations.begin, row)
    following = await follow(face, caller, row.id, lambda row: (f"{row.state} {row.done}", row.state == "done"))
    for _ in range(EACH - 1):
        await follow(face, caller, row.id, lambda _: ("", True))
    with pytest.raises(RateLimitedError, match=f"You have {EACH} streams open"):
        await listen(face, caller, Wanted(here), None)
    stream = following.stream()
    assert await anext(stream) == "running 0"
    await face.store.write(operations.progress, row.id, 2, 4, "Half.")
    assert await anext(stream) == "running 2"
    await face.store.write(operations.end, replace(row, state="done", done=4, ended_at=face.clock.now()))
    assert [text async for text in stream] == ["done 4"]

    for each in tuple(face.listeners.followers):
        face.listeners.leave(each)
    assert face.listeners.reading is None


async def test_the_end_of_the_process_ends_the_streams(face: Face, caller: Caller) -> None:
    listened = await listen(face, caller, Wanted(caller.workspace.id), None)
    stream = await _opened(listened)

    close(face)

    assert _read(await anext(stream))["data"] == {"reason": "restarting"}
    with pytest.raises(RateLimitedError):
        await listen(face, caller, Wanted(caller.workspace.id), None)
    listened.leave()


@asynccontextmanager
async def _served(face: Face) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the API by a real server until the end, and end it as `chappe up` does."""
    config = uvicorn.Config(make_app(FakeServing(), None, face), log_config=None, timeout_graceful_shutdown=2)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listener]))  # noqa: SLF001  # leaves the signals to pytest
        base = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1/workspaces/acme"
        headers = {"cookie": f"{credentials.PLAIN_COOKIE}=acme-{Role.OWNER}"}
        async with httpx.AsyncClient(base_url=base, headers=headers, trust_env=False, timeout=10) as client:
            try:
                yield client
            finally:
                close(face)
                server.should_exit = True
                await serving


async def _until(lines: AsyncIterator[str], start_: str) -> str:
    while not (line := await anext(lines)).startswith(start_):
        pass
    return line


async def test_a_stream_goes_on_after_a_restart(face: Face, world: World) -> None:
    here = world.acme.id
    async with (
        _served(replace(face, clock=SystemClock())) as client,
        client.stream("GET", "/events", params={"kind": "pause.set"}) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        await _until(lines, "retry")
        await _tell(face, here, 1)
        await _until(lines, "event: ")
        place = (await _until(lines, "data: ")).split('"id":"')[1][:32]
    await _tell(face, here, 2)

    async with (
        _served(replace(face, clock=SystemClock(), listeners=Listeners())) as client,
        client.stream("GET", "/events", headers={"last-event-id": place}) as answer,
    ):
        data = json.loads((await _until(answer.aiter_lines(), "data: ")).removeprefix("data: "))

    assert data["data"] == {"n": 2}


async def test_what_cannot_be_asked_for_is_refused(api: Api) -> None:
    assert (await api.get("/events", params={"kind": "pause.sett"})).status_code == 400
    assert (await api.get("/events", params={"mapping": "none"})).status_code == 404
    assert (await api.get("/events", headers={"last-event-id": "x"})).status_code == 422
    assert (await api.as_(Role.AMBASSADOR).get("/events")).status_code == 403


async def test_long_work_is_listed_followed_and_cancelled(api: Api, world: World, caller: Caller) -> None:
    async def work(report: Report) -> dict[str, Any]:
        await report(1, 2, "Half.")
        await asyncio.Event().wait()
        return {}

    row = await start(world.face, caller, "plan", work)
    await asyncio.sleep(0)
    assert [each["id"] for each in (await api.get("/operations", params={"kind": "plan"})).json()["items"]] == [row.id]
    assert (await api.inside("beta").get(f"/operations/{row.id}")).status_code == 404
    assert (await api.as_(Role.VIEWER).post(f"/operations/{row.id}/cancel")).status_code == 403
    assert (await api.post(f"/operations/{row.id}/cancel")).json()["state"] == "cancelled"
    followed = _read((await api.get(f"/operations/{row.id}/events")).text)
    assert (followed["event"], followed["data"]["sentence"]) == ("end", "Half.")
