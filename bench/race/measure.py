"""The race: every course, everybody in turn, and what is wanted of Chappe among them."""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
from rich.console import Console
from rich.table import Table

from bench import peers
from bench.figures import Figure
from bench.race.contestants import LULL, Celery, Embedded, Naive, contestants
from bench.race.course import COURSES, Arrivals, Course, Place, Result
from bench.race.running import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.race.contestants import Contestant
    from bench.setting import Bench

    Results = dict[tuple[str, str], Result]

LOOK_EVERY = 0.05
PATIENCE = 240.0
LEAST = 0.01
"""Seconds of CPU that the system counts in."""
REST = 10.0
"""Seconds after which a process that has nothing to do has started."""
LOOKED = (LULL - 12, LULL - 2)
"""Seconds after the start between which one that rests is looked at, to know what its polls do not cost."""
SETTLES = 2.0
"""Seconds after the last poll was asked for in which its answer is worked through."""
NOTHING = Course("nothing", 0, 0, 0)
NODE_RED_MS, N8N_MS, SCRIPT_MS = 0.57, 3.7, 0.6
"""CPU for a post of `20 items to 200 sinks` that Node-RED, n8n 2.41 and the script needed where all three ran."""


def measure(bench: Bench) -> Iterator[Figure]:
    """Let everybody run every course once a round, print the table, and compare."""
    folder = bench.folder / "race"
    folder.mkdir()
    courses = [course.smaller(bench.sizes.smaller) for course in COURSES]
    with contestants(folder) as (racing, missing):
        for sentence in missing:
            bench.say(sentence)
        resting = {one.name: run(one, NOTHING, folder, 0.0).cpu for one in racing}
        results: Results = {}
        for course in courses:
            for one in racing:
                if not one.restarts and course.killed:
                    continue
                bench.say(f"race: {course.name}: {one.name}")
                results[course.name, one.name] = run(one, course, folder, resting[one.name])
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
        if course.polls:
            return _polled(running, place, course, None if one.rests else resting)
        running.start()
        if not course.posts:
            time.sleep(REST)
            return Result(0, 0, running.cpu(), running.memory, 0, 0, 0)
        first, last = _watched(running, arrivals, course, one.quiet)
        cpu = max(running.cpu() - resting * running.starts, LEAST)
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
            running.kill()
        if not course.killed and seen >= course.posts:
            break
        if seen and now - moved > quiet:
            break
        running.check()
        time.sleep(LOOK_EVERY)
    return first, last


def _polled(running: Run, place: Place, course: Course, resting: float | None) -> Result:
    """Let the feed be polled, and take off what starting costs: `resting`, or what one that rests has used until then.

    That one uses a little at rest, too, which is measured before and taken off for the seconds of the polls.
    """
    already = _asked(place)
    running.start()
    began, known, idle = time.perf_counter(), resting or 0.0, 0.0
    if resting is None:
        time.sleep(LOOKED[0])
        before = running.cpu()
        time.sleep(LOOKED[1] - LOOKED[0])
        known, began = running.cpu(), time.perf_counter()
        idle = (known - before) / (LOOKED[1] - LOOKED[0])
        if _asked(place) != already:
            raise RuntimeError("The feed was polled before it was due.")
    while (polls := _asked(place) - already) < course.polls and time.perf_counter() - began < PATIENCE:
        running.cpu()
        running.check()
        time.sleep(LOOK_EVERY)
    time.sleep(SETTLES)
    cpu = running.cpu() - known - idle * (time.perf_counter() - began)
    return Result(0, 0, max(cpu, LEAST), running.memory, polls, course.polls - polls, 0)


def _asked(place: Place) -> int:
    return int(httpx.get(f"{place.feed}/asked").text)


def drawn(results: Results) -> Table:
    """Lay out what everybody came to."""
    table = Table("course", "who", "posts/s", "ms CPU each", "MB", "first after s", "lost", "doubled",
                  title="The race", title_justify="left")  # fmt: skip
    for (course, who), it in results.items():
        times = (f"{it.rate:.0f}", f"{it.first:.1f}") if it.first else ("", "")  # polls are made when they are due
        table.add_row(course, who, times[0], f"{it.cpu_per_thousand():.2f}", f"{it.memory / 1e6:.0f}",
                      times[1], str(it.lost), str(it.doubled))  # fmt: skip
    return table


def compared(results: Results, courses: Sequence[str]) -> Iterator[Figure]:
    """Compare what the design compares: on `20 items to 200 sinks`, and after a kill.

    What was measured elsewhere is set against the script, which ran there too.
    """
    _, wide, _, _, killed = courses
    alone, one, two = (result for (course, who), result in results.items() if course == wide and "Chappe" in who)
    yield Figure("one worker on PostgreSQL: rate against embedded", one.rate / alone.rate, 0.6, "least")
    yield Figure("two workers on PostgreSQL: rate against one", two.rate / one.rate, 1.3, "least")
    cost, script = (results[wide, name].cpu_per_thousand() for name in (Embedded.name, Naive.name))
    if celery := results.get((wide, Celery.name)):
        yield Figure("CPU for a post against Celery's", cost / celery.cpu_per_thousand(), 0.2)
    for name, elsewhere, wanted in (("n8n", N8N_MS, 0.2), ("Node-RED", NODE_RED_MS, 1)):
        detail = f"{cost:.2f} ms; script {script:.2f} ms, there {SCRIPT_MS} ms, and {name} {elsewhere} ms"
        yield Figure(f"CPU for a post against {name}'s", cost / (elsewhere * script / SCRIPT_MS), wanted, detail=detail)
    for (course, who), it in results.items():
        if course == killed and "Chappe" in who:
            yield Figure(f"lost or doubled by kill -9 halfway, {who}", it.lost + it.doubled, 0, unit="posts")
