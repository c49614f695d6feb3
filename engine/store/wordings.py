"""Which account says which words, on networks where no two accounts may say the same.

A row for each text, taken by the account that says it first: two planners cannot give one text to two accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, text

from engine.store.bulk import insert
from engine.store.tables import contents, wordings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:place, 0))")
_COLUMNS = ("workspace_id", "platform", "words", "account_id", "at")
_LENGTH = 32


class Network(NamedTuple):
    """Where texts must differ: a platform, seen from one workspace."""

    workspace_id: str
    platform: str


def deal(
    connection: Connection, network: Network, accounts: Sequence[str], texts: Sequence[str], now: datetime
) -> dict[str, str]:
    """Give each account one of these contents that no other account says, as long as there are any; in their order.

    An account that says one of them already keeps it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"place": f"wordings {network.workspace_id} {network.platform}"})
    words = _words(connection, network.workspace_id, texts)
    owners = _owners(connection, network, list(words))
    kept = {owner: words[said] for said, owner in owners.items()}
    free = iter([(said, content) for said, content in words.items() if said not in owners])
    dealt: dict[str, str] = {}
    rows = []
    for account in accounts:
        if account in kept:
            dealt[account] = kept[account]
        elif (one := next(free, None)) is not None:
            dealt[account] = one[1]
            rows.append((*network, one[0], account, now))
    insert(connection, wordings, _COLUMNS, rows)
    return dealt


def take(connection: Connection, network: Network, account_id: str, content_id: str, now: datetime) -> bool:
    """Let an account say a content; False where another one says it."""
    return account_id in deal(connection, network, [account_id], [content_id], now)


def _words(connection: Connection, workspace_id: str, texts: Sequence[str]) -> dict[str, str]:
    """Return a content for each different text; without words, all that is shown counts."""
    query = select(contents.c.id, contents.c.fingerprint, contents.c.hash)
    rows = connection.execute(query.where(contents.c.workspace_id == workspace_id, contents.c.id.in_(texts)))
    found = {row.id: row.fingerprint or row.hash[:_LENGTH] for row in rows}
    words: dict[str, str] = {}
    for content in texts:
        if content in found:
            words.setdefault(found[content], content)
    return words


def _owners(connection: Connection, network: Network, words: Sequence[str]) -> dict[str, str]:
    place = (wordings.c.workspace_id == network.workspace_id, wordings.c.platform == network.platform)
    query = select(wordings.c.words, wordings.c.account_id).where(*place, wordings.c.words.in_(words))
    return {row.words: row.account_id for row in connection.execute(query)}
