"""Lint against reading: a mapping of 1,000 nodes, and 1,000 small mappings."""

from __future__ import annotations

import gc
import time
from statistics import median
from typing import TYPE_CHECKING

from api.wiring import registry
from bench.child import run
from bench.figures import Figure, ratio
from bench.walking import CONDITIONS
from mappings.linting.lint import lint
from mappings.reading.loading import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.setting import Bench

MOST = 4.0
TURNS = 7
HEAD = 'timezone: Europe/Paris\nsources:\n  page: {kind: feed, url: "https://acme.example/feed"}\noperators:\n'
SINK = "sinks:\n  out:\n    kind: webhook\n    url: https://acme.example/hook\n    from: "
SMALL = """\
  jobs:
    kind: keep
    from: page
    any:
      - hashtag: [recrutement, hiring]
      - text: {contains: [recrutons, "we are hiring"]}
  signed:
    kind: write
    from: jobs
    hashtags: [AcmeRecrute]
  office_hours:
    kind: slots
    from: signed
    days: [mon-fri]
    between: ["09:00-12:00", "14:00-18:00"]
"""


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure both."""
    for what, count in (("large", bench.sizes.nodes), ("small", bench.sizes.mappings)):
        pairs = [run(lints, what, count) for _ in bench.rounds(f"lint, {what}")]
        ours, yardstick = zip(*pairs, strict=True)
        row = f"lint of a mapping with {count} nodes" if what == "large" else f"lint of {count} small mappings"
        yield Figure(f"{row}: CPU against reading with positions", ratio(ours, yardstick), MOST)


def lints(what: str, count: int) -> tuple[float, float]:
    """Return the CPU seconds of lint, and of reading the same YAML with positions alone: medians of a few turns."""
    texts = [_large(count)] if what == "large" else [_small(number) for number in range(count)]
    kinds = registry()
    if lint(texts[0], "bench.yaml", kinds):
        raise RuntimeError("The mapping is not as it should be.")
    turns = range(TURNS if what == "large" else 1)
    ours = [_used(lambda text: lint(text, "bench.yaml", kinds), texts) for _ in turns]
    reading = [_used(lambda text: load(text, "bench.yaml"), texts) for _ in turns]
    return median(ours), median(reading)


def _used(work: Callable[[str], object], texts: list[str]) -> float:
    gc.collect()  # what was made before is not counted
    begun = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - begun


def _large(nodes: int) -> str:
    names = ["page", *(f"c{number}" for number in range(1, nodes - 1))]
    lines = [
        f"  {name}: {{{CONDITIONS[number % len(CONDITIONS)]}, from: {names[number]}}}\n"
        for number, name in enumerate(names[1:])
    ]
    return f"mapping: large\n{HEAD}{''.join(lines)}{SINK}{names[-1]}\n"


def _small(number: int) -> str:
    return f"mapping: small-{number}\n{HEAD}{SMALL}{SINK}office_hours\n"
