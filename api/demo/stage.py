"""The processes of the demo: the sandbox that plays the outside, `chappe up`, and the commands that people type."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from engine.errors import ChappeError

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

START_WITHIN = 60.0
STOP_WITHIN = 20.0
READY = b"Chappe is ready: "


class StageError(ChappeError):
    """A process of the demo did not start; the text has its last words."""


@asynccontextmanager
async def sandbox() -> AsyncIterator[str]:
    """Run the sandbox on a free port and give its address; it ends with us, however we end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "--port", "0", "--until-stdin-ends",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with _ended(process):
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        async with asyncio.timeout(START_WITHIN):
            first = await process.stdout.readline()
        if not first:
            message = "The sandbox did not start: run `python -m sandbox` to see why."
            raise StageError(message)
        yield str(json.loads(first)["url"])


@asynccontextmanager
async def up(settings: Mapping[str, str], log: Path) -> AsyncIterator[str]:
    """Run `chappe up` with these settings, its log in a file, and give its address once it is ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api.cli.main", "up",
        env=_environment(settings), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with _ended(process):
        assert process.stderr is not None  # noqa: S101  # it is a pipe
        with log.open("wb") as file:
            async with asyncio.timeout(START_WITHIN):
                line = b"it said nothing"
                while True:
                    last, line = line, await process.stderr.readline()
                    file.write(line)
                    file.flush()
                    if line.startswith(READY):
                        break
                    if not line:
                        message = f"`chappe up` did not start: {last.decode().strip()}"
                        raise StageError(message)
            copying = asyncio.create_task(_copy(process.stderr, log))
            try:
                yield line.removeprefix(READY).split()[0].decode()
            finally:
                copying.cancel()


async def chappe(settings: Mapping[str, str], *words: str) -> str:
    """Run a command as a person would, and return what it prints; raises StageError where it is refused."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api.cli.main", *words, env=_environment(settings),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with _ended(process), asyncio.timeout(START_WITHIN):
        out, errors = await process.communicate()
    if process.returncode:
        message = f"`chappe {' '.join(words)}` ended with {process.returncode}: {(errors or out).decode().strip()}"
        raise StageError(message)
    return out.decode()


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process of ours: what this machine is set to for another instance is left out."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CHAPPE_")} | dict(settings)


async def _copy(stream: asyncio.StreamReader, log: Path) -> None:
    """Keep the pipe from filling."""
    with log.open("ab") as file:
        while line := await stream.readline():
            file.write(line)
            file.flush()


@asynccontextmanager
async def _ended(process: Process) -> AsyncIterator[None]:
    """End a process with the block: first kindly, then not."""
    try:
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_WITHIN):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
