"""The pure decisions of routing and of releasing posts: a dry run on a virtual clock takes the very same."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from engine.content.rendering import Wording, render
from engine.content.shortening import standing_in
from engine.contract.operator import ReleaseContext

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from engine.contract.operator import Held, Release
    from engine.graph import Graph, SinkNode
    from engine.model.post import Content, Post

ASKED: Final = 500
"""About so many posts a node is asked at once, the oldest."""

REMEMBERED: Final = 2_000
"""A node that remembers what it let go sees at most so many of the newest."""

_HOUR, _DAY = 60, 24 * 60


def chance(*seed: str) -> random.Random:
    """Return chance that a replay repeats."""
    return random.Random(":".join(seed))  # noqa: S311  # it spreads posts over time; nothing is kept secret by it


def release_context(  # noqa: PLR0913  # each is a part of it
    graph: Graph,
    version_id: str,
    node: str,
    *,
    post_ids: Iterable[str],
    now: datetime,
    history: tuple[datetime, ...],
    passed: tuple[Held, ...] = (),
    removed: bool = False,
) -> ReleaseContext:
    """Return what a node is asked with; its chance is that of the version, the node and the posts that wait."""
    drawn = cast("random.Random", _Late(version_id, node, post_ids))
    return ReleaseContext(now, graph.zone, history, drawn, graph.mapping, passed, removed)


class _Late:
    """Chance that is made when it is first asked: most nodes never do, and to make it costs more than they do."""

    __slots__ = ("_made", "_seed")

    def __init__(self, version_id: str, node: str, post_ids: Iterable[str]) -> None:
        self._seed = (version_id, node, post_ids)
        self._made: random.Random | None = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            version_id, node, post_ids = self._seed
            self._made = chance(version_id, node, *post_ids)
        return getattr(self._made, name)


def at_once(answer: Release, now: datetime, *, asked: int, ended: int, staying: int) -> bool:
    """Tell whether a node that was asked about so many posts is to be asked again at once."""
    soon = answer.until is None or answer.until <= now
    return bool(ended) and (asked == ASKED or (soon and bool(staying)))


def too_old(graph: Graph, published_at: datetime | None, seen_at: datetime) -> str:
    """Return the sentence that says why a post is too old to be routed; empty where it is not."""
    age = seen_at - (published_at or seen_at)
    if age <= graph.max_age:
        return ""
    return f"It was {_words(age)} old when it was first seen: this mapping takes at most {_words(graph.max_age)}."


def contents(graph: Graph, sink: SinkNode, post: Post, accounts: int) -> list[Content]:
    """Render a post for so many accounts: one content for each variant that one of them gets.

    The n-th account gets the n-th content, and from the start again. Short links that nobody has made are shown by a
    stand-in. Raises MappingError.
    """
    room, post = sink.sink.room, standing_in(post)
    templates = sink.variants[:accounts] or (None,)
    return [
        render(post, Wording(graph.mapping, graph.zone, template, number), room)
        for number, template in enumerate(templates)
    ]


def shares(version_id: str, sink: str, post_id: str, count: int) -> tuple[float, ...]:
    """Return when, from 0 to 1 over a spread, each of so many accounts is due, in an order of chance."""
    return _shares(f"{version_id}:{sink}:{post_id}", count)


@lru_cache(maxsize=16)
def _shares(seed: str, count: int) -> tuple[float, ...]:
    """Cut the time from 0 to 1 into so many shares, and return a moment of each, in an order of chance."""
    moment = chance(seed)
    moments = [(nth + moment.random()) / count for nth in range(count)]
    moment.shuffle(moments)
    return tuple(moments)


def _words(span: timedelta) -> str:
    """Write a time as people say it: 90 minutes, 30 hours, 3 days."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 2 * _HOUR:
        return f"{minutes} minute{'s' * (minutes != 1)}"
    return f"{minutes // _HOUR} hours" if minutes < 2 * _DAY else f"{minutes // _DAY} days"
