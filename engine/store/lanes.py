"""Lanes: one row per account, whose lease says which drain may send for it and whose fence counts the leases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import TextClause, TextualSelect, bindparam, text

from engine.store.bulk import packed, rows_from
from engine.store.tables import Instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane that this process holds, with what sending for its account needs.

    `version`, `expires_at` and `renew_at` are of the account's grant, `app` are the settings of its platform's app.
    `comment_at` is when its next first comment is due.
    """

    account_id: str
    workspace_id: str
    fence: int
    name: str
    platform: str
    settings: str
    person_id: str | None
    sealed: str | None
    data_key: str
    remote_id: str | None = None
    app: str | None = None
    version: int | None = None
    expires_at: datetime | None = None
    renew_at: datetime | None = None
    comment_at: datetime | None = None


def due(connection: Connection, now: datetime, limit: int, per_workspace: int) -> list[str]:
    """Return accounts whose lane is due and free, round-robin over the workspaces: at most so many of each."""
    statement = text(
        "SELECT account_id FROM ("
        " SELECT account_id, next_due_at, row_number() OVER (PARTITION BY workspace_id ORDER BY next_due_at) AS nth"
        " FROM lanes WHERE next_due_at <= :now AND (lease_until IS NULL OR lease_until <= :now)"
        ") AS waiting WHERE nth <= :each ORDER BY nth, next_due_at LIMIT :most"
    ).bindparams(bindparam("now", type_=Instant))
    return [row[0] for row in connection.execute(statement, {"now": now, "each": per_workspace, "most": limit})]


