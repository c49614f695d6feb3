"""From stored posts to a replay: which posts, when they came, and from which nodes they begin."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from engine.model.post import Post
from engine.run.asking import distinct_on
from engine.run.decisions import REMEMBERED
from engine.store import replaying
from mappings.rehearsal.events import Arrival
from mappings.rehearsal.replay import Replay, Side, Whom, differences, played
from mappings.rehearsal.standing import Standing, Waits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from engine.graph import Graph
    from engine.store import Connection
    from engine.store.replaying import Stood, Walked, Wording

MOST: Final = 10_000
"""So many posts, the newest, are replayed at most."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A mapping with the version that runs, to be replayed beside it.

    `sources` are what the nodes of the new version read, `reads` what those of the old one do.
    """

    graph: Graph
    before: Graph | None
    whom: Whom
    whom_before: Whom
    sources: Mapping[str, str]
    reads: Mapping[str, str]
    mapping_id: str | None
    version_id: str
    moves: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """What was read for a replay.

    `walked` is when the mapping itself routed the posts, `standing` how it stood before them, and `changes` how the
    posts were changed that waited then.
    """

    mapping: Replayed
    since: datetime
    until: datetime
    wordings: list[Wording]
    walked: dict[tuple[str, str], Walked]
    standing: Standing
    changes: list[Wording]

    def play(self) -> Replay:
        """Let the posts travel both versions. Pure; takes a while for many."""
        one = self.mapping
        after = played(one.graph, self._arrivals(one.sources, moves=one.moves), one.whom, version_id=one.version_id,
                       until=self.until, standing=self._stands(one.graph, one.moves))  # fmt: skip
        before = Side()
        if one.before is not None:
            before = played(one.before, self._arrivals(one.reads), one.whom_before, version_id=one.version_id,
                            until=self.until, standing=self._stands(one.before, {}))  # fmt: skip
        count = len({wording.post_id for wording in self.wordings})
        return Replay(self.since, self.until, count, before, after, differences(before, after))

    def _stands(self, graph: Graph, moves: Mapping[str, str]) -> Standing:
        """Return how the nodes stood, by their names in a version; a node of another kind begins empty."""
        before, stands = self.mapping.before, self.standing

        def named(some: Iterable[Waits]) -> list[Waits]:
            renamed = ((wait, moves.get(wait.node, wait.node)) for wait in some)
            return [
                wait._replace(node=node, begun=moves.get(wait.begun, wait.begun))
                for wait, node in renamed
                if _kind(graph, node) == _kind(before, wait.node)
            ]

        return replace(stands, waiting=named(stands.waiting), gone=named(stands.gone))

    def _arrivals(self, sources: Mapping[str, str], moves: Mapping[str, str] | None = None) -> Iterator[Arrival]:
        """Give the posts as they come to the nodes that read their sources."""
        former = {new: old for old, new in (moves or {}).items()}
        nodes: dict[str, list[str]] = {}
        for node, source_id in sources.items():
            nodes.setdefault(source_id, []).append(node)
        come: set[tuple[str, str]] = set()
        for wording in self.wordings:
            post = Post.model_validate_json(wording.document)
            for node in nodes.get(wording.source_id, ()):
                arrival = Arrival(wording.post_id, node, post, wording.at)
                walked = self.walked.get((wording.post_id, former.get(node, node)))
                if walked is not None and (wording.post_id, node) not in come:
                    arrival = arrival._replace(at=walked.at, first_run=walked.first_run)
                come.add((wording.post_id, node))
                yield arrival
        begun = {wait.post_id: (moves or {}).get(wait.begun, wait.begun) for wait in self.standing.waiting}
        for change in self.changes:
            post = Post.model_validate_json(change.document)
            yield Arrival(change.post_id, begun[change.post_id], post, change.at)


def _kind(graph: Graph | None, node: str) -> str | None:
    return graph.operators[node].operator.kind if graph is not None and node in graph.operators else None


def replayed(connection: Connection, mapping: Replayed, since: datetime, until: datetime) -> Given:
    """Read what a replay needs."""
    sources = sorted({*mapping.sources.values(), *mapping.reads.values()})
    walked = replaying.walked(connection, mapping.mapping_id, since) if mapping.mapping_id is not None else []
    standing = _stood(connection, mapping, since)
    return Given(
        mapping,
        since,
        until,
        replaying.wordings(connection, sources, since, MOST),
        {(one.post_id, one.node): one for one in walked},
        standing,
        replaying.changes(connection, sorted({wait.post_id for wait in standing.waiting})),
    )


def _stood(connection: Connection, mapping: Replayed, at: datetime) -> Standing:
    """Read how the mapping stood at a time."""
    if mapping.mapping_id is None:
        return Standing(at)
    stood = replaying.stood(connection, mapping.mapping_id, at, REMEMBERED)
    waiting, gone = ([_waits(one) for one in stood if one.waits is waits] for waits in (True, False))
    sinks = [sink for graph in (mapping.graph, mapping.before) if graph is not None for sink in graph.sinks.values()]
    said: dict[str, dict[str, str]] = {}
    for platform, words, account in replaying.said(
        connection, mapping.mapping_id, sorted({distinct_on(sink) for sink in sinks} - {""}), at
    ):
        said.setdefault(platform, {})[words] = account
    had = replaying.had(connection, sorted({wait.post_id for wait in waiting}), at)
    return Standing(at, waiting, gone, had, said)


def _waits(one: Stood) -> Waits:
    post = Post.model_validate_json(one.document)
    return Waits(one.node, one.begun, one.post_id, post, one.since, one.round, one.times, one.last_at)
