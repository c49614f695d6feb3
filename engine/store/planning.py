"""From a part of a plan to deliveries: one statement for many rows, and the lanes of their accounts.

The order of locks is lanes, the route, deliveries; whoever plans for an account, or sends for it, holds its lane.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import TextClause, bindparam, text

from engine.ids import new_id
from engine.model.birth import LOST, NO_TEXT, PLANNED, TOLD_FIRST, Owner, birth
from engine.model.consent import Head
from engine.store import lanes, traces, wordings
from engine.store.bulk import packed, rows_from
from engine.store.columns import stamp
from engine.store.consents import read_terms
from engine.store.tables import Instant
from engine.store.traces import Trace
from engine.store.wordings import Network

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.model.birth import Birth


class Entry(NamedTuple):
    """One delivery to be made; `due_at` is a stamp."""

    delivery_id: str
    account_id: str
    content_id: str
    due_at: str


@dataclass(frozen=True, slots=True)
class Part:
    """Deliveries of one sink. On a `distinct` platform each account gets one of `texts` that no other one says.

    `round` counts from 0 which publication of the post it is.
    """

    sink: str
    version_id: str
    max_age_s: int
    approval: str
    entries: Sequence[Entry]
    distinct: str = ""
    texts: Sequence[str] = ()
    round: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """The route that a plan belongs to."""

    route_id: str
    workspace_id: str
    post_id: str
    mapping_id: str
    mapping: str


@dataclass(frozen=True, slots=True)
class Made:
    """How many deliveries were made, and the accounts for which one is due now."""

    count: int = 0
    due: tuple[str, ...] = ()


def lock_lanes(connection: Connection, parts: Sequence[Part]) -> None:
    """Hold the lanes of these accounts for this transaction; SQLite has one writer and needs no lock."""
    if connection.dialect.name == "postgresql":
        lanes.lock(connection, sorted({entry.account_id for part in parts for entry in part.entries}))


def make(connection: Connection, way: Way, parts: Sequence[Part], now: datetime) -> Made:
    """Make the deliveries of these parts, with a trace of what was made and what was not and why."""
    count, due = 0, list[str]()
    for part in parts:
        made = _make(connection, way, part, now)
        count += made.count
        due += made.due
    return Made(count, tuple(due))


def _make(connection: Connection, way: Way, part: Part, now: datetime) -> Made:
    groups, silent = _groups(connection, way, part, now)
    if part.distinct:
        groups = _dealt(connection, way, part, groups, now)
    counts: dict[Birth, int] = {}
    for begun, entries in groups.items():
        rows = packed(entries)
        counts[begun] = _insert(connection, way, part, (begun, rows), now)
        if begun == PLANNED:
            connection.execute(_lower(connection.dialect.name), {"rows": rows})
    count, asked = sum(counts.values()), sum(map(len, groups.values()))
    others = _planned_by_others(connection, way, part) if count < asked else Counter[str]()
    gone = len(part.entries) - asked - silent
    sentences = _sentences(counts, {"silent": silent, "gone": gone}, others, len(part.entries))
    traces.write(
        connection,
        (
            Trace(new_id(), way.workspace_id, way.post_id, what, sentence, now, part.sink, way.mapping_id)
            for what, sentence in sentences
        ),
    )
    today = stamp(now)
    return Made(count, tuple(entry.account_id for entry in groups.get(PLANNED, ()) if entry.due_at <= today))


def _groups(connection: Connection, way: Way, part: Part, now: datetime) -> tuple[dict[Birth, list[Entry]], int]:
    """Sort entries by how their deliveries begin, and count the owners who have not consented."""
    entries = {entry.account_id: entry for entry in part.entries}
    found = connection.execute(_owners(connection.dialect.name), {"rows": packed([account] for account in entries)})
    groups: dict[Birth, list[Entry]] = {}
    silent = 0
    for personal, state, given, terms, accounts in found.fetchall():
        alike = [entries[account] for account in accounts.split(",")]
        owner = _owner(terms, personal=bool(personal), live=state == "live", given=bool(given))
        begun = birth(owner, way.mapping, approval=part.approval, now=now)
        if begun is None:
            silent += len(alike)
        else:
            groups.setdefault(begun, []).extend(alike)
    return groups, silent


def _dealt(
    connection: Connection, way: Way, part: Part, groups: dict[Birth, list[Entry]], now: datetime
) -> dict[Birth, list[Entry]]:
    """Give each entry a text of its own, in the order of the plan; those for whom none is left are blocked."""
    begins = {entry.account_id: begun for begun, entries in groups.items() for entry in entries}
    already = set(_planned_for(connection, way, part, list(begins)))
    wanted = [entry.account_id for entry in part.entries if entry.account_id in begins.keys() - already]
    texts = wordings.deal(connection, Network(way.workspace_id, part.distinct), wanted, part.texts, now)
    dealt: dict[Birth, list[Entry]] = {}
    for entry in part.entries:
        if (begun := begins.get(entry.account_id)) is None:
            continue
        if (content := texts.get(entry.account_id)) is not None:
            dealt.setdefault(begun, []).append(entry._replace(content_id=content))
        else:
            dealt.setdefault(begun if entry.account_id in already else NO_TEXT, []).append(entry)
    return dealt


def _planned_for(connection: Connection, way: Way, part: Part, accounts: Sequence[str]) -> Iterable[str]:
    """Return for which of these accounts this round of the post is planned already."""
    parameters = {"rows": packed([one] for one in accounts), "post": way.post_id, "round": part.round}
    return connection.execute(_planned_before(connection.dialect.name), parameters).scalars()


def _owner(terms: str | None, *, personal: bool, live: bool, given: bool) -> Owner:
    head = Head(account_id="", given=given, terms=read_terms(terms), seq=0) if terms is not None else None
    return Owner(personal=personal, live=live, head=head)


def _insert(connection: Connection, way: Way, part: Part, group: tuple[Birth, str], now: datetime) -> int:
    begun, rows = group
    parameters = {
        "rows": rows, "workspace": way.workspace_id, "mapping": way.mapping_id, "version": part.version_id,
        "route": way.route_id, "post": way.post_id, "sink": part.sink, "state": begun.state.value,
        "reason": str(begun.reason), "detail": begun.detail, "max_age": part.max_age_s, "now": now, "round": part.round,
    }  # fmt: skip
    return connection.execute(_insert_into(connection.dialect.name), parameters).rowcount


def _planned_by_others(connection: Connection, way: Way, part: Part) -> Counter[str]:
    """Return for how many of these accounts the post was planned before, by which mapping's sink."""
    mine = {entry.delivery_id for entry in part.entries}
    accounts = packed([entry.account_id] for entry in part.entries)
    parameters = {"rows": accounts, "post": way.post_id, "round": part.round}
    found = connection.execute(_others(connection.dialect.name), parameters)
    return Counter(f"{row.name}, sink {row.sink}" for row in found if row.id not in mine)


