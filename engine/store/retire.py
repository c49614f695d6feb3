"""What nobody needs any more: rows that explained posts and deliveries which came to their end long ago.

Each function deletes at most so many rows and returns how many, so that no transaction is long. What stays for ever:
consents, posts (so that none is read as new again), routes and deliveries (so that the ledger adds up, and nothing goes
out twice).
Ids begin with the time they were made, so the old rows stand at the front of each table's key.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import TextClause, bindparam, text

from engine.model.delivery import ENDS
from engine.store.tables import Instant

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_ENDED = f"({', '.join(repr(state.value) for state in ENDS)})"
_POST_LIVES = (
    "EXISTS (SELECT 1 FROM routes r LEFT JOIN deliveries d ON d.workspace_id = r.workspace_id AND d.route_id = r.id"
    " WHERE r.workspace_id = old.workspace_id AND r.post_id = old.post_id"
    f" AND (r.state IN ('new', 'routing') OR d.state NOT IN {_ENDED} OR d.updated_at >= :before))"
)
_RESTS = (
    "EXISTS (SELECT 1 FROM holds h JOIN routes r ON r.workspace_id = h.workspace_id AND r.id = h.route_id"
    " WHERE h.state = 'held' AND r.workspace_id = old.workspace_id AND r.post_id = old.post_id)"
)
_OPEN_CONTENTS = (
    "SELECT content_id FROM deliveries WHERE state IN ('waiting', 'blocked', 'check_needed')"
    " UNION ALL SELECT content_id FROM deliveries WHERE state IN ('sending', 'doubtful', 'check_needed')"
    " UNION ALL SELECT content_id FROM deliveries WHERE state IN ('planned', 'doubtful')"
)


def traces(connection: Connection, before: datetime, most: int) -> int:
    """Delete sentences about posts of which everything ended before then."""
    return _delete(connection, "traces", f"at < :before AND NOT {_POST_LIVES} AND NOT {_RESTS}", before, most)


def revisions(connection: Connection, before: datetime, most: int) -> int:
    """Delete the former wordings of posts of which everything ended before then."""
    return _delete(connection, "post_revisions", f"at < :before AND NOT {_POST_LIVES} AND NOT {_RESTS}", before, most)


def attempts(connection: Connection, before: datetime, most: int) -> int:
    """Delete the attempts of deliveries that ended before then."""
    ended = (
        "EXISTS (SELECT 1 FROM deliveries d WHERE d.id = old.delivery_id AND d.workspace_id = old.workspace_id"
        f" AND d.state IN {_ENDED} AND d.updated_at < :before)"
    )
    return _delete(connection, "attempts", f"started_at < :before AND {ended}", before, most)


def holds(connection: Connection, before: datetime, most: int) -> int:
    """Delete holds that ended before then."""
    return _delete(connection, "holds", "state <> 'held' AND ended_at < :before", before, most)


def contents(connection: Connection, before: datetime, most: int) -> int:
    """Delete rendered texts made before then that no open delivery needs, and none that is being planned."""
    planning = "SELECT 1 FROM routes r WHERE r.state = 'routing' AND r.workspace_id = old.workspace_id"
    unneeded = f"id NOT IN ({_OPEN_CONTENTS}) AND NOT EXISTS ({planning})"
    return _delete(connection, "contents", f"created_at < :before AND {unneeded}", before, most)


def uploads(connection: Connection, before: datetime, most: int) -> int:
    """Delete what was uploaded for deliveries and expired before then."""
    statement = text(
        "DELETE FROM prepared WHERE delivery_id IN"
        " (SELECT p.delivery_id FROM prepared p WHERE p.expires_at < :before LIMIT :most)"
    ).bindparams(bindparam("before", type_=Instant))
    return connection.execute(statement, {"before": before, "most": most}).rowcount


def wordings(connection: Connection, before: datetime, most: int) -> int:
    """Forget who said which words before then: the texts themselves are forgotten at that age."""
    statement = text(
        "DELETE FROM wordings WHERE (workspace_id, platform, words) IN"
        " (SELECT w.workspace_id, w.platform, w.words FROM wordings w WHERE w.at < :before LIMIT :most)"
    ).bindparams(bindparam("before", type_=Instant))
    return connection.execute(statement, {"before": before, "most": most}).rowcount


def answers(connection: Connection, before: datetime, most: int) -> int:
    """Forget the answers that were kept before then for requests that are sent again."""
    statement = text(
        "DELETE FROM idempotency_keys WHERE (workspace_id, user_id, key) IN (SELECT k.workspace_id, k.user_id, k.key"
        " FROM idempotency_keys k WHERE k.created_at < :before LIMIT :most)"
    ).bindparams(bindparam("before", type_=Instant))
    return connection.execute(statement, {"before": before, "most": most}).rowcount


def media(connection: Connection, before: datetime, most: int) -> int:
    """Delete the files of pictures that were fetched before then; what still needs one fetches it again."""
    statement = text(
        "DELETE FROM media WHERE id IN (SELECT old.id FROM media old WHERE old.id < :head ORDER BY old.id LIMIT :most)"
    )
    return connection.execute(statement, {"head": _head(before), "most": most}).rowcount


def mails(connection: Connection, before: datetime, most: int) -> int:
    """Delete mails made before then: whatever became of them, nobody tries any more."""
    return _delete(connection, "mails", "state <> 'waiting' AND created_at < :before", before, most)


def _delete(connection: Connection, table: str, where: str, before: datetime, most: int) -> int:
    parameters = {"head": _head(before), "before": before, "most": most}
    return connection.execute(_statement(table, where), parameters).rowcount


def _head(before: datetime) -> str:
    """Return how the ids of that time begin: a UUIDv7's first characters are the milliseconds at which it was made."""
    return f"{int(before.timestamp() * 1_000):012x}"


@lru_cache
def _statement(table: str, where: str) -> TextClause:
    return text(
        f"DELETE FROM {table} WHERE id IN"
        f" (SELECT old.id FROM {table} old WHERE old.id < :head AND {where} ORDER BY old.id LIMIT :most)"
    ).bindparams(bindparam("before", type_=Instant))
