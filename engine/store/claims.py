"""The turn: outcomes of the last sends, claims of the next, a look at what follows; many accounts, one transaction.

This is the path that every delivery takes, so its statements are set-based and built once. The order of locks is
lanes, consent heads, windows, deliveries. A row that an UPDATE does not return lost its fence, its state or its
consent: nothing is sent for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, select, update

from engine.ids import new_id
from engine.model.delivery import State, after
from engine.store import budgets, comments, lanes, traces
from engine.store.bulk import Batch, moment
from engine.store.guard import LOST_LANE, NO_RULES, Rules, refusals
from engine.store.tables import deliveries, stamp
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from engine.model.budget import Take
    from engine.model.permit import Refusal
    from engine.store.lanes import Lane


class Candidate(NamedTuple):
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


class Claim(NamedTuple):
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


class Outcome(NamedTuple):
    """What became of a claim: the row's next state, written only while the attempt is still the row's own.

    `back` is what it took and did not need; `comment` says that what went out wants its first comment.
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
    comment: bool = False


class Request(NamedTuple):
    """What one drain asks of the turn.

    `take` asks for the lane; `release` gives it back, not due before `earliest`. `look` names a delivery that takes
    work before it can be claimed: is there anything against it?
    """

    account_id: str
    take: bool = False
    fence: int = 0
    outcome: Outcome | None = None
    look: str = ""
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
    rules: Rules = NO_RULES


def turn(connection: Connection, group: Turn) -> dict[str, Answer]:
    """Write outcomes, take lanes, claim, give lanes back, and look ahead; one account asks at most once in a group."""
    requests, now = group.requests, group.now
    answers = {request.account_id: Answer() for request in requests}
    lanes.lock(connection, list(answers))
    takers = [request.account_id for request in requests if request.take]
    for account, lane in lanes.take(connection, takers, group.owner, now, now + group.lease).items():
        answers[account].lane = lane
    _settle(connection, [request.outcome for request in requests if request.outcome])
    looks = [(request.account_id, request.look, request.fence) for request in requests if request.look]
    if looks:
        _look(connection, looks, group, answers)
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
    rows = [
        (*one[:6], one.due_at and stamp(one.due_at), *one[7:10], stamp(one.at), one.sent_at and stamp(one.sent_at))
        for one in outcomes
    ]
    _SETTLE_DELIVERIES.run(connection, rows)
    _SETTLE_ATTEMPTS.run(connection, [(row[0], row[1], row[4], row[5], row[10]) for row in rows])
    if wanted := [(row[0], row[10]) for row, one in zip(rows, outcomes, strict=True) if one.comment]:
        comments.want(connection, wanted)
    budgets.give_back(connection, [take for outcome in outcomes for take in outcome.back])


def _look(
    connection: Connection, looks: Sequence[tuple[str, str, int]], group: Turn, answers: dict[str, Answer]
) -> None:
    """Say what is against deliveries before anything is uploaded for them; the claim asks again."""
    refused = refusals(connection, looks, group.now, group.rules)
    for account_id, delivery_id, _ in looks:
        answers[account_id].refusal = refused.get(delivery_id)
    _write_refusals(connection, refused, group.now)


def _claim(connection: Connection, claims: Sequence[Claim], group: Turn, answers: dict[str, Answer]) -> None:
    asked = [(claim.account_id, claim.delivery_id, claim.fence) for claim in claims]
    refused = refusals(connection, asked, group.now, group.rules)
    wanted = {claim.delivery_id: claim.takes for claim in claims if claim.takes and claim.delivery_id not in refused}
    refused |= budgets.refusals(connection, wanted, group.now)
    for claim in claims:
        answers[claim.account_id].refusal = refused.get(claim.delivery_id)
    _write_refusals(connection, refused, group.now)
    allowed = [claim for claim in claims if claim.delivery_id not in refused]
    if not allowed:
        return
    now, until = stamp(group.now), stamp(group.now + group.lease)
    rows = [(one.delivery_id, one.workspace_id, one.attempt_id, one.content_id, now) for one in allowed]
    taken = _TAKE_DELIVERIES.run(connection, rows)
    _RENEW.run(connection, [(one.account_id, until) for one in allowed])
    begun = allowed if taken == len(allowed) else _begun(connection, allowed)
    _BEGIN_ATTEMPTS.run(
        connection, [(*one[:8], stamp(one.frozen_at), one.prepared, one.request_hash, now) for one in begun]
    )
    budgets.spend(connection, [take for claim in begun for take in claim.takes])
    for claim in begun:
        answers[claim.account_id].claimed = True


