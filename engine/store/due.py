"""What is due: a few indexed queries, however many rows there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import TextClause, bindparam, text

from engine.ids import new_id
from engine.store import (
    grants,
    holds,
    hubs,
    lanes,
    mails,
    posts,
    repositories,
    routes,
    sources,
    tellings,
    traces,
    webhooks,
)
from engine.store.tables import Instant
from engine.store.traces import Trace

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

SOURCES = 200
POSTS = 200
NODES = 200
LANES = 1_000
LANES_EACH = 500
GRANTS = 100
REPOSITORIES = 20
WEBHOOKS = 50
MAILS = 50
HUBS = 50
"""How many wakes one tick gives at most, and how many lanes of one workspace: nobody starves the others."""


@dataclass(frozen=True, slots=True)
class Due:
    """Keys of what is due.

    Sources to poll, posts to route, nodes to release, accounts to drain, grants to renew, repositories to sync,
    webhooks to call, mails to send, hubs to ask; `telling` where owners are to be told of something, or were
    silent for long enough, `asking` where owners may have to be asked by mail.
    """

    sources: list[str]
    posts: list[str]
    nodes: list[str]
    accounts: list[str]
    grants: list[str]
    repositories: list[str]
    webhooks: list[str]
    mails: list[str]
    hubs: list[str]
    telling: bool
    asking: bool


TOO_LATE = "It was due longer ago than the mapping allows."


def work(connection: Connection, now: datetime) -> Due:
    """Return what is due."""
    return Due(
        sources=sources.due(connection, now, SOURCES),
        posts=[*posts.unrouted(connection, POSTS), *routes.unfinished(connection, POSTS)],
        nodes=holds.due(connection, now, NODES),
        accounts=accounts(connection, now),
        grants=grants.due(connection, now, GRANTS),
        repositories=repositories.due(connection, now, REPOSITORIES),
        webhooks=webhooks.due(connection, now, WEBHOOKS),
        mails=mails.due(connection, now, MAILS),
        hubs=hubs.due(connection, now, HUBS),
        telling=tellings.due(connection, now),
        asking=tellings.unasked(connection, now),
    )


def accounts(connection: Connection, now: datetime) -> list[str]:
    """Return accounts to drain."""
    return lanes.due(connection, now, LANES, LANES_EACH)


def expire(connection: Connection, now: datetime) -> int:
    """End what waits, or is blocked or planned, for longer than its mapping allows; returns how many.

    It holds no lanes: on PostgreSQL it may meet a claim that writes the same rows in another order, and the one of the
    two that the database ends is then run again.
    """
    ended = connection.execute(_EXPIRE[connection.dialect.name], {"now": now}).fetchall()
    traces.write(
        connection,
        [
            Trace(new_id(), row.workspace_id, row.post_id, "expired", TOO_LATE, now, row.sink, row.mapping_id, row.id)
            for row in ended
        ],
    )
    return len(ended)


def _expire(late: str) -> TextClause:
    return text(
        "UPDATE deliveries SET state = 'expired', reason = 'too_late', updated_at = :now,"  # our own text
        f" detail = '{TOO_LATE}'"
        f" WHERE state IN ('waiting', 'blocked', 'planned') AND due_at <= :now AND {late}"
        " RETURNING id, workspace_id, post_id, mapping_id, sink"
    ).bindparams(bindparam("now", type_=Instant))


_EXPIRE = {
    "sqlite": _expire("(julianday(:now) - julianday(released_at)) * 86400 > max_age_s"),
    "postgresql": _expire("released_at + make_interval(secs => max_age_s) < :now"),
}
