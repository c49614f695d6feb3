"""Whatever a function does in the worker, the caller gets a result or an error, and the next task is served."""

from __future__ import annotations

import asyncio
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import ChappeError, RateLimitedError, RejectedError, TransientError
from engine.model.post import Post
from engine.offload import Offload, OffloadError
from engine.offload.reply import OURS, UnreadableReplyError, read_reply
from tests.peers import modules, parsing, tasks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


@pytest.fixture
async def offload() -> AsyncIterator[Offload]:
    offload = Offload()
    yield offload
    await offload.stop()


def ended(pid: int) -> bool:
    """Wait until a process, of whomever, has ended; False when it has not within 10 s."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    found = bool(poll.poll(10_000))
    os.close(handle)
    return found


@pytest.mark.parametrize(
    "value", [None, "é", b"\x00" * 5_000_000, [1, {"a": (2.5, {3})}], datetime(2026, 3, 1, tzinfo=UTC)]
)
async def test_a_value_comes_back_as_it_went(offload: Offload, value: Any) -> None:
    assert await offload.run(tasks.echo, value) == value


async def test_classes_of_ours_and_of_the_functions_package_come_back(offload: Offload) -> None:
    found = await offload.run(parsing.find, "News", "k1")

    assert isinstance(found, parsing.Found)
    assert isinstance(found.posts[0], Post)
    assert found.posts[0].published_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


async def test_errors_of_ours_come_back_as_they_are(offload: Offload) -> None:
    until = datetime(2026, 3, 1, tzinfo=UTC)
    first = await offload.run(tasks.identity)

    with pytest.raises(RejectedError, match=r"This is no feed\.") as rejected:
        await offload.run(tasks.refuse, "not_a_feed")
    with pytest.raises(RateLimitedError) as limited:
        await offload.run(tasks.rate_limit, until)

    assert rejected.value.code == "not_a_feed"
    assert (limited.value.until, limited.value.wait, limited.value.scope) == (until, None, "platform")
    assert await offload.run(tasks.identity) == first


@pytest.mark.parametrize(
    ("function", "args", "reason", "told"),
    [
        (tasks.loop_for_ever, (), "timeout", r"loop_for_ever came to no end within 0\.3 s"),
        (tasks.wait_for_ever, (), "timeout", r"no end within 0\.3 s"),
        (tasks.take_at_once, (4 << 30,), "memory", r"more than the 1\.1 GB"),
        (tasks.end_by, (signal.SIGKILL,), "memory", "more than"),
        (tasks.end_by, (signal.SIGXCPU,), "timeout", "no end"),
        (tasks.end_by, (signal.SIGALRM,), "timeout", "no end"),
        (tasks.leave, (3,), "crash", "ended with status 3"),
        (tasks.leave_politely, (), "crash", "ended with status 3"),
        (tasks.read_nowhere, (), "crash", "ended with SIGSEGV"),
        (tasks.end_by, (signal.SIGABRT,), "crash", "ended with SIGABRT"),
        (tasks.stumble, (), "crash", r"ValueError: an unforeseen document \(tasks.py, line \d+\)"),
        (tasks.return_a_function, (), "crash", "pickle"),
        (tasks.return_a_stranger, (), "crash", r"it names fractions\.Fraction"),
        (tasks.return_a_system_call, (), "crash", r"it names posix\.system"),
    ],
)
async def test_what_breaks_its_limits_is_told_and_the_next_task_is_served(
    offload: Offload, function: Callable[..., Any], args: tuple[Any, ...], reason: str, told: str
) -> None:
    before = await offload.run(tasks.identity)

    with pytest.raises(OffloadError, match=told) as broken:
        await offload.run(function, *args, timeout=0.3)

    assert (broken.value.reason, broken.value.code) == (reason, reason)
    assert ended(before)
    assert await offload.run(tasks.echo, "next") == "next"


async def test_memory_taken_little_by_little_is_capped_too() -> None:
    offload = Offload(memory=300_000_000)
    with pytest.raises(OffloadError, match=r"0\.3 GB") as broken:
        await offload.run(tasks.take_little_by_little)
    await offload.stop()

    assert broken.value.reason == "memory"


async def test_a_reply_without_measure_is_refused() -> None:
    offload = Offload()
    with pytest.raises(OffloadError, match="bytes") as broken:
        await offload.run(tasks.echo, b"x" * 64_000_001)
    await offload.stop()

    assert broken.value.reason == "crash"


async def test_what_a_function_prints_disturbs_nothing(offload: Offload) -> None:
    assert await offload.run(tasks.print_much) == "done"
    assert await offload.run(tasks.read_the_input) == b""
    assert await offload.run(tasks.echo, 1) == 1


async def test_no_file_is_written(offload: Offload, tmp_path: Path) -> None:
    with pytest.raises(OffloadError, match="OSError"):
        await offload.run(tasks.write_a_file, str(tmp_path / "left"))

    assert not (tmp_path / "left").exists() or (tmp_path / "left").stat().st_size == 0


async def test_every_limit_is_set(offload: Offload) -> None:
    limits = await offload.run(tasks.limits, timeout=7)

    assert limits["alarm"] == 12
    assert 10 < limits["cpu"] <= 13
    assert limits["memory"] == (1 << 30, 1 << 30)
    assert limits["core"] == limits["file"] == (0, 0)


async def test_the_worker_inherits_no_socket_no_file_and_no_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHAPPE_DATABASE_URL", "postgresql://chappe:canary@db/chappe")
    offload = Offload()
    with socket.create_server(("127.0.0.1", 0)) as server, (tmp_path / "chappe.lock").open("w") as lock:
        server.set_inheritable(True)
        os.set_inheritable(lock.fileno(), True)

        opened = await offload.run(tasks.open_files)
        environment = await offload.run(tasks.environment)
        await offload.stop()

    assert not [link for link in opened if "socket" in link or "chappe" in link]
    assert len([link for link in opened if "pipe" in link]) <= 2
    assert "canary" not in str(environment)


async def test_the_worker_imports_next_to_nothing_by_itself() -> None:
    offload = Offload()
    loaded = set(await offload.run(modules.loaded))
    await offload.stop()

    assert loaded.isdisjoint({"asyncio", "pydantic", "sqlalchemy", "aiohttp", "httpx", "feedparser"})


async def test_the_caller_stays_responsive(offload: Offload) -> None:
    work = asyncio.create_task(offload.run(tasks.loop_for_ever, timeout=0.3))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1

    assert turns > 100
    with pytest.raises(OffloadError):
        await work


async def test_tasks_are_done_by_one_process_in_turn(offload: Offload) -> None:
    assert len(set(await asyncio.gather(*(offload.run(tasks.identity) for _ in range(20))))) == 1


async def test_a_worker_is_replaced_after_many_tasks(offload: Offload) -> None:
    seen = {await offload.run(tasks.identity) for _ in range(1_100)}

    assert len(seen) == 2


async def test_cancelling_ends_the_task_with_its_process(offload: Offload) -> None:
    before = await offload.run(tasks.identity)
    work = asyncio.create_task(offload.run(tasks.wait_for_ever))
    waiting = asyncio.create_task(offload.run(tasks.echo, "waited"))
    await asyncio.sleep(0)
    work.cancel()

    assert await waiting == "waited"
    assert work.cancelled()
    assert ended(before)


async def test_a_worker_that_died_while_idle_is_replaced_unnoticed(offload: Offload) -> None:
    before = await offload.run(tasks.identity)
    os.kill(before, signal.SIGKILL)
    assert ended(before)
    assert offload._process is not None  # noqa: SLF001 - until the loop has heard of it
    await offload._process.wait()  # noqa: SLF001

    assert await offload.run(tasks.identity) != before


async def test_stopping_ends_the_worker_and_a_task_under_way_may_be_tried_again(offload: Offload) -> None:
    before = await offload.run(tasks.identity)
    work = asyncio.create_task(offload.run(tasks.wait_for_ever))
    await asyncio.sleep(0)
    await offload.stop()

    with pytest.raises(TransientError, match="together with Chappe"):
        await work
    assert ended(before)


def test_the_worker_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, os, signal\n"
        "from engine.offload import Offload\n"
        "async def main():\n"
        "    print(await Offload().run(os.getpid), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n",
        encoding="utf-8",
    )
    parent = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, check=False)

    assert parent.returncode == -signal.SIGKILL
    assert ended(int(parent.stdout))


async def test_a_worker_that_cannot_start_is_tried_again_later() -> None:
    offload = Offload(memory=1 << 80)  # which no system grants
    with pytest.raises(TransientError, match="could not be started"):
        await offload.run(tasks.echo, 1)


async def test_a_function_that_cannot_be_named_is_a_mistake_of_the_caller(offload: Offload) -> None:
    with pytest.raises(ValueError, match="top of a module"):
        await offload.run(lambda: None)


class _Calls:
    """Pickles as a call of something."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self._reduced = (function, args)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._reduced