def _begun(connection: Connection, claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims that hold: their row carries their attempt."""
    mine = {row[0] for row in _MINE.show(connection, [(one.delivery_id, one.attempt_id) for one in claims])}
    return [claim for claim in claims if claim.delivery_id in mine]


def _write_refusals(connection: Connection, refused: dict[str, Refusal], now: datetime) -> None:
    """Write why a delivery does not go out: where the person looks for it."""
    for delivery_id, refusal in refused.items():
        if refusal is LOST_LANE:
            continue  # the row is another worker's to write
        planned = and_(deliveries.c.id == delivery_id, deliveries.c.state == State.PLANNED)
        told = connection.execute(select(*_TOLD).where(planned)).first()
        if told is None:
            continue
        values: dict[str, Any] = {"detail": refusal.sentence, "reason": refusal.reason or "", "updated_at": now}
        if refusal.move is not None:
            values["state"] = after(State.PLANNED, refusal.move)
        elif refusal.alone:  # behind the account's others
            values |= {"due_at": refusal.until, "released_at": told.released_at + refusal.excused}
        connection.execute(update(deliveries).where(planned).values(values))
        if told.detail != refusal.sentence:  # said once, however often it is looked at
            seen = (told.workspace_id, told.post_id, refusal.move or "waits", refusal.sentence, now)
            trace = Trace(new_id(), *seen, told.sink, told.mapping_id, delivery_id)
            traces.write(connection, [trace])


def _ahead(connection: Connection, accounts: Sequence[str]) -> list[Candidate]:
    return [_candidate(row) for row in _NEXT.show(connection, [(account,) for account in accounts])]


def _candidate(row: Sequence[Any]) -> Candidate:
    values = list(row)
    for place in _TIMES:
        if values[place] is not None:
            values[place] = moment(values[place])
    return Candidate._make(values)


_TOLD = tuple(deliveries.c[name] for name in ("workspace_id", "post_id", "mapping_id", "sink", "detail", "released_at"))
_TIMES = tuple(map(Candidate._fields.index, ("due_at", "updated_at", "frozen_at", "started_at")))

_SETTLE_DELIVERIES = Batch(
    {
        "delivery_id": "text", "attempt_id": "text", "state": "text", "reason": "text", "detail": "text",
        "outcome": "text", "due_at": "timestamptz", "counts": "integer", "remote_id": "text", "url": "text",
        "at": "timestamptz", "sent_at": "timestamptz",
    },
    "UPDATE deliveries SET state = o.state, reason = o.reason, detail = o.detail,"
    " due_at = coalesce(o.due_at, deliveries.due_at), tries = tries + o.counts, updated_at = o.at,"
    " remote_id = coalesce(o.remote_id, deliveries.remote_id), url = coalesce(o.url, deliveries.url),"
    " sent_at = o.sent_at FROM {given} AS o"
    " WHERE deliveries.id = o.delivery_id AND deliveries.attempt_id = o.attempt_id"
    " AND deliveries.state IN ('sending', 'doubtful')",
)  # fmt: skip
_SETTLE_ATTEMPTS = Batch(
    {"delivery_id": "text", "attempt_id": "text", "detail": "text", "outcome": "text", "at": "timestamptz"},
    "UPDATE attempts SET ended_at = o.at, outcome = o.outcome, detail = o.detail FROM {given} AS o"
    " WHERE attempts.id = o.attempt_id AND attempts.delivery_id = o.delivery_id",
)
_TAKE_DELIVERIES = Batch(
    {
        "delivery_id": "text", "workspace_id": "text", "attempt_id": "text", "content_id": "text",
        "now": "timestamptz",
    },
    "UPDATE deliveries SET state = 'sending', attempt_id = c.attempt_id, reason = '', detail = '', updated_at = c.now"
    " FROM {given} AS c WHERE deliveries.id = c.delivery_id AND deliveries.workspace_id = c.workspace_id"
    " AND deliveries.state = 'planned' AND deliveries.content_id = c.content_id AND deliveries.due_at <= c.now",
)  # fmt: skip
_MINE = Batch(
    {"delivery_id": "text", "attempt_id": "text"},
    "SELECT {shown} FROM {given} AS c JOIN deliveries d ON d.id = c.delivery_id AND d.attempt_id = c.attempt_id",
    shows=("d.id",),
)
_RENEW = Batch(
    {"account_id": "text", "until": "timestamptz"},
    "UPDATE lanes SET lease_until = c.until FROM {given} AS c WHERE lanes.account_id = c.account_id",
)
_BEGIN_ATTEMPTS = Batch(
    {
        "delivery_id": "text", "workspace_id": "text", "account_id": "text", "fence": "integer", "content_id": "text",
        "id": "text", "number": "integer", "key": "text", "frozen_at": "timestamptz", "prepared": "text",
        "request_hash": "text", "started_at": "timestamptz",
    },
    "INSERT INTO attempts (delivery_id, workspace_id, account_id, fence, content_id, id, number, key, frozen_at,"
    " prepared, request_hash, started_at, outcome, detail) SELECT c.*, '', '' FROM {given} AS c",
)  # fmt: skip
_NEXT = Batch(
    {"account_id": "text"},
    "SELECT {shown} FROM {given} AS given JOIN deliveries d ON d.id ="
    " (SELECT n.id FROM deliveries n WHERE n.account_id = given.account_id AND n.state IN ('planned', 'doubtful')"
    " ORDER BY n.due_at, n.id LIMIT 1)"
    " LEFT JOIN attempts a ON a.workspace_id = d.workspace_id AND a.id = d.attempt_id",
    shows=(
        "d.id", "d.workspace_id", "d.account_id", "d.state", "d.due_at", "d.tries", "d.mapping_id", "d.version_id",
        "d.sink", "d.post_id", "d.content_id", "d.updated_at", "d.attempt_id", "a.number", "a.content_id",
        "a.frozen_at", "a.request_hash", "a.started_at", "a.outcome",
    ),
)  # fmt: skip
