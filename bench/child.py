"""A measured function runs in a fresh process: `run` starts it, and `python -m bench.child` is that process."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER = "bench: "


class ChildFailedError(RuntimeError):
    """A measured process ended before its answer; the text holds its last words."""


def run(function: Callable[..., Any], *args: Any) -> Any:
    """Return what the function, which stands at the top of a module, returns in a process of its own: JSON."""
    name = f"{function.__module__}:{function.__qualname__}"
    command = [sys.executable, "-m", "bench.child", name, json.dumps(args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # it is our own program
    for line in done.stdout.splitlines():
        if line.startswith(ANSWER):
            return json.loads(line.removeprefix(ANSWER))
    raise ChildFailedError(f"{name} ended with {done.returncode}:\n{done.stderr[-4_000:]}")


def main(name: str, given: str) -> None:
    """Call the function and print its answer."""
    module, _, function = name.partition(":")
    answer = getattr(importlib.import_module(module), function)(*json.loads(given))
    if inspect.iscoroutine(answer):
        answer = asyncio.run(answer)
    print(ANSWER + json.dumps(asdict(answer) if isinstance(answer, Meter) else answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
