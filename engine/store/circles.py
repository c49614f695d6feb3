"""Which accounts the people of all groups have, and who let posts be published for them: what a check looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from engine.model.consent import Terms

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LENT = text(
    "SELECT g.name, a.platform, a.name FROM groups g"
    " JOIN group_members m ON m.workspace_id = g.workspace_id AND m.group_id = g.id"
    " JOIN accounts a ON a.workspace_id = g.workspace_id AND a.person_id = m.person_id"
    " WHERE g.workspace_id = :workspace ORDER BY g.name, a.platform, a.name"
)
_TERMS = text(
    "SELECT a.name, h.terms FROM consent_heads h"
    " JOIN accounts a ON a.workspace_id = h.workspace_id AND a.id = h.account_id"
    " WHERE h.workspace_id = :workspace AND h.given AND h.terms LIKE '%post_for_me%'"
)


class Lent(NamedTuple):
    """An account of somebody in a group."""

    group: str
    platform: str
    account: str


def lent(connection: Connection, workspace_id: str) -> list[Lent]:
    """Return the accounts of the people in each group, by group, platform and name."""
    return [Lent(*row) for row in connection.execute(_LENT, {"workspace": workspace_id})]


def automatic(connection: Connection, workspace_id: str) -> frozenset[str]:
    """Return the names of the accounts whose owners chose to have posts published for them."""
    return frozenset(name for name, _ in connection.execute(_TERMS, {"workspace": workspace_id}))


def terms(connection: Connection, workspace_id: str) -> dict[str, Terms]:
    """Return what the same owners allow, by account: of those who lend it to every mapping."""
    rows = connection.execute(_TERMS, {"workspace": workspace_id})
    given = {name: Terms.model_validate_json(terms) for name, terms in rows}
    return {name: allowed for name, allowed in given.items() if allowed.mappings is None}
