"""What the claim looks at before it lets a delivery out: fence, account, consent under lock, pauses, holds, caps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import TextClause, TextualSelect, bindparam, text

from engine.model.permit import DAY, NO_CAPS, Asked, Caps, Refusal, permit
from engine.store.bulk import packed, rows_from
from engine.store.consents import read_head
from engine.store.tables import Instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

LOST_LANE = Refusal("Another worker holds this account's lane.")


@dataclass(frozen=True, slots=True)
class _Row:
    """A claim's surroundings, in the order of the SELECT."""

    delivery_id: str
    account_id: str
    workspace_id: str
    platform: str
    person_id: str | None
    account_state: str
    mapping_id: str
    mapping: str
    released_at: datetime
    max_age_s: int
    lane_fence: int
    fence: int
    given: bool | None
    terms: str | None
    seq: int | None


def refusals(
    connection: Connection, claims: Sequence[tuple[str, str, int]], now: datetime, company: Caps = NO_CAPS
) -> dict[str, Refusal]:
    """Return why claims, given as (account, delivery, fence), may not go out; a delivery that may is absent."""
    dialect = connection.dialect.name
    parameters = {"rows": packed(sorted(claims))}
    if dialect == "postgresql":
        connection.execute(_hold_heads(), parameters)
    rows = [_Row(*row) for row in connection.execute(_surroundings(dialect), parameters)]
    capped = [row.account_id for row in rows if row.person_id or company != NO_CAPS]
    around = _Around(_pauses(connection), _held(connection, now), _recent(connection, capped, now), company)
    found = {row.delivery_id: _refusal(row, around, now) for row in rows}
    known = {delivery: refusal for delivery, refusal in found.items() if refusal is not None}
    gone = {delivery: LOST_LANE for _, delivery, _ in claims if delivery not in found}
    return known | gone


class _Around(NamedTuple):
    """What holds for many claims: pauses with their reasons, held buckets, and when accounts published in a day."""

    pauses: dict[tuple[str, str, str], str]
    held: dict[tuple[str, str, str], tuple[datetime, str]]
    recent: dict[str, list[datetime]]
    company: Caps


def _refusal(row: _Row, around: _Around, now: datetime) -> Refusal | None:
    if row.lane_fence != row.fence:
        return LOST_LANE
    head = None
    if row.terms is not None:
        head = read_head(row.account_id, bool(row.given), row.terms, row.seq or 0)
    buckets = (("account", row.account_id), ("platform", row.platform), ("workspace", row.workspace_id))
    places = [(row.workspace_id, *bucket) for bucket in buckets]
    holds = [around.held[place] for place in places if place in around.held]
    until, note = max(holds, default=(None, ""))
    scope, paused = _paused(row, around.pauses) if around.pauses else ("", "")
    asked = Asked(
        mapping=row.mapping,
        personal=row.person_id is not None,
        head=head,
        account_live=row.account_state == "live",
        released_at=row.released_at,
        max_age=timedelta(seconds=row.max_age_s),
        paused=paused,
        alone=scope == "mapping",
        held_until=until,
        held_note=note,
        recent=around.recent.get(row.account_id, ()),
        company=around.company,
    )
    return permit(asked, now)


def _paused(row: _Row, pauses: dict[tuple[str, str, str], str]) -> tuple[str, str]:
    """Return the scope and the sentence of the widest pause that covers a delivery, a mapping's own last."""
    scopes = (
        ("", "everything", ""),
        (row.workspace_id, "everything", ""),
        (row.workspace_id, "workspace", row.workspace_id),
        (row.workspace_id, "platform", row.platform),
        (row.workspace_id, "account", row.account_id),
        (row.workspace_id, "mapping", row.mapping_id),
    )
    for scope in scopes:
        if scope in pauses:
            what = {"everything": "Everything", "workspace": "The workspace"}.get(scope[1], f"The {scope[1]}")
            reason = pauses[scope]
            return scope[1], f"{what} is paused{f': {reason}' if reason else ''}."
    return "", ""


def _pauses(connection: Connection) -> dict[tuple[str, str, str], str]:
    rows = connection.execute(_PAUSES)
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _held(connection: Connection, now: datetime) -> dict[tuple[str, str, str], tuple[datetime, str]]:
    rows = connection.execute(_HELD, {"now": now})
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}


def _recent(connection: Connection, accounts: Sequence[str], now: datetime) -> dict[str, list[datetime]]:
    """Return when these accounts published in the last day; what may be out counts as out."""
    if not accounts:
        return {}
    parameters = {"rows": packed([account] for account in accounts), "since": now - DAY}
    recent: dict[str, list[datetime]] = {}
    for account, at in connection.execute(_sends(connection.dialect.name), parameters):
        recent.setdefault(account, []).append(at)
    return {account: sorted(times) for account, times in recent.items()}


_PAUSES = text("SELECT workspace_id, scope, key, reason FROM pauses")
_HELD = (
    text("SELECT workspace_id, scope, key, held_until, note FROM budgets WHERE held_until > :now")
    .bindparams(bindparam("now", type_=Instant))
    .columns(held_until=Instant)
)
_GIVEN = {"account_id": "text", "delivery_id": "text", "fence": "integer"}


@lru_cache
def _hold_heads() -> TextClause:
    """Hold the consent heads for reading, in one order: no withdrawal commits before this transaction."""
    given = f"SELECT g.account_id FROM ({rows_from(_GIVEN, 'postgresql')}) AS g"
    return text(f"SELECT account_id FROM consent_heads WHERE account_id IN ({given}) ORDER BY account_id FOR SHARE")


@lru_cache
def _surroundings(dialect: str) -> TextualSelect:
    return text(
        "SELECT d.id, d.account_id, d.workspace_id, a.platform, a.person_id, a.state, d.mapping_id, m.name,"
        " d.released_at, d.max_age_s, l.fence, g.fence, h.given, h.terms, h.seq"
        f" FROM ({rows_from(_GIVEN, dialect)}) AS g"
        " JOIN deliveries d ON d.id = g.delivery_id"
        " JOIN lanes l ON l.account_id = g.account_id"
        " JOIN accounts a ON a.workspace_id = d.workspace_id AND a.id = g.account_id"
        " JOIN mappings m ON m.workspace_id = d.workspace_id AND m.id = d.mapping_id"
        " LEFT JOIN consent_heads h ON h.workspace_id = d.workspace_id AND h.account_id = g.account_id"
    ).columns(released_at=Instant)


@lru_cache
def _sends(dialect: str) -> TextualSelect:
    given = rows_from({"account_id": "text"}, dialect)
    return (
        text(
            "SELECT d.account_id, d.sent_at AS at"
            f" FROM ({given}) AS g JOIN deliveries d ON d.account_id = g.account_id"
            " WHERE d.sent_at > :since"
            " UNION ALL SELECT d.account_id, d.updated_at AS at"
            f" FROM ({given}) AS g JOIN deliveries d ON d.account_id = g.account_id"
            " WHERE d.state IN ('sending', 'doubtful', 'check_needed') AND d.updated_at > :since"
        )
        .bindparams(bindparam("since", type_=Instant))
        .columns(at=Instant)
    )
