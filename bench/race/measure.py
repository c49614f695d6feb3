"""The race: every course, everybody in turn, and what is wanted of Chappe among them."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import psutil
from rich.console import Console
from rich.table import Table

from bench import peers
from bench.figures import Figure
from bench.race.contestants import Celery, Embedded, Naive, contestants
from bench.race.course import COURSES, Arrivals, Course, Place, Result, used

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.race.contestants import Contestant, Program
    from bench.setting import Bench

    Results = dict[tuple[str, str], Result]

LOOK_EVERY = 0.05
PATIENCE = 240.0
REST = 10.0
"""Seconds after which a process that has nothing to do has started."""
NOTHING = Course("nothing", 0, 0, 0)
NODE_RED_MS, N8N_MS, SCRIPT_MS = 0.57, 3.7, 0.6
"""CPU for a post of `20 items to 200 sinks` that Node-RED, n8n 2.41 and the script needed where all three ran."""


class Run:
    """The processes of one contestant on one course."""

    def __init__(self, programs: Sequence[Program], place: Place) -> None:
        self._programs = programs
        self._log = place.folder / "log"
        self._groups: list[subprocess.Popen[bytes]] = []
        self._spent = 0.0
        self.memory = 0

    def start(self) -> None:
        """Start them all."""
        self._groups = [program.start(self._log) for program in self._programs]

    def cpu(self) -> float:
        """Return the CPU seconds of all that ran, and remember the most memory."""
        cpu, memory = used(psutil.Process(group.pid) for group in self._groups if group.poll() is None)
        self.memory = max(self.memory, memory)
        return self._spent + cpu

    def check(self) -> None:
        """Raise RuntimeError with the last words of one that failed."""
        if any(group.poll() for group in self._groups):
            raise RuntimeError(f"A process failed:\n{self._log.read_text()[-4_000:]}")

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End them and all that they started."""
        self._spent = self.cpu()
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group.pid, how)
            group.wait()
        self._groups = []


def measure(bench: Bench) -> Iterator[Figure]:
    """Let everybody run every course once a round, print the table, and compare."""
    folder = bench.folder / "race"
    folder.mkdir()
    courses = [course.smaller(bench.sizes.smaller) for course in COURSES]
    with contestants(folder) as (racing, missing):
        for sentence in missing:
            bench.say(sentence)
        resting = {one.name: run(one, NOTHING, folder, 0.0).cpu for one in racing if one.polls}
        results: Results = {}
        for course in courses:
            for one in racing:
                if not one.polls and course.killed:
                    continue
                bench.say(f"race: {course.name}: {one.name}")
                results[course.name, one.name] = run(one, course, folder, resting.get(one.name, 0.0))
    Console(width=150).print(drawn(results))
    yield from compared(results, [course.name for course in courses])


def run(one: Contestant, course: Course, folder: Path, resting: float) -> Result:
    """Let one run over a course in a folder of its own."""
    ground = folder / "ground"
    shutil.rmtree(ground, ignore_errors=True)
    ground.mkdir()
    journal = ground / "journal"
    with ExitStack() as stack:
        sink = stack.enter_context(peers.receiver(journal, mode=one.mode))
        place = Place(ground, stack.enter_context(peers.feeds()), sink)
        running = Run(one.programs(place, course), place)
        stack.callback(running.end)
        arrivals = Arrivals(journal)
        begun = time.perf_counter()
        running.start()
        if not course.posts:
            time.sleep(REST)
            return Result(0, 0, running.cpu(), running.memory, 0, 0, 0)
        first, last = _watched(running, arrivals, course, one.quiet)
        cpu = running.cpu() - resting * (1 + course.killed)
        arrived, doubled = arrivals.tally()
        return Result(first - begun, last - begun, cpu, running.memory, arrived, course.posts - arrived, doubled)


def _watched(running: Run, arrivals: Arrivals, course: Course, quiet: float) -> tuple[float, float]:
    """Look until all is there, or nothing comes any more; return when the first and the last came."""
    first = last = 0.0
    begun = moved = time.perf_counter()
    seen, killed = 0, False
    while (now := time.perf_counter()) - begun < PATIENCE:
        running.cpu()
        count = arrivals.look()
        if count > seen:
            first = first or now
            seen, last, moved = count, now, now
        if course.killed and not killed and seen >= course.posts // 2:
            killed, moved = True, now
            running.end(signal.SIGKILL)
            running.start()
        if not course.killed and seen >= course.posts:
            break
        if seen and now - moved > quiet:
            break
        running.check()
        time.sleep(LOOK_EVERY)
    return first, last


def drawn(results: Results) -> Table:
    """Lay out what everybody came to."""
    table = Table("course", "who", "posts/s", "CPU s / 1,000", "MB", "first after s", "lost", "doubled",
                  title="The race", title_justify="left")  # fmt: skip
    for (course, who), it in results.items():
        table.add_row(course, who, f"{it.rate:.0f}", f"{it.cpu_per_thousand():.2f}", f"{it.memory / 1e6:.0f}",
                      f"{it.first:.1f}", str(it.lost), str(it.doubled))  # fmt: skip
    return table


def compared(results: Results, courses: Sequence[str]) -> Iterator[Figure]:
    """Compare what the design compares: on `20 items to 200 sinks`, and after a kill.

    What was measured elsewhere is set against the script, which ran there too.
    """
    wide, killed = courses[1], courses[-1]
    alone, one, two = (result for (course, who), result in results.items() if course == wide and "Chappe" in who)
    yield Figure("one worker on PostgreSQL: rate against embedded", one.rate / alone.rate, 0.6, "least")
    yield Figure("two workers on PostgreSQL: rate against one", two.rate / one.rate, 1.3, "least")
    cost, script = (results[wide, name].cpu_per_thousand() for name in (Embedded.name, Naive.name))
    if celery := results.get((wide, Celery.name)):
        yield Figure("CPU for a post against Celery's", cost / celery.cpu_per_thousand(), 0.2)
    for name, elsewhere, wanted in (("n8n", N8N_MS, 0.2), ("Node-RED", NODE_RED_MS, 1)):
        detail = f"{cost:.2f} ms; script {script:.2f} ms, there {SCRIPT_MS} ms, and {name} {elsewhere} ms"
        yield Figure(f"CPU for a post against {name}'s", cost / (elsewhere * script / SCRIPT_MS), wanted, detail=detail)
    gone = [it.lost + it.doubled for (course, who), it in results.items() if course == killed and "Chappe" in who]
    yield Figure("lost or doubled by kill -9 halfway", sum(gone), 0, unit="posts")
