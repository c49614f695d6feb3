"""The one place that starts git: without the machine's settings, hooks, questions or other protocols, and within caps.

Whatever a repository holds, git runs nothing of it: nothing is checked out, so there are no hooks, filters, links or
submodules; every setting is ours. Flags and variables are those of git 2.39; an older git refuses some of them.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.errors import ChappeError

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping
    from pathlib import Path

BLOCK: Final = 512
"""Bytes of a block of `ulimit -f`, as POSIX says."""

_LIMITED: Final = 'ulimit -f "$0" && exec git "$@"'
_NOT_FOUND: Final = 127
_TAIL: Final = 4_000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_ENVIRONMENT: Final = {
    "LC_ALL": "C",
    "GIT_ASKPASS": "true",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_SSH_COMMAND": "false",
    "GIT_TERMINAL_PROMPT": "0",
}


class GitError(ChappeError):
    """A repository cannot be read; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What a repository may cost: seconds of one command, bytes of one file that git writes, of files, and of all."""

    seconds: float = 60.0
    disk: int = 64_000_000
    files: int = 2_000
    bytes: int = 32_000_000


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in a folder of ours; `protocol` is the only one that it may speak."""

    folder: Path
    settings: Path
    protocol: str
    caps: Caps

    async def run(self, *arguments: str, given: bytes = b"", most: int = 1_000_000) -> bytes:
        """Run a command and return what it printed, at most so many bytes; raises GitError."""
        process = await asyncio.create_subprocess_exec(
            "/bin/sh",
            *("-c", _LIMITED, str(self.caps.disk // BLOCK), *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.folder,
            env=self._environment(),
            start_new_session=True,  # so that its helpers end with it
        )
        try:
            async with asyncio.timeout(self.caps.seconds):
                printed, said, _ = await asyncio.gather(_printed(process, most), _said(process), _feed(process, given))
                code = await process.wait()
        except TimeoutError:
            sentence = "the server is too slow, or the repository too large."
            raise GitError(f"git did not end within {self.caps.seconds:.0f} s: {sentence}") from None
        finally:
            await _end(process)
        if code:
            raise _refusal(code, said, self.caps)
        return printed

    def _environment(self) -> Mapping[str, str]:
        return {
            **_ENVIRONMENT,
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "GIT_ALLOW_PROTOCOL": self.protocol,
            "GIT_CEILING_DIRECTORIES": str(self.folder.parent),
            "GIT_CONFIG_GLOBAL": str(self.settings),
        }


async def _printed(process: Process, most: int) -> bytes:
    printed = bytearray()
    while process.stdout and (part := await process.stdout.read(65_536)):
        printed += part
        if len(printed) > most:
            raise GitError(f"The repository holds too much: its listing is longer than {most // 1000} kB.")
    return bytes(printed)


async def _said(process: Process) -> str:
    tail = b""
    while process.stderr and (part := await process.stderr.read(65_536)):
        tail = (tail + part)[-_TAIL:]
    return tail.decode(errors="replace")


async def _feed(process: Process, given: bytes) -> None:
    if process.stdin is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):  # it has ended; its code says why
        process.stdin.write(given)
        await process.stdin.drain()
    process.stdin.close()


async def _end(process: Process) -> None:
    """End what still runs of a command, helpers included."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _refusal(code: int, said: str, caps: Caps) -> GitError:
    if code == _NOT_FOUND:
        return GitError("git is not installed on this machine: install it, or sync a folder instead.")
    if "fsck error" not in said and any(sign in said for sign in _BROKEN_OFF):
        return GitError(
            f"The repository needs more than {caps.disk // 1_000_000} MB at one commit, or its server broke off. "
            "Keep mappings in a repository of their own, without large files."
        )
    for sign, sentence in _SENTENCES.items():
        if sign in said:
            return GitError(sentence)
    lines = [line for line in said.splitlines() if line.startswith(("fatal:", "error:"))] or said.splitlines()
    word = _CONTROL.sub(" ", lines[0].partition(": ")[2] or lines[0])[:300] if lines else f"exit code {code}"
    return GitError(f"git cannot read the repository: {word.strip().rstrip('.')}.")


_BROKEN_OFF: Final = ("File too large", "died of signal", "invalid index-pack output", "index-pack failed")
_SENTENCES: Final = {
    "could not read Username": (
        "The repository is private, or there is none at this address: keep a token that may read it with "
        "`chappe secrets set NAME`, and name it with --secret NAME."
    ),
    "Authentication failed": "The repository refuses the token: make a new one, and set the secret again.",
    "not appear to be a git repository": "There is no git repository at this address.",
    "redirect": "The address leads on to another one, which is not followed: write the address where it ends.",
}
