"""Accounts: identities on platforms, each with its lane. Whatever changes one locks its lane first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import and_, bindparam, delete, select, text, update

from engine.errors import ConflictError, NotFoundError
from engine.ids import new_id
from engine.model.delivery import Reason, State
from engine.store import events, lanes
from engine.store.bulk import insert, packed, rows_from
from engine.store.paged import paged
from engine.store.tables import accounts, budget_windows, budgets, deliveries, grants, pauses, traces
from engine.store.tables import lanes as lane_rows
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

LIVE: Literal["live"] = "live"
LOST: Literal["lost"] = "lost"


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account. `settings` is JSON; `state` is live or lost; `note` says why it is lost.

    One without a person is the company's own; an implicit one stands for a sink that has no accounts. `remote_id` is
    who it is on its platform, None where that is not known: no two accounts of a workspace are the same there.
    """

    id: str
    workspace_id: str
    name: str
    platform: str
    created_at: datetime
    person_id: str | None = None
    settings: str = "{}"
    state: str = LIVE
    note: str = ""
    implicit: bool = False
    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class ImplicitSink:
    """A sink that publishes to its own address: it has one account in its mapping. `platform` is its kind."""

    workspace_id: str
    mapping_id: str
    mapping: str
    sink: str
    platform: str


FIELDS: Final = tuple(AccountRow.__dataclass_fields__)
_ALL = select(*(accounts.c[name] for name in FIELDS))
_HERE = _ALL.where(accounts.c.workspace_id == bindparam("workspace"))
_PAGE = _HERE.where(accounts.c.id > bindparam("after")).order_by(accounts.c.id)
_ONE = _HERE.where(accounts.c.id == bindparam("id"))
_IDS_OF = select(accounts.c.id).where(
    accounts.c.workspace_id == bindparam("workspace"), accounts.c.person_id == bindparam("person")
)


def add(connection: Connection, account: AccountRow) -> None:
    """Keep a new account with its lane; raises ConflictError where its name is taken."""
    if not _insert(connection, account):
        message = f"An account called {account.name} is there already: choose another name."
        raise ConflictError(message)


@no_snapshot
def listed(connection: Connection, workspace_id: str) -> list[AccountRow]:
    """Return the accounts of a workspace by name, the implicit ones included."""
    rows = connection.execute(_ALL.where(accounts.c.workspace_id == workspace_id))
    return sorted((AccountRow(*row) for row in rows), key=lambda row: row.name)


@no_snapshot
def page(connection: Connection, workspace_id: str, after: str, most: int) -> list[AccountRow]:
    """Return so many accounts, the implicit ones included, oldest first: those after an id."""
    given = {"workspace": workspace_id, "after": after}
    return [AccountRow(*row) for row in connection.execute(paged(_PAGE, most), given).all()]


@no_snapshot
def ids_of(connection: Connection, workspace_id: str, person_id: str) -> list[str]:
    """Return the accounts of a person, by id."""
    return list(connection.scalars(_IDS_OF, {"workspace": workspace_id, "person": person_id}))


@no_snapshot
def get(connection: Connection, workspace_id: str, account_id: str) -> AccountRow:
    """Return an account by its id; raises NotFoundError."""
    row = connection.execute(_ONE, {"workspace": workspace_id, "id": account_id}).first()
    return AccountRow(*tuple(_found(row, account_id)))


@no_snapshot
def by_name(connection: Connection, workspace_id: str, name: str) -> AccountRow:
    """Return an account by its name; raises NotFoundError."""
    query = _ALL.where(accounts.c.workspace_id == workspace_id, accounts.c.name == name)
    return AccountRow(*tuple(_found(connection.execute(query).first(), name)))


@no_snapshot
def by_names(connection: Connection, workspace_id: str, names: Sequence[str]) -> dict[str, AccountRow]:
    """Return those of these accounts that are there, by name."""
    query = _ALL.where(accounts.c.workspace_id == workspace_id, accounts.c.name.in_(names))
    return {row.name: AccountRow(*row) for row in connection.execute(query)}