def _sentences(
    counts: dict[Birth, int], refused: dict[str, int], others: Counter[str], total: int
) -> Iterable[tuple[str, str]]:
    waiting = sum(count for begun, count in counts.items() if begun not in {PLANNED, TOLD_FIRST, LOST, NO_TEXT})
    said = (
        (waiting, "waiting for an approval"),
        (counts.get(TOLD_FIRST, 0), "whose owner is told first"),
        (counts.get(LOST, 0), "blocked until the account is connected again"),
        (counts.get(NO_TEXT, 0), "blocked, since no text is left that no other account says"),
        (refused["silent"], "without a consent that covers it"),
        (refused["gone"], "for accounts that are there no more"),
    )
    more = "".join(f"; {count} {what}" for count, what in said if count)
    accounts = "account" if total == 1 else "accounts"
    yield "planned", f"Planned for {counts.get(PLANNED, 0)} of {total} {accounts}{more}."
    for who, count in others.items():
        yield "already", f"Already planned by {who}, for {count} of these accounts."


_ENTRY = {"delivery_id": "text", "account_id": "text", "content_id": "text", "due_at": "timestamptz"}
_ACCOUNT = {"account_id": "text"}


@lru_cache
def _owners(dialect: str) -> TextClause:
    """Return a row for each kind of owner, with all the accounts of that kind: most of an audience are alike."""
    together = "group_concat(a.id, ',')" if dialect == "sqlite" else "string_agg(a.id, ',')"
    return text(
        f"SELECT a.person_id IS NOT NULL AS personal, a.state, h.given, h.terms, {together}"
        f" FROM ({rows_from(_ACCOUNT, dialect)}) AS g JOIN accounts a ON a.id = g.account_id"
        " LEFT JOIN consent_heads h ON h.account_id = a.id AND h.workspace_id = a.workspace_id"
        " GROUP BY a.person_id IS NOT NULL, a.state, h.given, h.terms"
    )


@lru_cache
def _insert_into(dialect: str) -> TextClause:
    return text(
        "INSERT INTO deliveries (workspace_id, id, mapping_id, version_id, route_id, post_id, sink, account_id, round,"
        " content_id, state, reason, detail, due_at, released_at, max_age_s, tries, created_at, updated_at)"
        " SELECT :workspace, g.delivery_id, :mapping, :version, :route, :post, :sink, g.account_id, :round,"
        " g.content_id, :state, :reason, :detail, g.due_at, g.due_at, :max_age, 0, :now, :now"
        f" FROM ({rows_from(_ENTRY, dialect)}) AS g WHERE true"
        " ON CONFLICT (account_id, post_id, round) DO NOTHING"
    ).bindparams(bindparam("now", type_=Instant))


@lru_cache
def _lower(dialect: str) -> TextClause:
    return text(
        f"UPDATE lanes SET next_due_at = g.due_at FROM ({rows_from(_ENTRY, dialect)}) AS g"
        " WHERE lanes.account_id = g.account_id AND (lanes.next_due_at IS NULL OR lanes.next_due_at > g.due_at)"
    )


@lru_cache
def _planned_before(dialect: str) -> TextClause:
    return text(
        f"SELECT d.account_id FROM ({rows_from(_ACCOUNT, dialect)}) AS g"
        " JOIN deliveries d ON d.account_id = g.account_id AND d.post_id = :post AND d.round = :round"
    )


@lru_cache
def _others(dialect: str) -> TextClause:
    return text(
        f"SELECT d.id, m.name, d.sink FROM ({rows_from(_ACCOUNT, dialect)}) AS g"
        " JOIN deliveries d ON d.account_id = g.account_id AND d.post_id = :post AND d.round = :round"
        " JOIN mappings m ON m.id = d.mapping_id AND m.workspace_id = d.workspace_id"
    )
