"""What a mapping would publish of words that somebody typed, of stored posts, or of those of its own tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import NotFoundError
from engine.ids import short
from engine.model.post import Link, Post
from engine.model.text import hashtags_in, links_in, mentions_in
from engine.store import posts, sources
from mappings.compiling import graph_of
from mappings.findings import FindingsError, did_you_mean, listed
from mappings.linting.lint import check
from mappings.rehearsal.given import arrivals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.registry import Registry
    from engine.graph import Graph
    from engine.store.unit import Store
    from mappings.document import MappingDocument
    from mappings.rehearsal.given import Fixtures
    from mappings.rehearsal.preview import Preview, Rendered


@dataclass(frozen=True, slots=True)
class Sample:
    """A post to preview, the source at which it goes in, and where it comes from."""

    name: str
    source: str
    post: Post


def typed(graph: Graph, source: str | None, *, text: str, title: str, link: str | None) -> list[Sample]:
    """Return a post of words that somebody typed."""
    links = dict.fromkeys((*([link] if link else ()), *links_in(text)))
    post = Post(
        key="preview",
        text=text,
        title=title,
        links=tuple(Link(url=url) for url in links),
        permalink=link,
        hashtags=hashtags_in(text),
        mentions=mentions_in(text),
    )
    return [Sample("what you typed", start_of(graph, source), post)]


def tested(graph: Graph, document: MappingDocument, source: str | None, fixtures: Fixtures) -> list[Sample]:
    """Return the posts of the mapping's tests; raises MappingError for a fixture that is missing."""
    return [
        Sample(case.name, arrival.node, arrival.post)
        for case in document.tests
        for arrival in arrivals(case, graph.zone, fixtures)
        if arrival.node in graph.sources and source in (None, arrival.node)
    ]


async def stored(store: Store, workspace_id: str, graph: Graph, source: str | None, limit: int) -> list[Sample]:
    """Return the newest stored posts of the sources that the mapping reads."""
    rows = await store.read(sources.listed, workspace_id)
    found = []
    for name, node in graph.sources.items():
        if source not in (None, name):
            continue
        settings = json.loads(node.source.config.model_dump_json(by_alias=True))
        for row in rows:
            if row.kind == node.source.kind and json.loads(row.settings) == settings:
                newest = await store.read(posts.newest, workspace_id, source_id=row.id, limit=limit)
                found += [(post.seen_at, Sample(short(post.id), name, _read(post.document))) for post in newest]
    found.sort(key=lambda each: each[0], reverse=True)
    return [sample for _, sample in found[:limit]]


def compiled(
    content: str | bytes, file: str, registry: Registry, parameters: Mapping[str, str]
) -> tuple[MappingDocument, Graph]:
    """Return a document and its graph; raises FindingsError."""
    checked = check(content, file, registry, parameters=parameters)
    if not checked.usable or checked.document is None:
        raise FindingsError(checked.findings)
    return checked.document, graph_of(checked)


def end_of(graph: Graph, sink: str | None) -> None:
    """Raise NotFoundError where a sink is named that is not there."""
    if sink is not None and sink not in graph.sinks:
        advice = did_you_mean(sink, graph.sinks) or f" It has {listed(graph.sinks)}."
        raise NotFoundError(f"{graph.mapping} has no sink {sink}.{advice}")


def start_of(graph: Graph, source: str | None) -> str:
    """Return the source at which a post goes in, the first where none is named; raises NotFoundError."""
    if source is None:
        return next(iter(graph.sources))
    if source not in graph.sources:
        advice = did_you_mean(source, graph.sources) or f" It has {listed(graph.sources)}."
        raise NotFoundError(f"{graph.mapping} has no source {source}.{advice}")
    return source


def as_dict(sample: Sample, found: Preview, only: str | None) -> dict[str, Any]:
    """Return what becomes of a post for programs, of one sink only where it is named."""
    return {
        "post": sample.name,
        "source": sample.source,
        "sinks": {
            name: [as_variant(rendered) for rendered in variants]
            for name, variants in found.sinks.items()
            if only in (None, name)
        },
        "waits": [stay._asdict() for stay in found.waits],
        "dropped": [{"node": end.node, "reason": end.reason} for end in found.dropped],
    }


def as_variant(rendered: Rendered) -> dict[str, Any]:
    """Return what a sink would publish for programs."""
    shown = {"text", "title", "link", "media", "comment"}
    content = rendered.content.model_dump(mode="json", include=shown) if rendered.content else {}
    numbers = {"length": rendered.length, "max": rendered.text_max, "unit": rendered.unit, "problem": rendered.problem}
    cost = None if rendered.cost is None else float(rendered.cost)
    return {"variant": rendered.variant, **content, **numbers, "cost": cost}


def _read(document: str) -> Post:
    return Post.model_validate_json(document)
