"""What only the distributed form has to mind: other processes, one that was killed, and a database that goes away."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from structlog.testing import capture_logs

from engine.clock import SystemClock
from engine.dispatch.distributed import DistributedDispatch
from engine.dispatch.session import NAME
from engine.wake import Again, Kind
from tests.engine.dispatch.watching import SOON, Recorder, turns, working

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

LEFT = """
UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(), heartbeat = now() - interval '21 seconds'
"""
FRESH = "heartbeat = now(), updated = now() - interval '3 seconds'"
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"


class Hasty(SystemClock):
    """A clock whose second lasts a hundredth."""

    async def sleep(self, seconds: float) -> None:
        """Wait a little."""
        await super().sleep(seconds / 100)


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    """Give a connection to look at the rows with."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def _rows(database: asyncpg.Connection[Any], **wanted: int) -> None:
    """Wait until the queue has so many rows in each status."""
    async with asyncio.timeout(SOON):
        while {row[0]: row[1] for row in await database.fetch("SELECT status, count(*) FROM pgqueuer GROUP BY 1")} != (
            wanted
        ):
            await turns()


async def test_two_processes_share_the_work_and_run_a_key_in_one_of_them(
    shared: Callable[[], DistributedDispatch],
) -> None:
    running: set[str] = set()
    done: list[tuple[int, str]] = []
    ended = asyncio.Event()

    def handler(process: int) -> Any:
        async def handle(key: str) -> Again | None:
            assert key not in running
            running.add(key)
            await turns(5)
            running.discard(key)
            done.append((process, key))
            if len(done) == 230:
                ended.set()
            return Again() if sum(key == other for _, other in done) == 1 and int(key) < 30 else None

        return handle

    async with AsyncExitStack() as both:
        queues = [shared(), shared()]
        for process, queue in enumerate(queues):
            queue.on(Kind.DRAIN, handler(process), 3)
            await both.enter_async_context(working(queue))
        for start in range(0, 200, 20):
            await queues[start // 20 % 2].wake(Kind.DRAIN, [str(number) for number in range(start, start + 20)])
        async with asyncio.timeout(SOON):
            await ended.wait()

    assert {process for process, _ in done} == {0, 1}
    assert sorted(int(key) for _, key in done) == sorted([*range(200), *range(30)])


async def test_a_process_that_only_wakes_is_heard_by_one_that_works(
    shared: Callable[[], DistributedDispatch], recorder: Recorder
) -> None:
    front, worker = shared(), shared()
    worker.on(Kind.POLL, recorder, 1)
    recorder.gate.clear()
    async with working(worker):
        await front.wake(Kind.POLL, ["a"])
        await recorder.until(lambda seen: seen.active == ["a"])
        await front.wake(Kind.POLL, ["a"])
        recorder.gate.set()
        await recorder.ends(2)
    await front.stop()

    assert recorder.calls == ["a", "a"]


async def test_what_a_killed_process_had_in_hand_is_taken_over(
    shared: Callable[[], DistributedDispatch], recorder: Recorder, database: asyncpg.Connection[Any]
) -> None:
    queue = shared()
    await queue.wake(Kind.DRAIN, ["a", "b"])
    await database.execute(LEFT)
    await queue.wake(Kind.DRAIN, ["b"])
    queue.on(Kind.DRAIN, recorder, 2)
    async with working(queue):
        await recorder.ends(3)

    assert sorted(recorder.calls) == ["a", "b", "b"]


async def test_what_a_killed_process_had_in_hand_waits_for_no_heartbeat(
    postgres_url: str, recorder: Recorder, database: asyncpg.Connection[Any]
) -> None:
    queue = DistributedDispatch(postgres_url, Hasty())
    await queue.wake(Kind.DRAIN, ["a"])
    await database.execute(LEFT.replace("heartbeat = now() - interval '21 seconds'", FRESH))
    queue.on(Kind.DRAIN, recorder, 2)
    async with working(queue):
        await _rows(database, picked=1)
        while not recorder.calls:
            await queue.wake(Kind.POLL, ["tick"])
            await turns()

    assert recorder.calls == ["a"]


async def test_what_a_living_process_has_in_hand_is_left_to_it(
    shared: Callable[[], DistributedDispatch],
    postgres_url: str,
    recorder: Recorder,
    database: asyncpg.Connection[Any],
) -> None:
    recorder.gate.clear()
    slow, other = shared(), DistributedDispatch(postgres_url, Hasty())
    slow.on(Kind.DRAIN, recorder, 1)
    other.on(Kind.DRAIN, recorder, 1)
    async with working(slow):
        await slow.wake(Kind.DRAIN, ["a"])
        await recorder.until(lambda seen: seen.active == ["a"])
        await database.execute("UPDATE pgqueuer SET updated = now() - interval '9 seconds'")
        async with working(other):
            await turns(500)
            assert await database.fetchval("SELECT extract(epoch FROM heartbeat) FROM pgqueuer") > 0
            recorder.gate.set()

    assert recorder.calls == ["a"]


async def test_a_process_that_stops_gives_back_what_it_had_in_hand(
    shared: Callable[[], DistributedDispatch], recorder: Recorder, database: asyncpg.Connection[Any]
) -> None:
    first, other = shared(), Recorder()
    recorder.gate.clear()
    first.on(Kind.DRAIN, recorder, 1)
    await first.wake(Kind.DRAIN, ["a", "b", "c"])
    run = asyncio.create_task(first.run())
    await recorder.until(lambda seen: seen.active == ["a"])
    first.cancel([Kind.DRAIN])
    await first.stop()
    await run
    await _rows(database, queued=3)

    second = shared()
    second.on(Kind.DRAIN, other, 1)
    async with working(second):
        await other.ends(3)
    assert sorted(other.calls) == ["a", "b", "c"]


async def test_connections_that_are_cut_are_opened_anew(
    postgres_url: str, recorder: Recorder, database: asyncpg.Connection[Any]
) -> None:
    queue = DistributedDispatch(postgres_url, Hasty())
    recorder.gate.clear()
    queue.on(Kind.DRAIN, recorder, 2)
    with capture_logs():
        async with working(queue):
            await queue.wake(Kind.DRAIN, ["a"])
            await recorder.until(lambda seen: seen.active == ["a"])
            await database.execute(CUT, NAME)
            recorder.gate.set()
            await _rows(database)
            await queue.wake(Kind.DRAIN, ["b"])
            await recorder.ends(2)

    assert recorder.calls == ["a", "b"]


@asynccontextmanager
async def _relay(url: str) -> AsyncIterator[tuple[str, Callable[[bool], Any]]]:
    """Give the URL of a way to the database by TCP, and what opens and closes it."""
    parts = urlsplit(url)
    port = int(parse_qs(parts.query)["port"][0]) if parts.query else parts.port
    open_, writers = True, list[asyncio.StreamWriter]()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not open_:
            writer.close()
            return
        there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pipe(reader, there[1]), pipe(there[0], writer))

    def switch(to: bool) -> None:  # open or closed
        nonlocal open_
        open_ = to
        for writer in writers if not to else ():
            writer.transport.abort()

    server = await asyncio.start_server(between, "127.0.0.1", 0)
    here = server.sockets[0].getsockname()[1]
    netloc = f"{parts.username}:{parts.password}@127.0.0.1:{here}"
    try:
        yield parts._replace(netloc=netloc, query="").geturl(), switch
    finally:
        switch(False)
        server.close()
        await turns()


