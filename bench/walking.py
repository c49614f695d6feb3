"""The walk of a post through a mapping of conditions."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from api.wiring import registry
from bench.child import run
from bench.figures import Figure
from bench.scene import EPOCH, sample_post
from engine.graph import walk
from mappings.compiling import compile_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.setting import Bench

CONDITIONS = (
    "kind: keep, text: {contains: [recrutons, hiring]}",
    "kind: drop, hashtag: [lunch, cantine]",
    "kind: keep, language: [fr, en, nl]",
    'kind: drop, text: {matches: "(?i)confidential|embargo"}',
    "kind: keep, any: [{hashtag: recrutement}, {text: {contains: job}}]",
    "kind: drop, all: [{hashtag: cantine}, {text: {contains: menu}}]",
)
NODES = 20
HEAD = 'mapping: bench\nsources:\n  page: {kind: feed, url: "http://127.0.0.1:9/feed"}\noperators:\n'


def document() -> str:
    """Return a mapping of 20 nodes in a row: a source, eighteen conditions that all let the post pass, a sink."""
    names = ["page", *(f"c{number}" for number in range(1, NODES - 1))]
    lines = [
        f"  {name}: {{{CONDITIONS[number % len(CONDITIONS)]}, from: {names[number]}}}\n"
        for number, name in enumerate(names[1:])
    ]
    return f'{HEAD}{"".join(lines)}sinks:\n  out: {{kind: webhook, from: {names[-1]}, url: "http://127.0.0.1:9/"}}\n'


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure the walk alone."""
    each = [run(walks, bench.sizes.walks) for _ in bench.rounds("walk")]
    detail = f"{NODES} nodes, {bench.sizes.walks} walks a round"
    yield Figure("walk of a 20-node mapping: CPU a post", median(each), 50, unit="µs", detail=detail)


def walks(count: int) -> float:
    """Return the microseconds of one walk, in the mean."""
    graph = compile_document(document(), registry=registry())
    post = sample_post(1)
    walked = walk(graph, post, "page", EPOCH)
    begun = time.process_time()
    for _ in range(count):
        walk(graph, post, "page", EPOCH)
    used = time.process_time() - begun
    if [arrival.sink for arrival in walked.arrived] != ["out"]:
        raise RuntimeError(f"The post did not arrive: {walked.steps}")
    return used / count * 1e6
