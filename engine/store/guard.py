"""What the claim looks at before it lets a delivery out: fence, account, consent under lock, pauses, holds, caps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from engine.model.permit import DAY, NO_CAPS, Asked, Caps, Refusal, caps_of, permit
from engine.store.bulk import Batch, moment
from engine.store.consents import read_head
from engine.store.tables import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.model.consent import Head

LOST_LANE = Refusal("Another worker holds this account's lane.")


def nobody_asks(platform: str, app: str) -> str:
    """Ask for no yes."""
    del platform, app
    return ""


class Rules(NamedTuple):
    """What holds for all accounts: the caps of the company's own, and which platforms want a person's yes.

    `asks` is pure: of a platform and its app's settings (JSON) it makes the sentence that asks for one, or nothing.
    """

    company: Caps = NO_CAPS
    asks: Callable[[str, str], str] = nobody_asks


NO_RULES = Rules()


class _Row(NamedTuple):
    """A claim's surroundings, in the order in which they are shown.

    `app` are the settings of the platform's app, `published` counts what is or may be out of the last day.
    """

    delivery_id: str
    account_id: str
    workspace_id: str
    platform: str
    person_id: str | None
    account_state: str
    mapping_id: str
    mapping: str
    released_at: str | datetime
    max_age_s: int
    approved_at: str | datetime | None
    app: str | None
    lane_fence: int
    fence: int
    given: bool | None
    terms: str | None
    seq: int | None
    published: int


def refusals(
    connection: Connection, claims: Sequence[tuple[str, str, int]], now: datetime, rules: Rules = NO_RULES
) -> dict[str, Refusal]:
    """Return why claims, given as (account, delivery, fence), may not go out; a delivery that may is absent."""
    since = stamp(now - DAY)
    asked = [(*claim, since) for claim in sorted(claims)]
    if connection.dialect.name == "postgresql":
        _HOLD_HEADS.show(connection, asked)
    rows = [_Row._make(row) for row in _SURROUNDINGS.show(connection, asked)]
    heads = [_head(row) for row in rows]
    near = [(row.account_id, since) for row, head in zip(rows, heads, strict=True) if _near(row, head, rules.company)]
    around = _Around(_pauses(connection), _held(connection, now), _recent(connection, near), rules)
    found = {row.delivery_id: _refusal(row, head, around, now) for row, head in zip(rows, heads, strict=True)}
    known = {delivery: refusal for delivery, refusal in found.items() if refusal is not None}
    gone = {delivery: LOST_LANE for _, delivery, _ in claims if delivery not in found}
    return known | gone


def comment_refusal(connection: Connection, claim: tuple[str, str, int], now: datetime) -> Refusal | None:
    """Return why the first comment below a delivery may not be written: what would stop a post, but for its caps."""
    asked = [(*claim, stamp(now - DAY))]
    if connection.dialect.name == "postgresql":
        _HOLD_HEADS.show(connection, asked)
    rows = [_Row._make(row) for row in _SURROUNDINGS.show(connection, asked)]
    if not rows or rows[0].lane_fence != rows[0].fence:
        return LOST_LANE
    around = _Around(_pauses(connection), _held(connection, now), {}, NO_RULES)
    return permit(replace(_asked(rows[0], _head(rows[0]), around), max_age=timedelta.max), now)


def _head(row: _Row) -> Head | None:
    return None if row.terms is None else read_head(row.account_id, bool(row.given), row.terms, row.seq or 0)


def _near(row: _Row, head: Head | None, company: Caps) -> bool:
    """Tell whether an account has published so much that its caps decide; else nobody looks at when that was."""
    caps = caps_of(personal=row.person_id is not None, head=head, company=company)
    return any(most is not None and row.published >= most for most in caps)


class _Around(NamedTuple):
    """What holds for many claims: pauses with their reasons, held buckets, and when accounts published in a day."""

    pauses: dict[tuple[str, str, str], str]
    held: dict[tuple[str, str, str], tuple[datetime, str]]
    recent: dict[str, list[datetime]]
    rules: Rules


def _refusal(row: _Row, head: Head | None, around: _Around, now: datetime) -> Refusal | None:
    if row.lane_fence != row.fence:
        return LOST_LANE
    return permit(_asked(row, head, around), now)


def _asked(row: _Row, head: Head | None, around: _Around) -> Asked:
    buckets = (("account", row.account_id), ("platform", row.platform), ("workspace", row.workspace_id))
    places = [(row.workspace_id, *bucket) for bucket in buckets]
    holds = [around.held[place] for place in places if place in around.held]
    until, note = max(holds, default=(None, ""))
    scope, paused = _paused(row, around.pauses) if around.pauses else ("", "")
    return Asked(
        mapping=row.mapping,
        personal=row.person_id is not None,
        head=head,
        account_live=row.account_state == "live",
        released_at=moment(row.released_at),
        max_age=timedelta(seconds=row.max_age_s),
        asks="" if row.approved_at is not None else around.rules.asks(row.platform, row.app or "{}"),
        paused=paused,
        alone=scope == "mapping",
        held_until=until,
        held_note=note,
        recent=around.recent.get(row.account_id, ()),
        company=around.rules.company,
    )


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
    rows = connection.exec_driver_sql("SELECT workspace_id, scope, key, reason FROM pauses").all()
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _held(connection: Connection, now: datetime) -> dict[tuple[str, str, str], tuple[datetime, str]]:
    rows = _HELD.show(connection, [(stamp(now),)])
    return {(row[0], row[1], row[2]): (moment(row[3]), row[4]) for row in rows}


def _recent(connection: Connection, accounts: Sequence[tuple[str, str]]) -> dict[str, list[datetime]]:
    """Return when accounts, each with a time, published since then, in order; what may be out counts as out."""
    recent: dict[str, list[datetime]] = {}
    for account, at in _SENDS.show(connection, accounts):
        recent.setdefault(account, []).append(moment(at))
    return {account: sorted(times) for account, times in recent.items()}


_HELD = Batch(
    {"now": "timestamptz"},
    "SELECT {shown} FROM {given} AS g JOIN budgets b ON b.held_until > g.now",
    shows=("b.workspace_id", "b.scope", "b.key", "b.held_until", "b.note"),
)
_GIVEN = {"account_id": "text", "delivery_id": "text", "fence": "integer", "since": "timestamptz"}
# The consent heads are held for reading, in one order: no withdrawal commits before this transaction.
_HOLD_HEADS = Batch(
    _GIVEN,
    "SELECT {shown} FROM consent_heads WHERE account_id IN (SELECT g.account_id FROM {given} AS g)"
    " ORDER BY account_id FOR SHARE",
    shows=("account_id",),
)
_SENT = "(SELECT count(*) FROM deliveries s WHERE s.account_id = g.account_id AND s.sent_at > g.since)"
_MAYBE_OUT = (
    "(SELECT count(*) FROM deliveries u WHERE u.account_id = g.account_id"
    " AND u.state IN ('sending', 'doubtful', 'check_needed') AND u.updated_at > g.since)"
)
_SURROUNDINGS = Batch(
    _GIVEN,
    "SELECT {shown} FROM {given} AS g"
    " JOIN deliveries d ON d.id = g.delivery_id"
    " JOIN lanes l ON l.account_id = g.account_id"
    " JOIN accounts a ON a.workspace_id = d.workspace_id AND a.id = g.account_id"
    " JOIN mappings m ON m.workspace_id = d.workspace_id AND m.id = d.mapping_id"
    " LEFT JOIN consent_heads h ON h.workspace_id = d.workspace_id AND h.account_id = g.account_id"
    " LEFT JOIN apps p ON p.workspace_id = d.workspace_id AND p.platform = a.platform",
    shows=(
        "d.id", "d.account_id", "d.workspace_id", "a.platform", "a.person_id", "a.state", "d.mapping_id", "m.name",
        "d.released_at", "d.max_age_s", "d.approved_at", "p.settings", "l.fence", "g.fence", "h.given",
        "h.terms", "h.seq", f"{_SENT} + {_MAYBE_OUT}",
    ),
)  # fmt: skip
_SENDS = Batch(
    {"account_id": "text", "since": "timestamptz"},
    "SELECT {shown} FROM {given} AS g JOIN ("
    " SELECT account_id, sent_at AS at FROM deliveries WHERE sent_at IS NOT NULL"
    " UNION ALL SELECT account_id, updated_at FROM deliveries WHERE state IN ('sending', 'doubtful', 'check_needed')"
    ") AS d ON d.account_id = g.account_id AND d.at > g.since",
    shows=("d.account_id", "d.at"),
)
