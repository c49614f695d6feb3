"""The turn: outcomes of the last sends, claims of the next, a look at what follows; many accounts, one transaction.

This is the path that every delivery takes, so its statements are set-based and built once. The order of locks is
lanes, consent heads, windows, deliveries. A row that an UPDATE does not return lost its fence, its state or its
consent: nothing is sent for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import TextClause, TextualSelect, and_, bindparam, select, text, update

from engine.ids import new_id
from engine.model.delivery import State, after
from engine.model.permit import NO_CAPS, Caps
from engine.store import budgets, lanes, traces
from engine.store.bulk import insert, packed, rows_from
from engine.store.guard import LOST_LANE, refusals
from engine.store.tables import Instant, attempts, deliveries
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from engine.model.budget import Take
    from engine.model.permit import Refusal
    from engine.store.lanes import Lane


@dataclass(frozen=True, slots=True)
class Candidate:
    """The delivery that is next for an account, with its last attempt, if any."""

    id: str
    workspace_id: str
    account_id: str
    state: str
    due_at: datetime
    tries: int
    mapping_id: str
    version_id: str
    sink: str
    post_id: str
    content_id: str
    updated_at: datetime
    attempt_id: str | None
    attempt_number: int | None
    attempt_content: str | None
    frozen_at: datetime | None
    request_hash: str | None
    started_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """The intent to send, written before the socket opens; `takes` is what it takes of windows and money."""

    delivery_id: str
    workspace_id: str
    account_id: str
    fence: int
    content_id: str
    attempt_id: str
    number: int
    key: str
    frozen_at: datetime
    prepared: str
    request_hash: str
    takes: tuple[Take, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claim: the row's next state, written only while the attempt is still the row's own.

    `back` is what it took and did not need.
    """

    delivery_id: str
    attempt_id: str
    state: str
    reason: str
    detail: str
    outcome: str
    due_at: datetime | None
    counts: int
    remote_id: str | None
    url: str | None
    at: datetime
    sent_at: datetime | None
    back: tuple[Take, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What one drain asks of the turn. `take` asks for the lane; `release` gives it back, not due before `earliest`."""

    account_id: str
    take: bool = False
    fence: int = 0
    outcome: Outcome | None = None
    claim: Claim | None = None
    release: bool = False
    earliest: datetime | None = None


@dataclass(slots=True)
class Answer:
    """What the turn gives back to one drain."""

    lane: Lane | None = None
    claimed: bool = False
    refusal: Refusal | None = None
    candidate: Candidate | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One group of requests, at one time."""

    requests: Sequence[Request]
    owner: str
    now: datetime
    lease: timedelta
    company: Caps = NO_CAPS


def turn(connection: Connection, group: Turn) -> dict[str, Answer]:
    """Write outcomes, take lanes, claim, give lanes back, and look ahead; one account asks at most once in a group."""
    requests, now = group.requests, group.now
    answers = {request.account_id: Answer() for request in requests}
    lanes.lock(connection, list(answers))
    takers = [request.account_id for request in requests if request.take]
    for account, lane in lanes.take(connection, takers, group.owner, now, now + group.lease).items():
        answers[account].lane = lane
    _settle(connection, [request.outcome for request in requests if request.outcome])
    claims = [request.claim for request in requests if request.claim]
    if claims:
        _claim(connection, claims, group, answers)
    lanes.release(
        connection, [(request.account_id, request.fence, request.earliest) for request in requests if request.release]
    )
    staying = [
        request.account_id
        for request in requests
        if not request.release and (not request.take or answers[request.account_id].lane)
    ]
    for candidate in _ahead(connection, staying):
        answers[candidate.account_id].candidate = candidate
    return answers


def _settle(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    dialect = connection.dialect.name
    rows = packed(map(_outcome_row, outcomes))
    connection.execute(_settle_deliveries(dialect), {"rows": rows})
    connection.execute(_settle_attempts(dialect), {"rows": rows})
    budgets.give_back(connection, [take for outcome in outcomes for take in outcome.back])


def _claim(connection: Connection, claims: Sequence[Claim], group: Turn, answers: dict[str, Answer]) -> None:
    asked = [(claim.account_id, claim.delivery_id, claim.fence) for claim in claims]
    refused = refusals(connection, asked, group.now, group.company)
    wanted = {claim.delivery_id: claim.takes for claim in claims if claim.takes and claim.delivery_id not in refused}
    refused |= budgets.refusals(connection, wanted, group.now)
    for claim in claims:
        answers[claim.account_id].refusal = refused.get(claim.delivery_id)
    _write_refusals(connection, refused, group.now)
    allowed = [claim for claim in claims if claim.delivery_id not in refused]
    if not allowed:
        return
    parameters = {
        "rows": packed((c.delivery_id, c.attempt_id, c.content_id, c.account_id) for c in allowed),
        "now": group.now,
        "until": group.now + group.lease,
    }
    dialect = connection.dialect.name
    mine = {row[0] for row in connection.execute(_take_deliveries(dialect), parameters)}
    connection.execute(_renew(dialect), parameters)
    begun = [claim for claim in allowed if claim.delivery_id in mine]
    insert(connection, attempts, _ATTEMPT, ((*_claim_row(claim), group.now, "", "") for claim in begun))
    budgets.spend(connection, [take for claim in begun for take in claim.takes])
    for claim in begun:
        answers[claim.account_id].claimed = True


def _write_refusals(connection: Connection, refused: dict[str, Refusal], now: datetime) -> None:
    """Write why a delivery does not go out: where the person looks for it."""
    for delivery_id, refusal in refused.items():
        if refusal is LOST_LANE:
            continue  # the row is another worker's to write
        values: dict[str, Any] = {"detail": refusal.sentence, "updated_at": now}
        if refusal.move is not None:
            values |= {"state": after(State.PLANNED, refusal.move), "reason": refusal.reason or ""}
        elif refusal.alone:
            values["due_at"] = refusal.until  # behind the account's others
        planned = and_(deliveries.c.id == delivery_id, deliveries.c.state == State.PLANNED)
        told = connection.execute(select(*_TOLD).where(planned)).first()
        connection.execute(update(deliveries).where(planned).values(values))
        if told is not None and told.detail != refusal.sentence:  # said once, however often it is looked at
            seen = (told.workspace_id, told.post_id, refusal.move or "waits", refusal.sentence, now)
            trace = Trace(new_id(), *seen, told.sink, told.mapping_id, delivery_id)
            traces.write(connection, [trace])


def _ahead(connection: Connection, accounts: Sequence[str]) -> list[Candidate]:
    if not accounts:
        return []
    rows = connection.execute(_next(connection.dialect.name), {"rows": packed([account] for account in accounts)})
    return [Candidate(*row) for row in rows]


_TOLD = tuple(deliveries.c[name] for name in ("workspace_id", "post_id", "mapping_id", "sink", "detail"))
_claim_row = attrgetter(
    "attempt_id", "workspace_id", "delivery_id", "account_id", "number", "content_id", "key", "frozen_at", "prepared",
    "request_hash", "fence",
)  # fmt: skip
_ATTEMPT = (
    "id", "workspace_id", "delivery_id", "account_id", "number", "content_id", "key", "frozen_at", "prepared",
    "request_hash", "fence", "started_at", "outcome", "detail",
)  # fmt: skip

_OUTCOME = {
    "delivery_id": "text", "attempt_id": "text", "state": "text", "reason": "text", "detail": "text",
    "outcome": "text", "due_at": "timestamptz", "counts": "integer", "remote_id": "text", "url": "text",
    "at": "timestamptz", "sent_at": "timestamptz",
}  # fmt: skip
_outcome_row = attrgetter(*_OUTCOME)


@lru_cache
def _settle_deliveries(dialect: str) -> TextClause:
    return text(
        "UPDATE deliveries SET state = o.state, reason = o.reason, detail = o.detail,"
        " due_at = coalesce(o.due_at, deliveries.due_at), tries = tries + o.counts, updated_at = o.at,"
        " remote_id = coalesce(o.remote_id, deliveries.remote_id), url = coalesce(o.url, deliveries.url),"
        " sent_at = o.sent_at"
        f" FROM ({rows_from(_OUTCOME, dialect)}) AS o"
        " WHERE deliveries.id = o.delivery_id AND deliveries.attempt_id = o.attempt_id"
        " AND deliveries.state IN ('sending', 'doubtful')"
    )


@lru_cache
def _settle_attempts(dialect: str) -> TextClause:
    return text(
        "UPDATE attempts SET ended_at = o.at, outcome = o.outcome, detail = o.detail"
        f" FROM ({rows_from(_OUTCOME, dialect)}) AS o"
        " WHERE attempts.workspace_id = (SELECT d.workspace_id FROM deliveries d WHERE d.id = o.delivery_id)"
        " AND attempts.id = o.attempt_id"
    )


_CLAIM = {"delivery_id": "text", "attempt_id": "text", "content_id": "text", "account_id": "text"}


@lru_cache
def _take_deliveries(dialect: str) -> TextClause:
    return text(
        "UPDATE deliveries SET state = 'sending', attempt_id = c.attempt_id, detail = '', updated_at = :now"
        f" FROM ({rows_from(_CLAIM, dialect)}) AS c"
        " WHERE deliveries.id = c.delivery_id AND deliveries.state = 'planned'"
        " AND deliveries.content_id = c.content_id AND deliveries.due_at <= :now RETURNING deliveries.id"
    ).bindparams(bindparam("now", type_=Instant))


@lru_cache
def _renew(dialect: str) -> TextClause:
    return text(
        f"UPDATE lanes SET lease_until = :until WHERE account_id IN (SELECT c.account_id FROM"
        f" ({rows_from(_CLAIM, dialect)}) AS c)"
    ).bindparams(bindparam("until", type_=Instant))


@lru_cache
def _next(dialect: str) -> TextualSelect:
    given = rows_from({"account_id": "text"}, dialect)
    return text(
        "SELECT d.id, d.workspace_id, d.account_id, d.state, d.due_at, d.tries, d.mapping_id, d.version_id, d.sink,"
        " d.post_id, d.content_id, d.updated_at, d.attempt_id, a.number AS attempt_number,"
        " a.content_id AS attempt_content, a.frozen_at, a.request_hash, a.started_at, a.outcome"
        f" FROM ({given}) AS given JOIN deliveries d ON d.id ="
        " (SELECT n.id FROM deliveries n WHERE n.account_id = given.account_id AND n.state IN ('planned', 'doubtful')"
        " ORDER BY n.due_at, n.id LIMIT 1)"
        " LEFT JOIN attempts a ON a.workspace_id = d.workspace_id AND a.id = d.attempt_id"
    ).columns(due_at=Instant, updated_at=Instant, frozen_at=Instant, started_at=Instant)
