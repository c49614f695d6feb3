"""From stored posts to a replay: which posts, when they came, and from which nodes they begin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.model.post import Post
from engine.store import replaying
from mappings.rehearsal.dry_run import Arrival
from mappings.rehearsal.replay import Replay, Side, Whom, differences, played

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from engine.graph import Graph
    from engine.store import Connection
    from engine.store.replaying import Walked, Wording

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
    """What was read for a replay; `walked` is when the mapping itself routed the posts."""

    mapping: Replayed
    since: datetime
    until: datetime
    wordings: list[Wording]
    walked: dict[tuple[str, str], Walked]

    def play(self) -> Replay:
        """Let the posts travel both versions. Pure; takes a while for many."""
        one = self.mapping
        after = played(one.graph, self._arrivals(one.sources, moves=one.moves), one.whom, version_id=one.version_id,
                       until=self.until)  # fmt: skip
        before = Side()
        if one.before is not None:
            before = played(one.before, self._arrivals(one.reads), one.whom_before, version_id=one.version_id,
                            until=self.until)  # fmt: skip
        count = len({wording.post_id for wording in self.wordings})
        return Replay(self.since, self.until, count, before, after, differences(before, after))

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


def replayed(connection: Connection, mapping: Replayed, since: datetime, until: datetime) -> Given:
    """Read what a replay needs."""
    sources = sorted({*mapping.sources.values(), *mapping.reads.values()})
    walked = replaying.walked(connection, mapping.mapping_id, since) if mapping.mapping_id is not None else []
    return Given(
        mapping,
        since,
        until,
        replaying.wordings(connection, sources, since, MOST),
        {(one.post_id, one.node): one for one in walked},
    )
