"""From a document to the graph that the engine runs.

A version stores its document as the text with its parameters put in (`Loaded.resolved`): it needs nothing else to be
compiled again, and its comments and the author's layout are kept.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from engine.graph import Feed, FirstRun, Graph, OperatorNode, SinkNode, SourceNode
from engine.model.slot import instant
from mappings.findings import FindingsError
from mappings.linting.lint import check
from mappings.operators import steady

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from engine.contract.registry import Registry
    from mappings.document import OperatorEntry, SinkEntry, SourceEntry
    from mappings.linting.lint import Checked

STEADY = ".steady"
"""Behind a source's name, the name of the node that its `steady:` stands for; no other name has a dot."""


def compile_document(
    text: str, registry: Registry, parameters: Mapping[str, str] | None = None, *, file: str = "mapping"
) -> Graph:
    """Return the graph of a document; raises FindingsError, a MappingError, with everything that is wrong with it."""
    checked = check(text, file, registry, parameters=parameters)
    if not checked.usable:
        raise FindingsError(checked.findings)
    return graph_of(checked)


def graph_of(checked: Checked) -> Graph:
    """Return the graph of a document that was found usable."""
    document, nodes = checked.document, checked.nodes
    if document is None:
        raise FindingsError(checked.findings)
    made = _Maker(nodes, document.timezone, {name: entry for name, entry in document.sources.items() if entry.steady})
    return Graph(
        mapping=document.mapping,
        title=document.title or document.mapping,
        zone=document.timezone,
        max_age=document.max_age,
        sources={name: made.source(name, entry) for name, entry in document.sources.items()},
        operators=made.steadied() | {name: made.operator(name, entry) for name, entry in document.operators.items()},
        sinks={name: made.sink(name, entry) for name, entry in document.sinks.items()},
    )


def meaning(checked: Checked) -> str:
    """Return a hash (hex SHA-256) of what a document says: comments, layout, order and the canvas do not count.

    Neither does what has moved: it says how one version follows another; nor what is said of parameters.
    """
    apart = ("canvas", "moved", "parameters")
    data = {key: value for key, value in (checked.loaded.data or {}).items() if key not in apart}
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the graph's nodes; what feeds on a source with `steady:` feeds on the node that holds its posts."""

    nodes: Mapping[str, Any]
    zone: ZoneInfo
    resting: Mapping[str, SourceEntry]

    def source(self, name: str, entry: SourceEntry) -> SourceNode:
        node = self.nodes[name]
        since = entry.first_run.since
        first_run = FirstRun(
            entry.first_run.last, instant(datetime.combine(since, time(0)), self.zone) if since else None
        )
        return SourceNode(name, node, entry.account, entry.every or node.default_every, first_run)

    def operator(self, name: str, entry: OperatorEntry) -> OperatorNode:
        return OperatorNode(name, self.nodes[name], self.feeds(entry))

    def sink(self, name: str, entry: SinkEntry) -> SinkNode:
        return SinkNode(
            name,
            self.nodes[name],
            self.feeds(entry),
            audience=entry.audience,
            accounts=entry.accounts or ((entry.account,) if entry.account else ()),
            variants=entry.variants or (),
            spread=entry.spread or timedelta(0),
            approval=entry.approval,
        )

    def feeds(self, entry: OperatorEntry | SinkEntry) -> tuple[Feed, ...]:
        named = dict.fromkeys(entry.from_nodes())
        return tuple(Feed(f"{feed.name}{STEADY}") if feed.name in self.resting else feed for feed in named)

    def steadied(self) -> dict[str, OperatorNode]:
        """Make the nodes that hold what leaves a source until it has rested."""
        made = {}
        for name, entry in self.resting.items():
            operator = steady.Steady(steady.Config.model_validate({"for": entry.steady}))
            made[f"{name}{STEADY}"] = OperatorNode(f"{name}{STEADY}", operator, (Feed(name),))
        return made
