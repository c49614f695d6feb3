"""Posts at a glance, as lists show them: what a list needs of each, in the query that finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Boolean, String, and_, bindparam, literal_column, select, text

from engine.store.lines import lines
from engine.store.posts import COLUMNS, PostRow
from engine.store.routes import CANCELLED, ROUTED
from engine.store.tables import posts, sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select, TextClause


class Glance(NamedTuple):
    """A post, its source by name, and its deliveries by state.

    `goes_on` tells that this is not all: a mapping is at work on it still, or posts were made of it.
    """

    post: PostRow
    source: str
    deliveries: dict[str, int]
    goes_on: bool


_WIDTH: Final = len(PostRow._fields)
# A post leads to its deliveries by its routes: they have an index each, of few entries.
_COUNTED = text(
    "(SELECT d.state || ' ' || count(*) AS told FROM routes r"
    " JOIN deliveries d ON d.workspace_id = r.workspace_id AND d.route_id = r.id"
    " WHERE r.workspace_id = posts.workspace_id AND r.post_id = posts.id GROUP BY d.state) AS counted"
)
_DELIVERIES = select(lines(literal_column("counted.told", String))).select_from(_COUNTED).scalar_subquery()
_GOES_ON = literal_column(
    "(EXISTS (SELECT 1 FROM routes r WHERE r.workspace_id = posts.workspace_id AND r.post_id = posts.id"
    f" AND (r.state NOT IN ('{ROUTED}', '{CANCELLED}') OR r.held > 0))"
    " OR EXISTS (SELECT 1 FROM post_parents o WHERE o.workspace_id = posts.workspace_id AND o.parent_id = posts.id))",
    Boolean,
)


def keyed(keys: TextClause, *, oldest: bool = False) -> Select[Any]:
    """Return the query of what `read` takes, and `by`, for the keys `by` and `id` of a query, in their order."""
    found = keys.columns(by=String, id=String).subquery("found")
    order = found.c.by, found.c.id
    return (
        select(*COLUMNS, sources.c.name, _DELIVERIES, _GOES_ON, found.c.by)
        .join(found, found.c.id == posts.c.id)
        .outerjoin(sources, and_(sources.c.workspace_id == posts.c.workspace_id, sources.c.id == posts.c.source_id))
        .where(posts.c.workspace_id == bindparam("workspace"))
        .order_by(*(order if oldest else (one.desc() for one in order)))
    )


def read(row: Sequence[Any]) -> Glance:
    """Return the post of a row."""
    source, told, goes_on = row[_WIDTH : _WIDTH + 3]
    counts = (line.rpartition(" ") for line in told.split("\n")) if told else ()
    return Glance(
        PostRow._make(row[:_WIDTH]), source or "?", {state: int(count) for state, _, count in counts}, bool(goes_on)
    )
