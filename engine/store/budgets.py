"""Budgets: buckets that a platform asked us to hold, and windows of which each claim takes its part.

The order of locks is lanes, consent heads, windows by their names, deliveries.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import TextClause, TextualSelect, and_, bindparam, func, select, text

from engine.model.budget import MONEY, Bucket, Level, allot
from engine.model.delivery import Reason, State
from engine.store import lanes
from engine.store.bulk import packed, rows_from
from engine.store.tables import Instant, accounts, deliveries
from engine.store.tables import budget_windows as windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from engine.model.budget import Take
    from engine.model.permit import Refusal

_HOLD = text(
    "INSERT INTO budgets (workspace_id, scope, key, held_until, note) VALUES (:workspace, :scope, :key, :until, :note)"
    " ON CONFLICT (workspace_id, scope, key) DO UPDATE SET held_until = excluded.held_until, note = excluded.note"
    " WHERE budgets.held_until IS NULL OR budgets.held_until < excluded.held_until"
).bindparams(bindparam("until", type_=Instant))

_HOLDS = "workspace_id = :workspace AND scope = 'platform' AND key = :platform AND held_until > :now"
_HELD = (
    text(f"SELECT held_until FROM budgets WHERE {_HOLDS}")
    .bindparams(bindparam("now", type_=Instant))
    .columns(held_until=Instant)
)
_LET_GO = text(f"UPDATE budgets SET held_until = NULL, note = '' WHERE {_HOLDS}").bindparams(
    bindparam("now", type_=Instant)
)
# What was refused before its attempt was written is due when the hold ends.
_REFUSED = text(
    "UPDATE deliveries SET due_at = :now WHERE workspace_id = :workspace AND state = 'planned' AND due_at > :now"
    " AND account_id IN (SELECT l.account_id FROM lanes l"
    " WHERE l.workspace_id = :workspace AND l.platform = :platform)"
    " AND (due_at = :until OR EXISTS (SELECT 1 FROM attempts a WHERE a.workspace_id = :workspace"
    " AND a.delivery_id = deliveries.id AND a.outcome = 'rate_limited'))"
).bindparams(bindparam("now", type_=Instant), bindparam("until", type_=Instant))


class Use(NamedTuple):
    """How much of a window is used; `who` is the account's name, or the platform or workspace that it is of."""

    scope: str
    who: str
    name: str
    used: int
    cap: int | None
    ends_at: datetime


def hold(connection: Connection, workspace_id: str, scope: str, key: str, until: datetime, note: str) -> None:
    """Hold a bucket until a time; a longer hold that is already there stays."""
    connection.execute(_HOLD, {"workspace": workspace_id, "scope": scope, "key": key, "until": until, "note": note})


def let_go(connection: Connection, workspace_id: str, platform: str, now: datetime) -> bool:
    """End the hold of a platform, and try at once what it had refused; tells whether it was held."""
    given = {"workspace": workspace_id, "platform": platform, "now": now}
    until = connection.execute(_HELD, given).scalar()
    if until is None:
        return False
    lanes.wake_all(connection, workspace_id, now)
    connection.execute(_REFUSED, given | {"until": until})
    connection.execute(_LET_GO, given)
    return True


def refusals(connection: Connection, wanted: Mapping[str, Sequence[Take]], now: datetime) -> dict[str, Refusal]:
    """Return why deliveries find no room in the windows that they want to take from; hold these windows from now on."""
    if not wanted:
        return {}
    takes = {take.bucket: take for take in chain.from_iterable(wanted.values())}  # `allot` asks each for its own cap
    rows = packed(
        (*bucket, 0, take.cap, take.starts_at, take.ends_at) for bucket, take in sorted(takes.items())
    )  # in one order, so that two groups never wait for each other
    found = connection.execute(_look(connection.dialect.name), {"rows": rows, "now": now})
    return allot(wanted, {Bucket(*row[:4]): Level(*row[4:]) for row in found})


def spend(connection: Connection, takes: Iterable[Take]) -> None:
    """Take from windows that this transaction holds."""
    taken = list(takes)
    # Claims of one transaction have a time each, and an UPDATE counts one row of those that name the same window.
    begun = {take.bucket: take.starts_at for take in taken}
    _move(connection, ((*take.bucket, begun[take.bucket], take.amount) for take in taken))


def give_back(connection: Connection, takes: Iterable[Take]) -> None:
    """Give back what was taken for nothing, where the window still runs that it was taken from."""
    _move(connection, ((*take.bucket, take.starts_at, -take.amount) for take in takes))


