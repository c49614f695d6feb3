"""The processes of one who races: started, watched, killed, ended."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Sequence

    from bench.race.contestants import Program
    from bench.race.course import Place


class Run:
    """The processes of one contestant on one course."""

    def __init__(self, programs: Sequence[Program], place: Place) -> None:
        self._programs = programs
        self._log = place.folder / "log"
        self._groups: list[subprocess.Popen[bytes]] = []
        self._spent = 0.0
        self._starts = 0
        self.memory = 0

    @property
    def starts(self) -> float:
        """How often everything was started; half of it counts half."""
        return self._starts / len(self._programs)

    def start(self) -> None:
        """Start them all."""
        self._groups = [program.start(self._log) for program in self._programs]
        self._starts += len(self._groups)

    def cpu(self) -> float:
        """Return the CPU seconds of all that ran, and remember the most memory."""
        cpu, memory = used(psutil.Process(group.pid) for group in self._groups)
        self.memory = max(self.memory, memory)
        return self._spent + cpu

    def check(self) -> None:
        """Raise RuntimeError with the last words of one that failed.

        One that has ended is left to be looked at: what it used is known until it is waited for.
        """
        looking = os.WEXITED | os.WNOHANG | os.WNOWAIT
        ends = [os.waitid(os.P_PID, group.pid, looking) for group in self._groups]
        if any(end and end.si_status for end in ends):
            raise RuntimeError(f"A process failed:\n{self._log.read_text()[-4_000:]}")

    def kill(self) -> None:
        """Kill one and all that it started; the others go on, and where there is none it is started again."""
        killed, *others = self._groups
        self._groups = [killed]
        self.end()
        self._groups = others
        if not others:
            self.start()

    def end(self) -> None:
        """End them and all that they started."""
        self._spent = self.cpu()
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group.pid, signal.SIGKILL)
            group.wait()
        self._groups = []


def used(processes: Iterable[psutil.Process]) -> tuple[float, int]:
    """Return the CPU seconds and the resident bytes of processes and of all that they started."""
    cpu, memory = 0.0, 0
    for process in processes:
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                cpu += times.user + times.system
                memory += one.memory_info().rss
    return cpu, memory
