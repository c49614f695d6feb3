"""For whom a sink publishes: the accounts of a group of people, named accounts, or the one that stands for the sink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from engine.store import accounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Want:
    """What a sink names: a group, or accounts, of a platform; without both, its own address."""

    workspace_id: str
    platform: str
    group: str | None = None
    names: tuple[str, ...] = ()
    own: str = ""
    """The name of the implicit account, of a sink that publishes to its own address."""


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of the accounts, in a fixed order, and the names under which there is none of that platform."""

    accounts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def find(connection: Connection, wants: Sequence[Want]) -> list[Found]:
    """Return the accounts that sinks name, in the order of the sinks; an account that two names lead to stands once."""
    return [_find(connection, want) for want in wants]


def _find(connection: Connection, want: Want) -> Found:
    if want.group is not None:
        parameters = {"workspace": want.workspace_id, "group": want.group, "platform": want.platform}
        return Found(tuple(connection.execute(_GROUP, parameters).scalars().all()))
    names = want.names or (want.own,)
    rows = accounts.by_names(connection, want.workspace_id, names)
    there = {
        name: rows[name].id
        for name in names
        if name in rows and rows[name].platform == want.platform and rows[name].implicit == bool(want.own)
    }
    return Found(tuple(dict.fromkeys(there.values())), tuple(name for name in names if name not in there))


_GROUP = text(
    "SELECT a.id FROM groups g JOIN group_members m ON m.workspace_id = g.workspace_id AND m.group_id = g.id"
    " JOIN accounts a ON a.workspace_id = g.workspace_id AND a.person_id = m.person_id"
    " WHERE g.workspace_id = :workspace AND g.name = :group AND a.platform = :platform ORDER BY a.id"
)