def ending(connection: Connection, workspace_id: str, before: datetime) -> list[tuple[str, datetime]]:
    """Return accounts whose right to be used ends before a time and cannot be renewed, with that end: soonest first."""
    lives = (accounts.c.workspace_id == workspace_id, accounts.c.state == LIVE)
    theirs = and_(grants.c.workspace_id == accounts.c.workspace_id, grants.c.account_id == accounts.c.id)
    query = select(accounts.c.name, grants.c.expires_at).join(grants, theirs).where(*lives)
    ends = query.where(grants.c.renew_at.is_(None), grants.c.expires_at <= before).order_by(grants.c.expires_at)
    return [(row.name, row.expires_at) for row in connection.execute(ends)]


def by_remote_id(connection: Connection, workspace_id: str, platform: str, remote_id: str) -> AccountRow | None:
    """Return the account that is this identity on its platform, None where nobody has connected it."""
    mine = (accounts.c.workspace_id == workspace_id, accounts.c.platform == platform)
    row = connection.execute(_ALL.where(*mine, accounts.c.remote_id == remote_id)).first()
    return AccountRow(*row) if row is not None else None


def set_identity(
    connection: Connection, workspace_id: str, account_id: str, *, remote_id: str | None, settings: str
) -> None:
    """Say who an account is on its platform, with what is public of it."""
    mine = (accounts.c.workspace_id == workspace_id, accounts.c.id == account_id)
    connection.execute(update(accounts).where(*mine).values(remote_id=remote_id, settings=settings))


def implicit(connection: Connection, sink: ImplicitSink, now: datetime) -> str:
    """Return the id of the account that stands for a sink, made at the first time.

    Raises ConflictError where somebody has given its name to another account.
    """
    name = f"{sink.mapping}/{sink.sink}"
    settings = json.dumps({"mapping": sink.mapping_id, "sink": sink.sink})
    made = AccountRow(
        new_id(), sink.workspace_id, name, sink.platform, created_at=now, settings=settings, implicit=True
    )
    if _insert(connection, made):
        return made.id
    there = by_name(connection, sink.workspace_id, name)
    if not there.implicit:
        message = f"The account {name} has the name that the sink {sink.sink} of {sink.mapping} needs: rename it."
        raise ConflictError(message)
    if there.platform != sink.platform:
        _set_platform(connection, there, sink.platform)
    return there.id


def set_settings(connection: Connection, workspace_id: str, account_id: str, settings: str) -> None:
    """Give an account other settings, as JSON; whoever holds its lane goes on with those it has read."""
    lock_lane(connection, workspace_id, account_id)
    change = update(accounts).where(accounts.c.workspace_id == workspace_id, accounts.c.id == account_id)
    connection.execute(change.values(settings=settings))


def set_state(
    connection: Connection,
    workspace_id: str,
    account_id: str,
    state: Literal["live", "lost"],
    *,
    note: str = "",
    now: datetime,
) -> int:
    """Mark an account lost, or connected again; returns how many of its deliveries that moved.

    A lost account blocks what is planned; what waits for approval goes on waiting, since the claim would refuse it
    anyway and it must not come back planned without its approval. Connecting again plans what the loss had blocked.
    """
    lock_lane(connection, workspace_id, account_id)
    change = update(accounts).where(accounts.c.workspace_id == workspace_id, accounts.c.id == account_id)
    if connection.execute(change.where(accounts.c.state != state).values(state=state)).rowcount:
        said = {"detail": note}
        events.write(connection, [events.news(workspace_id, f"account.{state}", now, said, account_id=account_id)])
    connection.execute(change.values(note=note if state == LOST else ""))
    mine = update(deliveries).where(deliveries.c.workspace_id == workspace_id, deliveries.c.account_id == account_id)
    if state == LOST:
        planned = mine.where(deliveries.c.state == State.PLANNED)
        return connection.execute(
            planned.values(state=State.BLOCKED, reason=Reason.ACCOUNT, detail=note, updated_at=now)
        ).rowcount
    blocked = mine.where(deliveries.c.state == State.BLOCKED, deliveries.c.reason == Reason.ACCOUNT)
    moved = connection.execute(blocked.values(state=State.PLANNED, reason="", detail="", updated_at=now)).rowcount
    lanes.hurry(connection, [account_id], now)
    return moved


