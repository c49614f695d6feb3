"""What a piece of work costs this process."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(slots=True)
class Meter:
    """`with Meter() as meter` measures this process: seconds of all its threads' CPU, and of the wall clock."""

    cpu: float = 0.0
    wall: float = 0.0

    def __enter__(self) -> Self:
        self.cpu, self.wall = _cpu(), time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cpu, self.wall = _cpu() - self.cpu, time.perf_counter() - self.wall


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