def uses(connection: Connection, workspace_id: str, now: datetime) -> list[Use]:
    """Return the windows of a workspace that run now; money has a call of its own."""
    owner = and_(accounts.c.workspace_id == windows.c.workspace_id, accounts.c.id == windows.c.key)
    columns = (windows.c.scope, accounts.c.name, windows.c.key, windows.c.name, windows.c.used, windows.c.cap)
    query = (
        select(*columns, windows.c.ends_at)
        .outerjoin(accounts, owner)
        .where(windows.c.workspace_id == workspace_id, windows.c.name != MONEY, windows.c.ends_at > now)
        .order_by(windows.c.scope, accounts.c.name, windows.c.key, windows.c.name)
    )
    return [Use(scope, name or key, *rest) for scope, name, key, *rest in connection.execute(query)]


def money(connection: Connection, workspace_id: str) -> Level | None:
    """Return a workspace's money as it was last written; None where nothing was ever spent or allowed."""
    columns = (windows.c.used, windows.c.cap, windows.c.starts_at, windows.c.ends_at)
    row = connection.execute(select(*columns).where(*_money_of(workspace_id))).first()
    return Level(*row) if row is not None else None


def lacking(connection: Connection, workspace_id: str) -> int:
    """Count the deliveries of a workspace that wait for money."""
    poor = (deliveries.c.state == State.BLOCKED, deliveries.c.reason == Reason.MONEY)
    query = select(func.count()).where(deliveries.c.workspace_id == workspace_id, *poor)
    return int(connection.execute(query).scalar_one())


def set_money(connection: Connection, workspace_id: str, cap: int | None, period: tuple[datetime, datetime]) -> None:
    """Allow a workspace so much in the period that runs now, and in each that follows; None is no limit."""
    row = (workspace_id, "workspace", workspace_id, MONEY, 0, cap, *period)
    connection.execute(_set_cap(connection.dialect.name), {"rows": packed([row])})


def turned(connection: Connection, now: datetime, period: tuple[datetime, datetime]) -> list[str]:
    """Begin the period that runs now where an earlier one has ended, and return the workspaces."""
    starts, ends = period
    return list(connection.execute(_TURN, {"now": now, "starts": starts, "ends": ends}).scalars())


def _move(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    amounts = Counter[tuple[Any, ...]]()
    for *place, amount in rows:
        amounts[tuple(place)] += amount
    if amounts:
        given = packed((*place, amount) for place, amount in sorted(amounts.items()))
        connection.execute(_used(connection.dialect.name), {"rows": given})


def _money_of(workspace_id: str) -> tuple[ColumnElement[bool], ...]:
    mine = {"workspace_id": workspace_id, "scope": "workspace", "key": workspace_id, "name": MONEY}
    return tuple(windows.c[name] == value for name, value in mine.items())


_KEY = dict.fromkeys(Bucket._fields, "text")
_LEVEL = dict(zip(Level._fields, ("bigint", "bigint", "timestamptz", "timestamptz"), strict=True))
_COLUMNS = ", ".join((*_KEY, *_LEVEL))


def _given(dialect: str) -> str:
    return (
        f"INSERT INTO budget_windows ({_COLUMNS}) SELECT * FROM ({rows_from(_KEY | _LEVEL, dialect)}) AS g WHERE true"
        f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET"
    )


@lru_cache
def _look(dialect: str) -> TextualSelect:
    """Hold windows; one that is over begins anew. None ends later than one that began now: the clock was set back."""
    over = "budget_windows.ends_at <= :now"
    return (
        text(
            f"{_given(dialect)} used = CASE WHEN {over} THEN 0 ELSE budget_windows.used END,"
            " cap = coalesce(excluded.cap, budget_windows.cap),"
            f" starts_at = CASE WHEN {over} THEN excluded.starts_at ELSE budget_windows.starts_at END,"
            f" ends_at = CASE WHEN {over} OR budget_windows.ends_at > excluded.ends_at THEN excluded.ends_at"
            f" ELSE budget_windows.ends_at END RETURNING {_COLUMNS}"
        )
        .bindparams(bindparam("now", type_=Instant))
        .columns(starts_at=Instant, ends_at=Instant)
    )


@lru_cache
def _set_cap(dialect: str) -> TextClause:
    return text(f"{_given(dialect)} cap = excluded.cap")


@lru_cache
def _used(dialect: str) -> TextClause:
    given = rows_from({**_KEY, "starts_at": "timestamptz", "amount": "bigint"}, dialect)
    same = " AND ".join(f"budget_windows.{name} = g.{name}" for name in _KEY)
    return text(
        f"UPDATE budget_windows SET used = used + g.amount FROM ({given}) AS g"
        f" WHERE {same} AND (g.amount > 0 OR budget_windows.starts_at = g.starts_at)"
    )


_TURN = text(
    "UPDATE budget_windows SET used = 0, starts_at = :starts, ends_at = :ends"
    f" WHERE name = '{MONEY}' AND ends_at <= :now RETURNING workspace_id"
).bindparams(*(bindparam(name, type_=Instant) for name in ("now", "starts", "ends")))
