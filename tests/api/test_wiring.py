"""The runtime as it is wired, in this process: a post's whole way, and what start and stop leave behind."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from pgqueuer import InMemoryDriver, InMemoryQueries
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from api.cli.main import EXIT_FAILED, exit_code
from api.cli.up import run_until_told
from api.server import listen
from api.wiring import make_core, make_runtime
from engine.clock import SystemClock
from engine.dispatch.embedded import EmbeddedDispatch
from engine.runtime import FINISH_WITHIN_S, Runtime, WorkEndedError
from engine.store import pauses, tables
from engine.store.pauses import Scope
from engine.store.sources import FREE
from engine.store.unit import StoreError, open_store
from engine.testing.fakes import FakeClock
from engine.testing.loopback import Answer, Loopback, always
from engine.vault import KeyFile, VaultLockedError
from tests.journeys.waiting import until
from tests.kills.scene import arrive, set_the_scene
from tests.peers.feed_server import FeedServer, Page, item, rss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from engine.clock import Clock
    from engine.store.unit import Store
    from tests.kills.scene import Scene


SOON = 30.0
FRESH = "<item><title>News for everybody</title><guid>fresh</guid><description>Just now.</description></item>"


class Stage:
    """A set scene over a SQLite file, and runtimes over it."""

    def __init__(self, url: str, key_file: Path, store: Store, scene: Scene) -> None:
        self.url, self.key_file, self.store, self.scene = url, key_file, store, scene

    def runtime(self, clock: Clock | None = None) -> Runtime:
        """Return a runtime, not started."""
        core = make_core(open_store(self.url), key_file=self.key_file, allow_private=["127.0.0.1"])
        core.clock = clock or core.clock
        return Runtime(core)

    async def values(self, column: Any) -> list[Any]:
        """Return a column of every row."""
        return await self.store.read(lambda connection: list(connection.execute(select(column)).scalars()))

    async def change(self, statement: Any) -> None:
        """Write rows."""
        await self.store.write(lambda connection: connection.execute(statement).rowcount)


@asynccontextmanager
async def staged(url: str, folder: Path, receiver: str) -> AsyncIterator[Stage]:
    """Set the scene: eight accounts at a plain receiver, and a feed that nobody polls."""
    store = open_store(url)
    key_file = folder / "chappe.key"
    try:
        yield Stage(url, key_file, store, await set_the_scene(store, key_file, "plain", receiver))
    finally:
        await store.close()


async def test_a_post_travels_from_a_feed_to_the_accounts_and_stop_leaves_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with Loopback(always(Answer())) as receiver, FeedServer() as feeds:
        async with staged(sqlite_url, tmp_path, receiver.url) as stage:
            feed = feeds.put("/feed", Page(rss(item(1))))
            sources = tables.sources
            await stage.change(update(sources).values(settings=json.dumps({"url": feed})))
            await stage.change(update(sources).values(next_poll_at=SystemClock().now()))
        before = await _belongings()
        runtime = make_runtime(sqlite_url, key_file=stage.key_file, allow_private=["127.0.0.1"])
        await runtime.start()
        await until(lambda: _polled(runtime), bool, SOON)
        feeds.put("/feed", Page(rss(item(1), FRESH)))
        await runtime.core.store.write(_poll_now)
        await receiver.until(lambda seen: len(seen.received) == 10)
        await runtime.stop()

        await until(_belongings, before.__eq__, SOON)
        assert {request.path for request in receiver.received} == {
            *(f"/a{number}" for number in range(8)), "/b0", "/b1",
        }  # fmt: skip
        assert all(b"News for everybody" in request.body for request in receiver.received)


async def test_at_the_end_a_source_is_given_back_at_once(sqlite_url: str, tmp_path: Path) -> None:
    async with FeedServer() as feeds, staged(sqlite_url, tmp_path, "http://127.0.0.1:9") as stage:
        sources = tables.sources
        feed = feeds.put("/feed", Page(rss(item(1))))
        await stage.change(update(sources).values(settings=json.dumps({"url": feed})))
        runtime = stage.runtime()
        await runtime.core.http.start()
        (source,) = await stage.values(sources.c.id)
        for _ in range(2):  # of the second, which finds nothing new, the end is left to be written with others
            await stage.store.write(_poll_now)
            await runtime.poller.poll(source)
        await runtime.stop()

        assert await stage.values(sources.c.polling_until) == [FREE]


async def test_at_the_end_a_send_that_hangs_is_given_up_and_never_made_again(sqlite_url: str, tmp_path: Path) -> None:
    clock = FakeClock(SystemClock().now())
    async with (
        Loopback(always(None)) as receiver,
        staged(sqlite_url, tmp_path, receiver.url) as stage,
    ):
        await arrive(stage.store, stage.scene, 1)
        runtime = stage.runtime(clock)
        await runtime.start()
        await receiver.until(lambda seen: seen.busy == 8)
        stopping = asyncio.create_task(runtime.stop())
        await until(lambda: _sleeps(clock), bool, SOON)
        assert not stopping.done()
        clock.advance(FINISH_WITHIN_S)
        await stopping
        assert await stage.values(tables.deliveries.c.state) == ["sending"] * 8

        receiver.respond = always(Answer())
        again = stage.runtime()
        await again.start()
        await until(lambda: _all_settled(stage), bool, SOON)
        await again.stop()

        assert len(receiver.received) - 8 == 2  # the two that were held, never one of the eight again
        assert sorted({request.path for request in receiver.received[8:]}) == ["/b0", "/b1"]


class Failing(InMemoryQueries):
    """A queue that breaks when it is told to."""

    broken = False

    async def dequeue(self, *arguments: Any, **options: Any) -> Any:
        if self.broken:
            raise MemoryError
        return await super().dequeue(*arguments, **options)


async def test_work_that_ends_by_itself_ends_the_process_with_an_error(sqlite_url: str, tmp_path: Path) -> None:
    async with staged(sqlite_url, tmp_path, "http://127.0.0.1:9") as stage:
        before = await _belongings()
        core = make_core(open_store(sqlite_url), key_file=stage.key_file, allow_private=())
        rows = Failing(InMemoryDriver())
        core.wake = EmbeddedDispatch(rows)
        rows.broken = True
        listener = listen("127.0.0.1", 0)

        with listener, pytest.raises(WorkEndedError, match=r"ended by itself \(MemoryError\): nothing would be") as end:
            await run_until_told(Runtime(core), listener)

        assert exit_code(end.value) == EXIT_FAILED
        await until(_belongings, before.__eq__, SOON)


async def test_a_start_that_fails_closes_what_it_had_opened(sqlite_url: str, tmp_path: Path) -> None:
    async with staged(sqlite_url, tmp_path, "http://127.0.0.1:9") as stage:
        first = stage.runtime()
        await first.start()
        await first.stop()
        before = await _belongings()
        KeyFile.create(tmp_path / "other.key")
        stage.key_file = tmp_path / "other.key"
        wrong = stage.runtime()

        with pytest.raises(VaultLockedError, match="not the one that this database was sealed with"):
            await wrong.start()

        await until(_belongings, before.__eq__, SOON)


class Stuck:
    """A part that cannot be stopped."""

    def __init__(self, part: Any) -> None:
        self.part = part

    def __getattr__(self, name: str) -> Any:
        return getattr(self.part, name)

    async def stop(self) -> None:
        """Stop, and fail all the same."""
        await self.part.stop()
        raise StoreError("It would not stop.")


async def test_whatever_fails_at_the_end_the_rest_is_closed(sqlite_url: str, tmp_path: Path) -> None:
    async with staged(sqlite_url, tmp_path, "http://127.0.0.1:9") as stage:
        before = await _belongings()
        runtime = stage.runtime()
        core: Any = runtime.core
        core.http, core.offload = Stuck(core.http), Stuck(core.offload)
        await runtime.start()

        with pytest.raises(StoreError, match="would not stop"):
            await runtime.stop()

        await until(_belongings, before.__eq__, SOON)


async def test_nothing_is_claimed_after_a_pause_was_set(sqlite_url: str, tmp_path: Path) -> None:
    async with (
        Loopback(always(Answer())) as receiver,
        staged(sqlite_url, tmp_path, receiver.url) as stage,
    ):
        await arrive(stage.store, stage.scene, 40)
        runtime = stage.runtime()
        await runtime.start()
        await receiver.until(lambda seen: len(seen.received) >= 20)
        since = runtime.core.clock.now()
        await runtime.core.store.write(pauses.pause, stage.scene.workspace_id, Scope.WORKSPACE, now=since)
        await until(lambda: _refused(stage), bool, SOON)
        await runtime.stop()

        assert max(await stage.values(tables.attempts.c.started_at)) <= since
        states = await stage.values(tables.deliveries.c.state)
        assert "planned" in states
        assert len(receiver.received) == states.count("sent")


async def test_a_clock_that_jumps_is_said_in_the_log(sqlite_url: str, tmp_path: Path) -> None:
    clock = FakeClock(SystemClock().now())
    async with staged(sqlite_url, tmp_path, "http://127.0.0.1:9") as stage:
        runtime = stage.runtime(clock)
        with capture_logs() as lines:
            await runtime.start()
            clock.jump_wall(-3_600)
            await until(lambda: _said(lines, "clock was set back"), bool, SOON)
        await runtime.stop()

    jumps = [line["log_level"] for line in lines if "clock was set" in line["event"]]
    assert jumps == ["warning"], "one jump is said once, and louder than what goes well"


async def _said(lines: Sequence[Mapping[str, Any]], words: str) -> bool:
    return any(words in line["event"] for line in lines)


async def _polled(runtime: Runtime) -> bool:
    query = select(func.count()).where(tables.posts.c.state == "seen")
    return bool(await runtime.core.store.read(lambda connection: connection.execute(query).scalar_one()))


async def _sleeps(clock: FakeClock) -> bool:
    return clock.sleeping > 0


async def _all_settled(stage: Stage) -> bool:
    states = await stage.values(tables.deliveries.c.state)
    return sorted(states) == ["check_needed"] * 8 + ["sent"] * 2


async def _refused(stage: Stage) -> bool:
    return any("paused" in detail for detail in await stage.values(tables.deliveries.c.detail))


def _poll_now(connection: Any) -> None:
    connection.execute(update(tables.sources).values(next_poll_at=SystemClock().now()))


async def _belongings() -> tuple[int, int, int, int]:
    """Count the tasks, threads, connections and child processes of this process."""
    me = psutil.Process()
    return (
        len(asyncio.all_tasks()),
        sum(thread.name.startswith("chappe") for thread in threading.enumerate()),
        len([one for one in me.net_connections() if one.status != psutil.CONN_LISTEN]),
        len(me.children()),
    )