async def test_a_database_that_is_away_for_a_while_ends_nothing(postgres_url: str, recorder: Recorder) -> None:
    async with _relay(postgres_url) as (url, switch):
        queue = DistributedDispatch(url, Hasty())
        queue.on(Kind.DRAIN, recorder, 2)
        with capture_logs() as logs:
            async with working(queue):
                await queue.wake(Kind.DRAIN, ["a"])
                await recorder.ends(1)
                switch(False)
                await queue.wake(Kind.DRAIN, ["lost"])
                while not any("asked again" in log["event"] for log in logs):
                    await turns()
                switch(True)
                while "b" not in recorder.calls:
                    await queue.wake(Kind.DRAIN, ["b"])
                    await turns()

    assert "lost" not in recorder.calls
    assert any(log["event"].startswith("A wake was lost") for log in logs)
    assert "password" not in str(logs)


async def test_it_ends_while_the_database_is_away(postgres_url: str, recorder: Recorder) -> None:
    async with _relay(postgres_url) as (url, switch):
        queue = DistributedDispatch(url, Hasty())
        queue.on(Kind.DRAIN, recorder, 2)
        with capture_logs() as logs:
            async with working(queue):
                await queue.wake(Kind.DRAIN, ["a"])
                await recorder.ends(1)
                switch(False)
                while not any("asked again" in log["event"] for log in logs):
                    await turns()

    assert recorder.calls == ["a"]


async def test_the_log_of_the_queue_is_emptied_again_and_again(
    postgres_url: str, recorder: Recorder, database: asyncpg.Connection[Any]
) -> None:
    queue = DistributedDispatch(postgres_url, Hasty())
    queue.on(Kind.DRAIN, recorder, 50)
    async with working(queue):
        await queue.wake(Kind.DRAIN, [str(number) for number in range(100)])
        await recorder.ends(100)
        async with asyncio.timeout(SOON):
            while await database.fetchval("SELECT count(*) FROM pgqueuer_log"):
                await turns()

    assert len(set(recorder.calls)) == 100
