"""Which posts a preview shows: words that somebody typed, stored posts, or those of the mapping's own tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import NotFoundError
from engine.ids import short
from engine.model.post import Link, Post
from engine.model.text import hashtags_in, links_in, mentions_in
from engine.store import posts, sources
from mappings.findings import did_you_mean, listed
from mappings.rehearsal.given import arrivals

if TYPE_CHECKING:
    from engine.graph import Graph
    from engine.store.unit import Store
    from mappings.document import MappingDocument
    from mappings.rehearsal.given import Fixtures


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


def start_of(graph: Graph, source: str | None) -> str:
    """Return the source at which a post goes in, the first where none is named; raises NotFoundError."""
    if source is None:
        return next(iter(graph.sources))
    if source not in graph.sources:
        advice = did_you_mean(source, graph.sources) or f" It has {listed(graph.sources)}."
        raise NotFoundError(f"{graph.mapping} has no source {source}.{advice}")
    return source


def _read(document: str) -> Post:
    return Post.model_validate_json(document)
