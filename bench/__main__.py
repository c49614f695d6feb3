"""`python -m bench`: measure everything and print the table; `--only ROWS` measures some."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bench import (
    bounds,
    counting,
    delivering,
    fairness,
    linting,
    peers,
    planning,
    plans,
    polling,
    replaying,
    resting,
    serving,
    sizing,
    starting,
    timeline,
    waking,
    walking,
)
from bench.figures import table
from bench.race import measure as race
from bench.setting import TINY, Bench, Sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.figures import Figure

ROWS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "api": serving.measure,
    "bounds": bounds.measure,
    "count": counting.measure,
    "delivery": delivering.measure,
    "fairness": fairness.measure,
    "lint": linting.measure,
    "planning": planning.measure,
    "plans": plans.measure,
    "poll": polling.measure,
    "race": race.measure,
    "replay": replaying.measure,
    "rest": resting.measure,
    "size": sizing.measure,
    "start": starting.measure,
    "timeline": timeline.measure,
    "wake": waking.measure,
    "walk": walking.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 0 when every figure is as wanted."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Chappe against its yardsticks.")
    parser.add_argument("--only", nargs="+", choices=tuple(ROWS), default=tuple(ROWS), help="which measurements")
    parser.add_argument("--tiny", action="store_true", help="see that all runs; the figures say nothing")
    given = parser.parse_args(arguments)
    console, progress = Console(highlight=False, width=140), Console(stderr=True, highlight=False)
    figures = measured(given.only, TINY if given.tiny else Sizes(), progress.print)
    if figures:
        console.print(table(figures))
    return 0 if all(figure.ok for figure in figures) else 1


def measured(rows: Sequence[str], sizes: Sizes, say: Callable[[str], None]) -> list[Figure]:
    """Return the figures of these rows, measured one after the other."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chappe-bench-")))
        receiver = stack.enter_context(peers.receiver(folder / "journal"))
        feeds = stack.enter_context(peers.feeds())
        bench = Bench(folder, receiver, feeds, sizes, say)
        figures = []
        for figure in (figure for row in rows for figure in ROWS[row](bench)):
            say(f"  {figure}")  # at once: a run of many minutes that is ended early has still said something
            figures.append(figure)
        return figures


if __name__ == "__main__":
    sys.exit(main())
