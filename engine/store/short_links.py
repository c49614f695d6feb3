"""Short links: one code for an address of a post in a mapping, and how often each was followed on a day."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, text

from engine.store import bulk
from engine.store.tables import clicks, short_links

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection


class Of(NamedTuple):
    """The post of a mapping whose addresses are shortened."""

    workspace_id: str
    post_id: str
    mapping_id: str


class Wanted(NamedTuple):
    """An address, and the code that it gets unless it has one; with a fresh id."""

    id: str
    code: str
    url: str


class Target(NamedTuple):
    """Where a code leads."""

    id: str
    workspace_id: str
    url: str


def codes(connection: Connection, of: Of, some: Sequence[Wanted], now: datetime) -> dict[str, str]:
    """Return the code of each address, made now unless it has one: however often it is asked, it is the same."""
    addresses = {_address(one.url): one.url for one in some}
    rows = [
        (of.workspace_id, one.id, one.code, of.post_id, of.mapping_id, _address(one.url), one.url, now) for one in some
    ]
    columns = ("workspace_id", "id", "code", "post_id", "mapping_id", "address", "url", "created_at")
    tail = "ON CONFLICT (workspace_id, post_id, mapping_id, address) DO NOTHING"
    bulk.insert(connection, short_links, columns, rows, tail=tail)
    mine = (
        short_links.c.workspace_id == of.workspace_id,
        short_links.c.post_id == of.post_id,
        short_links.c.mapping_id == of.mapping_id,
        short_links.c.address.in_(addresses),
    )
    found = connection.execute(select(short_links.c.address, short_links.c.code).where(*mine))
    return {addresses[row.address]: row.code for row in found}


def target(connection: Connection, code: str) -> Target | None:
    """Return where a code leads; None for one that nobody made."""
    query = select(short_links.c.id, short_links.c.workspace_id, short_links.c.url).where(short_links.c.code == code)
    row = connection.execute(query).first()
    return Target(*row) if row is not None else None


def count(connection: Connection, followed: Target, day: date) -> None:
    """Count that a link was followed on a day. Nothing else is known of it: neither by whom, nor from where."""
    parameters = {"workspace": followed.workspace_id, "link": followed.id, "day": day.isoformat()}
    connection.execute(_COUNT, parameters)


def clicks_of(connection: Connection, workspace_id: str, post_id: str) -> dict[str, int]:
    """Return how often each address of a post was followed by its short links; one that nobody followed has 0."""
    query = (
        select(short_links.c.url, clicks.c.count)
        .outerjoin(clicks, clicks.c.short_link_id == short_links.c.id)
        .where(short_links.c.workspace_id == workspace_id, short_links.c.post_id == post_id)
    )
    counted: dict[str, int] = {}
    for row in connection.execute(query):
        counted[row.url] = counted.get(row.url, 0) + (row[1] or 0)
    return counted


def _address(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


_COUNT = text(
    "INSERT INTO clicks (workspace_id, short_link_id, day, count) VALUES (:workspace, :link, :day, 1)"
    " ON CONFLICT (short_link_id, day, workspace_id) DO UPDATE SET count = clicks.count + 1"
)
