"""Posts that were made here of others: a row with its parents, and a route from the node that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, text

from engine.store import bulk, posts, traces
from engine.store.posts import DERIVED, Placed, PostRow
from engine.store.tables import post_parents, routes
from engine.store.tables import posts as post_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.store.posts import Incoming
    from engine.store.traces import Trace

_PARENTS = ("workspace_id", "post_id", "nth", "parent_id")
_DOUBTED = text(
    "UPDATE posts SET doubt_since = (SELECT min(p.doubt_since) FROM posts p JOIN post_parents o ON o.parent_id = p.id"
    " WHERE o.post_id = :post) WHERE id = :post"
)
"""What is made of a post that may have gone out may have been made of it before."""

_ROUTE = ("workspace_id", "id", "post_id", "mapping_id", "version_id", "node", "state", "created_at")


class Derived(NamedTuple):
    """A post that a node of a mapping made, of which others, and the route by which it goes on from there."""

    post: Incoming
    parents: Sequence[str]
    workspace_id: str
    route_id: str
    mapping_id: str
    version_id: str
    node: str
    trace: Trace


def make(connection: Connection, one: Derived, now: datetime) -> None:
    """Write a post that was made here, beside the first of its parents; nothing where it stands already."""
    source_id = connection.execute(select(post_rows.c.source_id).where(post_rows.c.id == one.parents[0])).scalar_one()
    if not posts.insert(connection, one.workspace_id, source_id, [Placed(one.post, DERIVED, "")], now):
        return
    parents = ((one.workspace_id, one.post.id, nth, parent) for nth, parent in enumerate(one.parents))
    bulk.insert(connection, post_parents, _PARENTS, parents)
    connection.execute(_DOUBTED, {"post": one.post.id})
    route = (one.workspace_id, one.route_id, one.post.id, one.mapping_id, one.version_id, one.node, "new", now)
    bulk.insert(connection, routes, _ROUTE, [route])
    traces.write(connection, [one.trace])


def parents(connection: Connection, workspace_id: str, post_id: str) -> list[PostRow]:
    """Return the posts of which this one was made, in the order in which they stand in it."""
    mine = (post_parents.c.workspace_id == workspace_id, post_parents.c.post_id == post_id)
    columns = [post_rows.c[name] for name in PostRow._fields]
    query = select(*columns).join(post_parents, post_parents.c.parent_id == post_rows.c.id)
    return [PostRow(*row) for row in connection.execute(query.where(*mine).order_by(post_parents.c.nth))]
