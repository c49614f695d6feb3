"""What people allow: an append-only chain for each person, and one head for each account that the claim reads.

Giving and withdrawing lock, in this order, the person, the account's lane and its head. A claim that comes first is
named in the answer; one that comes later sees the new head. So no claim commits after a withdrawal has committed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, case, false, literal, or_, select, true, update

from engine.errors import NotFoundError
from engine.ids import new_id
from engine.model.birth import OWNER_ASKS, told
from engine.model.consent import Head, Mode, Terms, chain_hash
from engine.model.delivery import Reason, State
from engine.store import lanes
from engine.store.accounts import lock_lane
from engine.store.bulk import insert
from engine.store.tables import Instant, accounts, consent_heads, consents, deliveries, mappings, people

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

BEGINNING = "0" * 64
OPERATOR_MOST = timedelta(days=30)
WITHDRAWN = "The owner withdrew the consent."
NARROWED = "The owner narrowed the consent, which no longer covers this."


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of consent did: its place in the chain, and how many deliveries it cancelled.

    `sending` is the one that had already begun and may still go out, if any.
    """

    seq: int
    cancelled: int
    sending: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """One link of a person's chain; `text` is the JSON that was hashed."""

    seq: int
    account_id: str
    prev_hash: str
    hash: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many records a chain has, and the number of the first that is not as it was written."""

    length: int
    broken_at: int | None


class _Who(NamedTuple):
    workspace_id: str
    person_id: str
    account_id: str


def give(
    connection: Connection, workspace_id: str, person_id: str, account_id: str, terms: Terms, now: datetime
) -> Effect:
    """Allow an account to be used under these terms, in place of earlier ones; what they do not cover is cancelled.

    What an operator typed in ends after 30 days at the latest. Raises NotFoundError where the person has no such
    account.
    """
    if terms.how == "operator":
        latest = now + OPERATOR_MOST
        terms = terms.model_copy(update={"until": min(terms.until or latest, latest)})
    before = _lock(connection, workspace_id, person_id, account_id)
    uncovered = _uncovered(workspace_id, terms, before)
    effect = _change(connection, _Who(workspace_id, person_id, account_id), (True, terms), uncovered, now)
    _tell(connection, workspace_id, account_id, terms, now)
    _hurry(connection, workspace_id, account_id, now)
    lanes.hurry(connection, [account_id], now)
    return effect


def withdraw(connection: Connection, workspace_id: str, person_id: str, account_id: str, now: datetime) -> Effect:
    """End the consent for an account: everything of it that is not being sent is cancelled.

    Withdrawing what was never given, or is withdrawn, is written down as well: the person said so. Raises
    NotFoundError where the person has no such account.
    """
    before = _lock(connection, workspace_id, person_id, account_id)
    terms = before.terms if before else Terms()
    return _change(connection, _Who(workspace_id, person_id, account_id), (False, terms), true(), now)


def head(connection: Connection, workspace_id: str, account_id: str) -> Head | None:
    """Return the live consent of an account, None where nobody ever said anything: silence is no."""
    mine = (consent_heads.c.workspace_id == workspace_id, consent_heads.c.account_id == account_id)
    row = connection.execute(_HEAD.where(*mine)).first()
    return read_head(*row) if row is not None else None


def read_head(account_id: str, given: bool, terms: str, seq: int) -> Head:  # noqa: FBT001  # the columns of the row
    """Make a head of its row."""
    return Head(account_id=account_id, given=given, terms=read_terms(terms), seq=seq)


@lru_cache(maxsize=10_000)
def read_terms(text: str) -> Terms:
    """Read terms as a head keeps them; most people of an audience have the same."""
    return Terms.model_validate_json(text)


def history(connection: Connection, workspace_id: str, person_id: str) -> list[Record]:
    """Return a person's chain, oldest first."""
    columns = (consents.c.seq, consents.c.account_id, consents.c.prev_hash, consents.c.hash, consents.c.record)
    query = select(*columns, consents.c.at).order_by(consents.c.seq)
    mine = (consents.c.workspace_id == workspace_id, consents.c.person_id == person_id)
    return [Record(*row) for row in connection.execute(query.where(*mine))]


def verify_chain(connection: Connection, workspace_id: str, person_id: str) -> Verdict:
    """Follow a person's chain from its beginning: every number, every hash, and every head that ends on it."""
    chain = history(connection, workspace_id, person_id)
    before = BEGINNING
    for number, record in enumerate(chain, 1):
        link = (record.seq, record.prev_hash, record.hash)
        if link != (number, before, chain_hash(before, number, record.text)):
            return Verdict(len(chain), number)
        before = record.hash
    last = {record.account_id: record for record in chain}
    mine = (consent_heads.c.workspace_id == workspace_id, consent_heads.c.person_id == person_id)
    heads = {row.account_id: read_head(*row) for row in connection.execute(_HEAD.where(*mine))}
    wrong = [each.seq for each in heads.values() if not _ends_on(each, last.get(each.account_id))]
    return Verdict(len(chain), min(wrong, default=None))


_HEAD = select(consent_heads.c.account_id, consent_heads.c.given, consent_heads.c.terms, consent_heads.c.seq)


def _ends_on(head: Head, record: Record | None) -> bool:
    if record is None or record.seq != head.seq:
        return False
    said = json.loads(record.text)
    return bool(said["given"] == head.given and Terms.model_validate(said["terms"]) == head.terms)


