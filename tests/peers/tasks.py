"""Functions for the worker process, most of them ill-behaved."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.errors import RateLimitedError, RejectedError


def echo(value: Any) -> Any:
    return value


def identity() -> int:
    return os.getpid()


def refuse(code: str) -> None:
    raise RejectedError("This is no feed.", code=code)


def rate_limit(until: Any) -> None:
    raise RateLimitedError("Wait.", until=until, scope="platform")


def stumble() -> None:
    raise ValueError("an unforeseen document")


def loop_for_ever() -> None:
    while True:
        pass


def wait_for_ever() -> None:
    signal.pause()


def take_at_once(size: int) -> int:
    return len(bytes(size))


def take_little_by_little() -> None:
    kept = []
    while True:
        kept.append(bytes(10_000_000))


def leave(status: int) -> None:
    os._exit(status)


def leave_politely() -> None:
    sys.exit(3)


def read_nowhere() -> bytes:
    return ctypes.string_at(0)


def end_by(number: int) -> None:
    os.kill(os.getpid(), number)


def return_a_function() -> Any:
    return lambda: None


def return_a_stranger() -> Fraction:
    return Fraction(1, 3)


def return_a_system_call() -> Any:
    return os.system


def print_much() -> str:
    print("x" * 100_000)  # noqa: T201 - the point of it
    os.write(1, b"not a reply")
    return "done"


def write_a_file(path: str) -> int:
    with Path(path).open("wb", buffering=0) as file:
        return file.write(b"x")


def read_the_input() -> bytes:
    return os.read(0, 1)


def open_files() -> list[str]:
    links = Path("/proc/self/fd").iterdir()
    return sorted(str(link.readlink()) for link in links if link.is_symlink())


def environment() -> dict[str, str]:
    return dict(os.environ)


def limits() -> dict[str, Any]:
    """Return what bounds this task: seconds until the alarm, seconds of CPU left, bytes of memory, core, files."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    cpu = resource.getrlimit(resource.RLIMIT_CPU)[0] - spent.ru_utime - spent.ru_stime
    return {
        "alarm": signal.alarm(0),
        "cpu": cpu,
        "memory": resource.getrlimit(resource.RLIMIT_AS),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "file": resource.getrlimit(resource.RLIMIT_FSIZE),
    }
