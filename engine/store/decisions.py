"""What a person decides about one delivery: moved, and told in its post's trace, in ONE transaction.

The detail of a row says where it stands now, and the next move writes over it; the trace keeps what was decided, by
whom, and what the row said before. The order of locks is lanes, consent heads, deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select, update

from engine.errors import ConflictError
from engine.ids import new_id
from engine.model.birth import Birth, Owner, asks, birth
from engine.model.delivery import Move, Reason, State, after
from engine.store import accounts, consents, contents, lanes, traces, wordings
from engine.store.tables import deliveries
from engine.store.traces import Trace

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.model.post import Content
    from engine.store.deliveries import DeliveryRow

FRESH = frozenset({Move.APPROVE, Move.MEND, Move.RETRY, Move.PERSON_SAYS_SEND})
"""Moves after which a delivery has all its tries before it and its lateness is counted anew."""

_GOES_OUT = frozenset({State.PLANNED, State.WAITING})
UNTOLD = {"mail_id": None, "told_at": None}
"""Whoever was told of other words, or of an earlier turn, is told again."""
NO_CONSENT = Birth(State.WAITING, Reason.APPROVAL, "The owner's consent does not cover this now.")


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's move: `what` is a word for programs, `sentence` says who did it.

    `approval` is the sentence that asks for one in the version of the delivery, `distinct` the platform on which no two
    accounts may say the same; `content` is what an edit made, as (id, content). It goes out `not_before`
    a time that the person named.
    """

    move: Move
    what: str
    sentence: str
    reason: str = ""
    approval: str = ""
    distinct: str = ""
    content: tuple[str, Content] | None = None
    not_before: datetime | None = None


class _Now(NamedTuple):
    detail: str
    due_at: datetime
    approved_at: datetime | None
    told_at: datetime | None


def decide(connection: Connection, row: DeliveryRow, decision: Decision, now: datetime) -> State | None:
    """Make a person's move and return where it led; None, and nothing is written, where it changed meanwhile.

    What would go out without the yes that its mapping or its owner asks for, or with words that nobody said yes to,
    waits for it. Raises ConflictError for a move that the state does not have.
    """
    accounts.lock_lane(connection, row.workspace_id, row.account_id)
    columns = [deliveries.c[name] for name in _Now._fields]
    # A yes is for the words that were shown: those that somebody else edits meanwhile are others.
    still = (
        deliveries.c.id == row.id, deliveries.c.state == row.state, deliveries.c.content_id == row.content_id
    )  # fmt: skip
    found = connection.execute(select(*columns).where(*still)).first()
    if found is None:
        return None
    there = _Now(*found)
    asked = _asked(connection, row, decision, there, now)
    state = after(State(row.state), Move.ASK if asked else decision.move)
    values = _values(row, decision, there, now) | {"state": state, "updated_at": now}
    if asked is not None:
        values |= {"reason": asked.reason, "detail": f"{decision.sentence} {asked.detail}"} | UNTOLD
    if decision.content is not None:
        contents.add(connection, row.workspace_id, [decision.content], now)
    if decision.distinct and state in _GOES_OUT:
        _say_it_alone(connection, row, decision, now)
    if connection.execute(update(deliveries).where(*still).values(values)).rowcount == 0:
        return None
    if state is State.PLANNED:
        lanes.hurry(connection, [row.account_id], values.get("due_at", there.due_at))
    traces.write(connection, [_trace(row, decision, there, now)])
    return state


def _asked(connection: Connection, row: DeliveryRow, decision: Decision, there: _Now, now: datetime) -> Birth | None:
    """Return the yes that is missing, as the birth that waits for it."""
    edited = decision.move is Move.EDIT and row.state in {State.PLANNED, State.BLOCKED}
    again = decision.move in FRESH - {Move.APPROVE} and there.approved_at is None
    if not (edited or again):
        return None
    if decision.approval:
        return asks(decision.approval)
    personal = row.person_id is not None
    head = consents.head(connection, row.workspace_id, row.account_id) if personal else None
    begun = birth(Owner(personal=personal, live=True, head=head), row.mapping, approval="", now=now) or NO_CONSENT
    return begun if begun.state is State.WAITING else None


def _say_it_alone(connection: Connection, row: DeliveryRow, decision: Decision, now: datetime) -> None:
    content = decision.content[0] if decision.content is not None else row.content_id
    network = wordings.Network(row.workspace_id, decision.distinct)
    if not wordings.take(connection, network, row.account_id, content, now):
        message = "Another account says exactly this, which the network forbids: change the words (deliveries edit)."
        raise ConflictError(message)


def _values(row: DeliveryRow, decision: Decision, there: _Now, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {"detail": decision.sentence, "reason": decision.reason}
    if decision.move in FRESH:
        # Many that are approved at once keep the times over which they were spread; who was told waits no more.
        due = max(now, there.due_at) if decision.move is Move.APPROVE and there.told_at is None else now
        due = max(due, decision.not_before or due)
        values |= {"due_at": due, "released_at": due, "tries": 0}
    if decision.move is Move.APPROVE:
        values["approved_at"] = now
    if decision.move is Move.PERSON_SAYS_THERE:
        values["sent_at"] = now
    if decision.content is not None:
        values |= {"content_id": decision.content[0], "approved_at": None, "reason": row.reason} | UNTOLD
    return values


def _trace(row: DeliveryRow, decision: Decision, there: _Now, now: datetime) -> Trace:
    before = f" Before, it was {row.state.replace('_', ' ')}: {there.detail}" if there.detail else ""
    sentence = f"{decision.sentence}{before}"
    return Trace(
        new_id(), row.workspace_id, row.post_id, decision.what, sentence, now, row.sink, row.mapping_id, row.id
    )
