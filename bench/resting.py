"""What ten thousand sources cost a process that finds nothing new in any of them.

At rest means that nobody publishes; the sources are read all the same, each four times an hour, which makes eleven
polls a second. So the limit holds for both together: the ticks that look for work, and the polls. What the ticks take
alone, with the same sources, none of which is due meanwhile, is told beside it.

Each poll opens a connection of its own, as with ten thousand servers, and is answered 304. It is without TLS and
without the look-up of a name, which a poll of a strange server needs too. The server is a process of its own and is not
counted; the children of `chappe up` are.
"""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

import httpx
import psutil

from bench.child import run
from bench.figures import Figure
from bench.race.running import used
from bench.remembered import EVERY, remember
from bench.scene import Scene, blank
from bench.starting import started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.setting import Bench

MOST = 3.0
LATER = 3_600.0
"""Seconds after which the sources are due that rest: longer than anybody watches."""


def measure(bench: Bench) -> Iterator[Figure]:
    """Watch `chappe up` while none of its sources is due, and while they are polled in turn, in each round."""
    template = Scene(bench.folder / "remembering")
    run(blank, str(template.folder))
    idle, polling, polls = [], [], []
    for _ in bench.rounds(f"{bench.sizes.sources:,} sources"):
        idle.append(_watched(bench, template.copy("idle"), LATER)[0])
        share, polled = _watched(bench, template.copy("polled"), 0)
        polling.append(share)
        polls.append(polled)
    row = f"{bench.sizes.sources:,} sources at 15 minutes"
    detail = f"of a core; {median(polls) / bench.sizes.watched:.1f} polls/s answered 304"
    yield Figure(f"{row}, at rest: CPU", median(polling), MOST, unit="%", detail=detail)
    yield Figure(f"{row}, none due: CPU", median(idle), MOST, unit="%", detail="of a core; part of the former")


def _watched(bench: Bench, scene: Scene, wait: float) -> tuple[float, int]:
    """Return how much of a core the process uses, in percent, and how often feeds were asked meanwhile."""
    given = (f"{bench.feeds}/alone", bench.sizes.sources, wait, EVERY.total_seconds())
    run(remember, str(scene.folder), "", *given)
    with started(scene.program, scene) as process:
        time.sleep(bench.sizes.rest * 3)  # what fell due while the process started is polled by then
        those, asked = [psutil.Process(process.process.pid)], _asked(bench)
        begun, (before, _) = time.perf_counter(), used(those)
        time.sleep(bench.sizes.watched)
        after, _ = used(those)
        return (after - before) / (time.perf_counter() - begun) * 100, _asked(bench) - asked


def _asked(bench: Bench) -> int:
    return int(httpx.get(f"{bench.feeds}/asked").text)