def places(connection: Connection, accounts: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the workspace and the platform of each account that has a lane."""
    given = {"rows": packed([account] for account in accounts)}
    rows = connection.execute(_places(connection.dialect.name), given)
    return {row.account_id: (row.workspace_id, row.platform) for row in rows}


def next_due(connection: Connection) -> datetime | None:
    """Return when the next lane is due, for a clock that wants to know how long it may rest."""
    statement = text("SELECT min(next_due_at) AS at FROM lanes").columns(at=Instant)
    return connection.execute(statement).scalar()


def lock(connection: Connection, accounts: Sequence[str]) -> None:
    """Hold lanes for this transaction, in one order, before anything else of them is touched: nobody deadlocks.

    SQLite has one writer and needs no lock.
    """
    if accounts and connection.dialect.name == "postgresql":
        connection.execute(_lock(), {"rows": packed([account] for account in accounts)})


def take(
    connection: Connection, accounts: Sequence[str], owner: str, now: datetime, until: datetime
) -> dict[str, Lane]:
    """Take the free lanes of these accounts; what their last holder left `sending` is doubtful from now on."""
    if not accounts:
        return {}
    parameters = {"rows": packed([account] for account in sorted(accounts)), "owner": owner, "now": now, "until": until}
    dialect = connection.dialect.name
    fences = {row.account_id: row.fence for row in connection.execute(_take(dialect), parameters)}
    if not fences:
        return {}
    taken = {"rows": packed([account] for account in fences), "now": now}
    connection.execute(_doubt(dialect), taken)
    return {
        row.account_id: Lane(fence=fences[row.account_id], **row._mapping)  # noqa: SLF001  # SQLAlchemy's public name
        for row in connection.execute(_whose(dialect), taken)
    }


def look(connection: Connection, account_id: str) -> Lane | None:
    """Return an account as its lane would be, without taking it; None where it is gone."""
    row = connection.execute(_whose(connection.dialect.name), {"rows": packed([[account_id]])}).first()
    return Lane(fence=0, **row._mapping) if row is not None else None  # noqa: SLF001  # SQLAlchemy's public name


def release(connection: Connection, held: Sequence[tuple[str, int, datetime | None]]) -> None:
    """Give lanes back: (account, fence, earliest time). The next due time is read from the rows, within the unit."""
    if held:
        connection.execute(_release(connection.dialect.name), {"rows": packed(held)})


def renew(connection: Connection, account_id: str, now: datetime, until: datetime) -> None:
    """Hold a lane longer; should its holder end, it is due at once."""
    statement = text("UPDATE lanes SET lease_until = :until, next_due_at = :now WHERE account_id = :account")
    times = (bindparam("until", type_=Instant), bindparam("now", type_=Instant))
    connection.execute(statement.bindparams(*times), {"account": account_id, "now": now, "until": until})


def wake_all(connection: Connection, workspace_id: str | None, now: datetime) -> None:
    """Make every lane with open work due now: after a pause ends, a consent changes, a clock jumps."""
    where = " AND workspace_id = :workspace" if workspace_id else ""
    statement = text(f"UPDATE lanes SET next_due_at = :now WHERE next_due_at > :now{where}")
    parameters = {"now": now, "workspace": workspace_id} if workspace_id else {"now": now}
    connection.execute(statement.bindparams(bindparam("now", type_=Instant)), parameters)


def hurry(connection: Connection, accounts: Sequence[str], at: datetime) -> None:
    """Make lanes due at a time, or earlier if they already are."""
    if accounts:
        connection.execute(_hurry(connection.dialect.name), {"rows": packed([[a] for a in accounts]), "at": at})


def doubt_abandoned(connection: Connection, now: datetime) -> list[str]:
    """Mark what a dead worker left `sending` doubtful once its lease ended, and return the accounts."""
    seen = connection.execute(_ABANDONED, {"now": now}).scalars().all()
    if not seen:
        return []
    lock(connection, seen)  # before the deliveries, as a claim does; somebody may have taken one of them meanwhile
    parameters = {"rows": packed([account] for account in seen), "now": now}
    accounts = sorted({row[0] for row in connection.execute(_doubt_free(connection.dialect.name), parameters)})
    hurry(connection, accounts, now)
    return accounts


# SQLite takes a partial index only where its own condition stands.
_SENDING = "state IN ('sending', 'doubtful', 'check_needed') AND state = 'sending'"
_ABANDONED = text(
    "SELECT DISTINCT d.account_id FROM deliveries d JOIN lanes l ON l.account_id = d.account_id"
    f" WHERE {_SENDING} AND (l.lease_until IS NULL OR l.lease_until <= :now)"
).bindparams(bindparam("now", type_=Instant))


def _given(dialect: str) -> str:
    return rows_from({"account_id": "text"}, dialect)


@lru_cache
def _places(dialect: str) -> TextClause:
    return text(f"SELECT account_id, workspace_id, platform FROM lanes WHERE account_id IN ({_given(dialect)})")


@lru_cache
def _lock() -> TextClause:
    return text(
        f"SELECT account_id FROM lanes WHERE account_id IN ({_given('postgresql')}) ORDER BY account_id FOR UPDATE"
    )


@lru_cache
def _take(dialect: str) -> TextClause:
    return text(
        "UPDATE lanes SET lease_owner = :owner, lease_until = :until, fence = fence + 1"
        f" WHERE account_id IN ({_given(dialect)})"
        " AND (lease_until IS NULL OR lease_until <= :now) RETURNING account_id, fence"
    ).bindparams(bindparam("now", type_=Instant), bindparam("until", type_=Instant))


@lru_cache
def _doubt(dialect: str) -> TextClause:
    return text(
        "UPDATE deliveries SET state = 'doubtful', due_at = :now, updated_at = :now,"
        " detail = 'The worker ended while the request was under way.'"
        f" WHERE {_SENDING} AND account_id IN ({_given(dialect)})"
    ).bindparams(bindparam("now", type_=Instant))


@lru_cache
def _doubt_free(dialect: str) -> TextClause:
    free = "SELECT account_id FROM lanes WHERE lease_until IS NULL OR lease_until <= :now"
    return text(f"{_doubt(dialect).text} AND account_id IN ({free}) RETURNING account_id").bindparams(
        bindparam("now", type_=Instant)
    )


@lru_cache
def _whose(dialect: str) -> TextualSelect:
    return text(
        "SELECT a.id AS account_id, a.workspace_id, a.name, a.platform, a.settings, a.person_id, g.sealed, w.data_key,"
        " a.remote_id, p.settings AS app, g.version, g.expires_at, g.renew_at,"
        " (SELECT min(c.due_at) FROM comments c WHERE c.account_id = a.id AND c.due_at IS NOT NULL) AS comment_at"
        " FROM accounts a JOIN workspaces w ON w.id = a.workspace_id"
        " LEFT JOIN grants g ON g.workspace_id = a.workspace_id AND g.account_id = a.id"
        " LEFT JOIN apps p ON p.workspace_id = a.workspace_id AND p.platform = a.platform"
        f" WHERE a.id IN ({_given(dialect)})"
    ).columns(expires_at=Instant, renew_at=Instant, comment_at=Instant)


@lru_cache
def _release(dialect: str) -> TextClause:
    given = rows_from({"account_id": "text", "fence": "integer", "earliest": "timestamptz"}, dialect)
    first = (
        "(SELECT min(n.due_at) FROM (SELECT d.due_at FROM deliveries d"
        " WHERE d.account_id = lanes.account_id AND d.state IN ('planned', 'doubtful')"
        " UNION ALL SELECT c.due_at FROM comments c"
        " WHERE c.account_id = lanes.account_id AND c.due_at IS NOT NULL) AS n)"
    )
    later = f"CASE WHEN given.earliest IS NOT NULL AND {first} < given.earliest THEN given.earliest ELSE {first} END"
    return text(
        f"UPDATE lanes SET lease_owner = NULL, lease_until = NULL, next_due_at = {later}"
        f" FROM ({given}) AS given WHERE lanes.account_id = given.account_id AND lanes.fence = given.fence"
    )


@lru_cache
def _hurry(dialect: str) -> TextClause:
    return text(
        f"UPDATE lanes SET next_due_at = :at WHERE account_id IN ({_given(dialect)})"
        " AND (next_due_at IS NULL OR next_due_at > :at)"
    ).bindparams(bindparam("at", type_=Instant))