def _lock(connection: Connection, workspace_id: str, person_id: str, account_id: str) -> Head | None:
    """Hold the person's chain, the lane and the head, and return the head as it was."""
    person = select(people.c.id).where(people.c.workspace_id == workspace_id, people.c.id == person_id)
    connection.execute(person.with_for_update(key_share=True)).first()
    owned = (accounts.c.workspace_id == workspace_id, accounts.c.id == account_id, accounts.c.person_id == person_id)
    if connection.execute(select(accounts.c.id).where(*owned)).first() is None:
        message = "This person has no such account: a consent is given by the account's owner alone."
        raise NotFoundError(message)
    lock_lane(connection, workspace_id, account_id)
    mine = (consent_heads.c.workspace_id == workspace_id, consent_heads.c.account_id == account_id)
    row = connection.execute(_HEAD.where(*mine).with_for_update()).first()
    return read_head(*row) if row is not None else None


def _uncovered(workspace_id: str, terms: Terms, before: Head | None) -> ColumnElement[bool]:
    """Name the deliveries that new terms do not cover: of other mappings, or planned without the yes now wanted."""
    parts: list[ColumnElement[bool]] = []
    if terms.mappings is not None:
        named = (mappings.c.workspace_id == workspace_id, mappings.c.name.in_(terms.mappings))
        parts.append(deliveries.c.mapping_id.not_in(select(mappings.c.id).where(*named)))
    if before is not None and before.given and terms.mode.freedom < before.terms.mode.freedom:
        parts.append(and_(deliveries.c.state != State.WAITING, deliveries.c.approved_at.is_(None)))
    return or_(*parts) if parts else false()


def _change(
    connection: Connection, who: _Who, said: tuple[bool, Terms], uncovered: ColumnElement[bool], now: datetime
) -> Effect:
    seq = _append(connection, who, said, now)
    mine = and_(deliveries.c.workspace_id == who.workspace_id, deliveries.c.account_id == who.account_id)
    unsent = deliveries.c.state.in_([State.WAITING, State.PLANNED, State.BLOCKED])
    detail = NARROWED if said[0] else WITHDRAWN
    values = {"state": State.CANCELLED, "reason": Reason.WITHDRAWN, "detail": detail, "updated_at": now}
    values["approved_at"] = None  # who withdraws takes the yes to each of these back too
    count = connection.execute(update(deliveries).where(mine, unsent, uncovered).values(values)).rowcount
    sending = select(deliveries.c.id).where(mine, deliveries.c.state == State.SENDING)
    return Effect(seq, count, connection.scalar(sending))


def _hurry(connection: Connection, workspace_id: str, account_id: str, now: datetime) -> None:
    """Let what waits for the owner's hours ask again: they may have changed."""
    mine = (deliveries.c.workspace_id == workspace_id, deliveries.c.account_id == account_id)
    kept_back = (deliveries.c.state == State.PLANNED, deliveries.c.reason == Reason.HOURS)
    released = case((deliveries.c.released_at > now, literal(now, Instant)), else_=deliveries.c.released_at)
    connection.execute(update(deliveries).where(*mine, *kept_back).values(due_at=now, released_at=released))


def _tell(connection: Connection, workspace_id: str, account_id: str, terms: Terms, now: datetime) -> None:
    """Let what the owner was told of wait for a yes where that is wanted now, or for a longer notice."""
    mine = (deliveries.c.workspace_id == workspace_id, deliveries.c.account_id == account_id)
    telling = (*mine, deliveries.c.state == State.WAITING, deliveries.c.reason == Reason.TELLING)
    if terms.mode is Mode.ASK_ME:
        asks = {"reason": OWNER_ASKS.reason, "detail": OWNER_ASKS.detail, "updated_at": now}
        connection.execute(update(deliveries).where(*telling).values(asks))
        return
    query = select(deliveries.c.id, deliveries.c.told_at, deliveries.c.due_at).where(*telling)
    for row in connection.execute(query.where(deliveries.c.told_at.is_not(None))).all():
        due = row.told_at + timedelta(hours=terms.notice_hours)
        if terms.mode is Mode.TELL_FIRST and due > row.due_at:
            values = {"due_at": due, "released_at": due, "detail": told(row.told_at, due), "updated_at": now}
            connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))


def _append(connection: Connection, who: _Who, said: tuple[bool, Terms], now: datetime) -> int:
    """Add a link to the person's chain and move the account's head to it."""
    given, terms = said
    chain = select(consents.c.seq, consents.c.hash).where(
        consents.c.workspace_id == who.workspace_id, consents.c.person_id == who.person_id
    )
    last = connection.execute(chain.order_by(consents.c.seq.desc()).limit(1)).first()
    seq, before = (last.seq + 1, last.hash) if last else (1, BEGINNING)
    fields = {"account": who.account_id, "at": now.isoformat(), "given": given, "terms": terms.model_dump(mode="json")}
    record = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    link = (new_id(), seq, before, chain_hash(before, seq, record), record, now)
    insert(connection, consents, (*_Who._fields, "id", "seq", "prev_hash", "hash", "record", "at"), [(*who, *link)])
    tail = (
        "ON CONFLICT (workspace_id, account_id) DO UPDATE SET person_id = excluded.person_id, given = excluded.given,"
        " terms = excluded.terms, seq = excluded.seq, updated_at = excluded.updated_at"
    )
    head_row = (*who, given, terms.model_dump_json(), seq, now)
    insert(connection, consent_heads, (*_Who._fields, "given", "terms", "seq", "updated_at"), [head_row], tail=tail)
    return seq
