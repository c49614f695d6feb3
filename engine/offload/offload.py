"""Hand a function and its arguments to the worker, and take back what it made of them."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from engine.errors import ChappeError, RejectedError, TransientError
from engine.offload import worker
from engine.offload.reply import OURS, UnreadableReplyError, read_reply
from engine.offload.worker import LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
Reason = Literal["timeout", "memory", "crash"]

_SCRIPT = worker.__file__
_LAST_SECONDS = 2.0
_START_SECONDS = 20.0
_REPLY_BYTES = 64_000_000
_TASKS = 1_000
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ", "TMPDIR")
_OVERTIME = frozenset({-signal.SIGXCPU, -signal.SIGALRM})


class OffloadError(RejectedError):
    """A task broke its limits or its worker; `reason`, also its `code`, is `timeout`, `memory` or `crash`."""

    def __init__(self, message: str, *, reason: Reason) -> None:
        super().__init__(message, code=reason)
        self.reason = reason


class Offload:
    """Runs functions in one worker process, one at a time; started at the first task, and anew after a failure.

    `memory` is the address space that the worker may take, in bytes.
    """

    def __init__(self, *, memory: int = 1 << 30) -> None:
        self._memory = memory
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._done = 0

    async def run(self, function: Callable[..., T], *args: Any, timeout: float = 20.0) -> T:  # noqa: ASYNC109
        """Return `function(*args)`; the function stands at the top of a module, and all is picklable.

        The result may hold values, and instances of classes of ours and of the function's own package. Raises the
        ChappeError that the function raised, OffloadError when it broke its limits (within `timeout` seconds, waiting
        for other tasks not counted) or failed in another way, and TransientError when no worker could be started.
        """
        if function.__qualname__ != function.__name__ or function.__module__ == "__main__":
            raise ValueError(f"{function.__qualname__} does not stand at the top of a module that can be imported.")
        return cast("T", await self.run_named(function.__module__, function.__name__, *args, timeout=timeout))

    async def run_named(self, module: str, name: str, *args: Any, timeout: float = 20.0) -> Any:  # noqa: ASYNC109
        """Do what `run` does, by a module that the worker alone imports: its libraries cost nothing here."""
        task = pickle.dumps((f"{module}:{name}", args, timeout), pickle.HIGHEST_PROTOCOL)
        async with self._turn:
            outcome, value = await self._perform(task, timeout, _packages(module))
        if outcome != "done":
            raise self._failure(name, outcome, value, timeout)
        return value

    async def stop(self) -> None:
        """End the worker; it holds nothing that would be lost. The next task starts another."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
        async with self._turn:  # a task that was under way has left by then, and one that waited has been served
            await self._discard(process)
            await self._discard(self._process)

    async def _perform(self, task: bytes, seconds: float, packages: frozenset[str]) -> tuple[str, Any]:
        if self._process is None or self._process.returncode is not None:
            self._process = await self._start()
        process = self._process
        outcome, value = "crash", None
        try:
            async with asyncio.timeout(seconds):
                reply = await _ask(process, task)
            outcome, value = read_reply(reply, packages)
        except TimeoutError:
            outcome = "timeout"
        except (asyncio.IncompleteReadError, ConnectionError):
            outcome, value = await _ending(process) if self._process is process else ("stopped", None)
        except UnreadableReplyError as error:
            value = f"its reply cannot be used, {error}"
        finally:
            self._done += 1
            if outcome not in {"done", "raised"} or self._done >= _TASKS:
                await self._discard(process)
        return outcome, value

    async def _discard(self, process: Process | None) -> None:
        if self._process is process:
            self._process = None
        if process is not None:
            await _end(process)

    def _failure(self, name: str, outcome: str, value: Any, seconds: float) -> ChappeError:
        if outcome == "raised":
            return cast("ChappeError", value)
        if outcome == "stopped":
            return TransientError(f"{name} was stopped together with Chappe.")
        if outcome == "timeout":
            return OffloadError(f"{name} came to no end within {seconds:g} s and was stopped.", reason="timeout")
        if outcome == "memory":
            return OffloadError(
                f"{name} needed more than the {self._memory / 1e9:.1f} GB that it may take and was stopped.",
                reason="memory",
            )
        return OffloadError(f"{name} could not cope with what it was given: {value}.", reason="crash")

    async def _start(self) -> Process:
        process = None
        ready = False
        try:
            process = await _spawn(self._memory)
            async with asyncio.timeout(_START_SECONDS):
                await _receive(process)
            ready = True
        except (OSError, EOFError, TimeoutError) as error:
            raise TransientError(
                f"The worker process that reads documents could not be started ({type(error).__name__})."
            ) from error
        finally:
            if process is not None and not ready:
                await _end(process)
        self._done = 0
        return process


async def _spawn(memory: int) -> Process:
    # Without the user's own modules (-s), the script's folder (-P) and byte code to write (-B).
    command = (sys.executable, "-s", "-P", "-B", _SCRIPT, str(memory))
    # A session of its own: Ctrl-C in the terminal is for us, who end the worker.
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment(), cwd="/", start_new_session=True
    )


def _environment() -> dict[str, str]:
    """Return what the worker needs to find the same modules as we do, and nothing of our settings."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(os.path.abspath(entry) for entry in sys.path)}  # noqa: PTH100


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()  # what it had still said is read, so that its pipes close


async def _ask(process: Process, task: bytes) -> bytes:
    pipe = cast("asyncio.StreamWriter", process.stdin)
    pipe.write(LENGTH.pack(len(task)) + task)
    await pipe.drain()
    return await _receive(process)


async def _receive(process: Process) -> bytes:
    pipe = cast("asyncio.StreamReader", process.stdout)
    (length,) = LENGTH.unpack(await pipe.readexactly(LENGTH.size))
    if length > _REPLY_BYTES:
        raise UnreadableReplyError(f"it has {length:,} bytes")
    return await pipe.readexactly(length)


async def _ending(process: Process) -> tuple[str, str]:
    """Return the outcome of a task that ended its worker."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_SECONDS):
            await process.wait()
    status = process.returncode
    if status is None:
        return "crash", "its process stopped listening"
    if status in _OVERTIME:
        return "timeout", ""
    if status == -signal.SIGKILL:  # not by us: so the system does when its memory runs out
        return "memory", ""
    return "crash", f"its process ended with {signal.Signals(-status).name if status < 0 else f'status {status}'}"


def _packages(module: str) -> frozenset[str]:
    """Return whose classes the reply may hold: ours, and those of a connector that is installed beside us."""
    return OURS | ({module.partition(".")[0]} - sys.stdlib_module_names)
