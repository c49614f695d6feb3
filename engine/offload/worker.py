"""The worker process: does one task after another, within limits, until its input ends.

Run as a script by `engine.offload.offload`, so it imports next to nothing until a task names a function. Tasks come on
the standard input and replies leave on the standard output, each a pickle with its length before it; what a function
prints goes nowhere. When the parent ends, so does the input, and with it the worker.
"""

from __future__ import annotations

import importlib
import os
import pickle
import resource
import signal
import struct
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.errors import ChappeError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import BinaryIO

LENGTH = struct.Struct(">Q")
GRACE_SECONDS = 5
_OPEN_FILES = 64
_MESSAGE = 300


def main() -> None:
    """Serve the parent; the first argument is how many bytes of address space there are."""
    tasks, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    _limit(int(sys.argv[1]))
    sys.excepthook = partial(_tell, replies)
    _reply(replies, "ready", None)
    while length := tasks.read(LENGTH.size):
        name, args, seconds = pickle.loads(tasks.read(*LENGTH.unpack(length)))  # noqa: S301 - our own parent wrote it
        _reply(replies, *_perform(name, args, seconds))


def _limit(memory: int) -> None:
    """Take what a task must not have: more memory, a file to write, a core dump, a share of the terminal."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))


def _perform(name: str, args: tuple[Any, ...], seconds: float) -> tuple[str, Any]:
    _allow(seconds)
    module, _, function = name.partition(":")
    try:
        return "done", getattr(importlib.import_module(module), function)(*args)
    except ChappeError as error:
        return "raised", (type(error), error.args, vars(error))
    except MemoryError:
        return "memory", None
    finally:
        signal.alarm(0)


def _allow(seconds: float) -> None:
    """Let the system end this process when it works or waits for longer, even if the parent is gone or busy."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    most = int(spent.ru_utime + spent.ru_stime + seconds) + GRACE_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
    signal.alarm(int(seconds) + GRACE_SECONDS)


def _reply(replies: BinaryIO, outcome: str, value: Any) -> None:
    content = pickle.dumps((outcome, value), pickle.HIGHEST_PROTOCOL)
    replies.write(LENGTH.pack(len(content)) + content)
    replies.flush()


def _tell(replies: BinaryIO, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what ends this process, and where: an error that nobody foresaw."""
    place = ""
    while trace is not None:
        place = f" ({os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno})"  # noqa: PTH119
        trace = trace.tb_next
    outcome = "memory" if issubclass(kind, MemoryError) else "crash"
    _reply(replies, outcome, f"{kind.__name__}: {error}"[:_MESSAGE] + place)


if __name__ == "__main__":
    main()