def remove(connection: Connection, workspace_id: str, account_ids: Sequence[str]) -> list[str]:
    """Delete accounts and all that is theirs; returns the deliveries that were being sent and may still go out.

    The ledger stays true: the routes count neither these deliveries nor their branches any more.
    """
    for account_id in sorted(account_ids):
        lock_lane(connection, workspace_id, account_id)
    mine = and_(deliveries.c.workspace_id == workspace_id, deliveries.c.account_id.in_(account_ids))
    sending = select(deliveries.c.id).where(mine, deliveries.c.state == State.SENDING).order_by(deliveries.c.id)
    under_way = list(connection.scalars(sending))
    _uncount(connection, workspace_id, account_ids)
    posts, theirs = select(deliveries.c.post_id).where(mine), select(deliveries.c.id).where(mine)
    told = and_(traces.c.post_id.in_(posts), traces.c.delivery_id.in_(theirs))  # the posts lead to the index
    connection.execute(delete(traces).where(traces.c.workspace_id == workspace_id, told))
    connection.execute(delete(deliveries).where(mine))
    for table in (pauses, budgets, budget_windows):
        owned = and_(table.c.workspace_id == workspace_id, table.c.scope == "account", table.c.key.in_(account_ids))
        connection.execute(delete(table).where(owned))
    connection.execute(delete(accounts).where(accounts.c.workspace_id == workspace_id, accounts.c.id.in_(account_ids)))
    return under_way


def lock_lane(connection: Connection, workspace_id: str, account_id: str) -> None:
    """Hold an account's lane for this transaction: before its consent head and its deliveries, everywhere.

    Raises NotFoundError where there is no such account.
    """
    mine = (lane_rows.c.workspace_id == workspace_id, lane_rows.c.account_id == account_id)
    _found(connection.execute(select(lane_rows.c.account_id).where(*mine).with_for_update()).first(), account_id)


def _insert(connection: Connection, account: AccountRow) -> bool:
    row = tuple(getattr(account, name) for name in FIELDS)
    tail = "ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id"
    if insert(connection, accounts, FIELDS, [row], tail=tail).first() is None:
        return False
    lane = [(account.workspace_id, account.id, account.platform)]
    insert(connection, lane_rows, ("workspace_id", "account_id", "platform"), lane)
    return True


def _set_platform(connection: Connection, account: AccountRow, platform: str) -> None:
    """Follow a sink that became one of another kind under its old name."""
    mine = (accounts.c.workspace_id == account.workspace_id, accounts.c.id == account.id)
    connection.execute(update(accounts).where(*mine).values(platform=platform))
    connection.execute(update(lane_rows).where(lane_rows.c.account_id == account.id).values(platform=platform))


def _uncount(connection: Connection, workspace_id: str, account_ids: Sequence[str]) -> None:
    gone = rows_from({"account_id": "text"}, connection.dialect.name)
    statement = text(
        "UPDATE routes SET planned = planned - gone.n, branches = branches - gone.n"
        " FROM (SELECT route_id, count(*) AS n FROM deliveries"
        f" WHERE workspace_id = :workspace AND account_id IN ({gone}) GROUP BY route_id) AS gone"
        " WHERE routes.workspace_id = :workspace AND routes.id = gone.route_id"
    )
    connection.execute(statement, {"workspace": workspace_id, "rows": packed([each] for each in account_ids)})


def _found(row: Row[Any] | None, asked: str) -> Row[Any]:
    if row is None:
        message = f"There is no account {asked} in this workspace: `chappe accounts` lists them."
        raise NotFoundError(message)
    return row
