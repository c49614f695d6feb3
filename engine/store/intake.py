"""What one poll brought, kept in one transaction: posts, revisions, trace, cursor, and the lease given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from engine.store import posts, sources, traces
from engine.store.posts import NEW, REVISIONS_KEPT, SEEN, Incoming, Placed, Revised
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.store.sources import Finish


@dataclass(frozen=True, slots=True)
class Intake:
    """A poll's answer. `first` says that the source was never read before; echoes are looked for since `echo_since`.

    With `doubt_since`, a post that is not known may have gone out from then on: before a backup was restored.
    """

    workspace_id: str
    finish: Finish
    posts: tuple[Incoming, ...]
    first: bool
    echo_since: datetime
    doubt_since: datetime | None = None


class Facts(NamedTuple):
    """What the rows say of the posts: those not known, where ours stand (by id), and what was there before."""

    fresh: Sequence[Incoming]
    echoes: Mapping[str, str]
    any_known: bool
    had_posts: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """The state of each unknown post, what a person should know of the source, and whether posts wait for a person."""

    placed: tuple[Placed, ...] = ()
    note: str = ""
    held: bool = False


class Judge(Protocol):
    """The guards: pure."""

    def __call__(self, facts: Facts) -> Judgement:
        """Say what becomes of the posts that are not known."""


class TakenIn(NamedTuple):
    """What was kept: posts to wake for routing, oldest first, and how many were new and revised."""

    to_route: tuple[str, ...] = ()
    new: int = 0
    revised: int = 0


def take_in(connection: Connection, intake: Intake, judge: Judge, new_id: Callable[[], str]) -> TakenIn | None:
    """Keep a poll's answer; None, and nothing written, when another poll took the source over meanwhile."""
    end = intake.finish
    if not sources.finish(connection, end):
        return None
    if not intake.posts:
        return TakenIn()
    known = posts.known(connection, end.source_id, [post.key for post in intake.posts])
    fresh = [post for post in intake.posts if post.key not in known]
    revised = [
        Revised(known[post.key], post, new_id())
        for post in intake.posts
        if post.key in known and known[post.key].content_hash != post.content_hash
    ]
    posts.revise(connection, revised, end.at)
    lines = [_revision(one, intake, new_id()) for one in revised if one.known.revision < REVISIONS_KEPT]
    to_route: tuple[str, ...] = ()
    if fresh:
        placed = _keep_fresh(connection, intake, fresh, known=bool(known), judge=judge)
        to_route = tuple(one.post.id for one in placed if one.state == NEW)
        lines += [_first_line(one, intake, new_id()) for one in placed]
        if intake.first:
            to_route += _first_run(connection, intake, placed, new_id)
    traces.write(connection, lines)
    return TakenIn(to_route, len(fresh), len(revised))


def _keep_fresh(
    connection: Connection, intake: Intake, fresh: Sequence[Incoming], *, known: bool, judge: Judge
) -> list[Placed]:
    end = intake.finish
    echoes = posts.published_before(connection, intake.workspace_id, fresh, intake.echo_since)
    judgement = judge(Facts(fresh, echoes, known, known or posts.has_any(connection, end.source_id)))
    written = posts.insert(connection, intake.workspace_id, end.source_id, judgement.placed, end.at)
    if intake.doubt_since is not None:
        posts.doubt(connection, written, intake.doubt_since)
    sources.remark(connection, end.source_id, end.at, note=judgement.note, held=judgement.held)
    return [one for one in judgement.placed if one.post.id in written]


def _first_run(
    connection: Connection, intake: Intake, placed: Sequence[Placed], new_id: Callable[[], str]
) -> tuple[str, ...]:
    """Give each mapping that reads the source what it asked of the posts that were there."""
    wanted: dict[str, None] = {}
    there = {one.post.id for one in placed if one.state == SEEN}
    for join in sources.joins(connection, intake.finish.source_id):
        taken = posts.for_first_run(connection, join)
        posts.open_routes(connection, join, taken, intake.finish.at, new_id)
        wanted.update(dict.fromkeys(post_id for post_id in taken if post_id in there))
    return tuple(wanted)


def _first_line(one: Placed, intake: Intake, trace_id: str) -> Trace:
    sentence = one.reason or "New at the source."
    return Trace(trace_id, intake.workspace_id, one.post.id, one.state, sentence, intake.finish.at)


def _revision(one: Revised, intake: Intake, trace_id: str) -> Trace:
    number = one.known.revision + 1
    sentence = f"Changed at the source (revision {number}); what has gone out stays as it is."
    if number == REVISIONS_KEPT:
        sentence += " It changes often: further changes are kept without a remark."
    return Trace(trace_id, intake.workspace_id, one.known.id, "revised", sentence, intake.finish.at)