@pytest.mark.parametrize(
    "value",
    [
        ("done", _Calls(os.system, "true")),
        ("done", _Calls(getattr, "text", "upper")),
        ("done", _Calls(eval, "1")),
        ("done", _Calls(subprocess.Popen, ["true"])),
        ("done", OffloadError),
        ("raised", (ValueError, (), {})),
        ("raised", (Post, (), {})),
        ("raised", "nonsense"),
        "one thing",
        ("done", 1, 2),
    ],
)
def test_a_reply_that_acts_or_makes_no_sense_is_not_read(value: Any) -> None:
    allowed = OURS if value != ("done", OffloadError) else frozenset({"tests"})
    with pytest.raises(UnreadableReplyError):
        read_reply(pickle.dumps(value), allowed)


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x80\x05.", b"junk", pickle.dumps(("done", 1))[:-1]])
def test_a_reply_that_is_no_pickle_is_not_read(content: bytes) -> None:
    with pytest.raises(UnreadableReplyError):
        read_reply(content, OURS)


def test_a_name_within_a_class_of_ours_is_not_read() -> None:
    dotted = b"\x80\x04\x8c\x06engine\x8c\x07errors.\x93."
    imported = b"cengine.offload.reply\nio\n."
    foreign = b"cengine.offload.offload\nProcess\n."
    for content in (dotted, imported, foreign):
        with pytest.raises(UnreadableReplyError):
            read_reply(content, OURS)


def test_a_broken_limit_is_a_refusal_of_what_was_given() -> None:
    broken = OffloadError("It took too long.", reason="timeout")

    assert isinstance(broken, RejectedError)
    assert isinstance(broken, ChappeError)
