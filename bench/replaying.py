"""A replay of many posts through a mapping, against what of it cannot be spared: the walks and the rendering."""

from __future__ import annotations

import time
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from api.wiring import registry
from bench import walking
from bench.child import run
from bench.figures import Figure, ratio
from bench.scene import EPOCH, sample_post
from engine.graph import walk
from engine.run.decisions import contents
from mappings.compiling import compile_document
from mappings.rehearsal import dry_run
from mappings.rehearsal.events import Arrival

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.setting import Bench
    from engine.graph import Graph

HOLDING = {
    4: "kind: steady, for: 10m",
    9: "kind: delay, between: [10m, 2h]",
    14: 'kind: slots, days: mon-fri, between: "09:00-18:00", timezone: Europe/Paris',
}
"""What stands in the place of some of the conditions: nodes that hold."""

APART = timedelta(minutes=5)


class Took(NamedTuple):
    """Seconds of CPU: the replay, and its walks and renderings alone."""

    replay: float
    alone: float


def document() -> str:
    """Return the mapping of 20 nodes that the walk is measured with, three of which hold posts."""
    lines = walking.document().splitlines(keepends=True)
    for number, node in HOLDING.items():
        nth = next(nth for nth, line in enumerate(lines) if line.startswith(f"  c{number}:"))
        feeds = lines[nth].rpartition("from: ")[2]
        lines[nth] = f"  c{number}: {{{node}, from: {feeds}"
    return "".join(lines)


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure both in turn, in each round."""
    rounds = [Took(*run(replays, bench.sizes.replayed)) for _ in bench.rounds("replay")]
    replay, alone = [took.replay for took in rounds], [took.alone for took in rounds]
    detail = f"{bench.sizes.replayed} posts, {walking.NODES} nodes: {median(replay):.2f} s; alone {median(alone):.2f} s"
    yield Figure("replay: CPU against walks and rendering alone", ratio(replay, alone), 3, detail=detail)


def replays(count: int) -> Took:
    """Replay so many posts, one each five minutes."""
    graph = compile_document(document(), registry=registry())
    posts = [sample_post(number).model_copy(update={"published_at": None}) for number in range(count)]
    coming = [Arrival(post.key, "page", post, EPOCH + nth * APART) for nth, post in enumerate(posts)]
    until = EPOCH + count * APART + timedelta(days=7)
    _alone(graph, coming[0])  # lays the paths out
    begun = time.process_time()
    done = dry_run.run(graph, coming, until=until)
    replayed = time.process_time() - begun
    if len(done.arrived) != count:
        raise RuntimeError(f"{len(done.arrived)} of {count} posts arrived.")
    begun = time.process_time()
    for arrival in coming:
        _alone(graph, arrival)
    return Took(replayed, time.process_time() - begun)


def _alone(graph: Graph, arrival: Arrival) -> None:
    """Walk to the end, as if no node held anything, and render."""
    ahead = [(arrival.node, arrival.post)]
    while ahead:
        node, post = ahead.pop()
        walked = walk(graph, post, node, arrival.at)
        ahead += [(halt.node, halt.post) for halt in walked.held]
        for one in walked.arrived:
            contents(graph, graph.sinks[one.sink], one.post, 1)
