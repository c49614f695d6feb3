"""What a person decides about one delivery: approve, reject, edit, retry, cancel, or what a look at it showed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from engine.errors import ConflictError, MappingError, NotFoundError, RejectedError
from engine.ids import new_id
from engine.model.delivery import Move, Reason, State, after
from engine.run.asking import asks_for, distinct_on
from engine.store import decisions, deliveries
from engine.store.decisions import FRESH, Decision
from engine.wake import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.graph import Graph
    from engine.model.post import Content
    from engine.store.deliveries import DeliveryRow
    from engine.store.unit import Store
    from engine.wake import WakeQueue


class Desk(Protocol):
    """What a person's decision needs of the run: `Core` has it, and so has a process that sends nothing itself."""

    store: Store
    clock: Clock
    wake: WakeQueue
    registry: Registry

    async def content(self, content_id: str) -> Content:
        """Return a rendered content."""

    async def graph(self, version_id: str) -> Graph:
        """Return the graph of a version; raises MappingError where it can no longer be read."""


async def find(desk: Desk, workspace_id: str, end: str) -> DeliveryRow:
    """Return the delivery whose id is, or ends with, what the person typed."""
    found = await desk.store.read(deliveries.matching, workspace_id, end.lower())
    if not found:
        message = f"No delivery ends with {end}: `chappe deliveries list` shows them."
        raise NotFoundError(message)
    if len(found) > 1:
        message = f"More than one delivery ends with {end}: type more of it."
        raise ConflictError(message)
    return found[0]


async def approve(desk: Desk, row: DeliveryRow, by: str, at: datetime | None = None) -> State:
    """Let a waiting delivery out, not before the time that it was planned for, nor before `at`."""
    return await _decide(desk, row, Decision(Move.APPROVE, "approved", f"Approved by {by}.", not_before=at))


async def reject(desk: Desk, row: DeliveryRow, by: str, note: str = "") -> State:
    """End a delivery that waits for a yes; the note says why."""
    if row.state != State.WAITING:
        message = f"Only a delivery that waits can be rejected; this one is {row.state.replace('_', ' ')}."
        raise ConflictError(message)
    sentence = f"Rejected by {by}{f': {note}' if note else '.'}"
    return await _decide(desk, row, Decision(Move.CANCEL, "rejected", sentence, Reason.PERSON))


async def cancel(desk: Desk, row: DeliveryRow, by: str) -> State:
    """End an open delivery that is not under way."""
    return await _decide(desk, row, Decision(Move.CANCEL, "cancelled", f"Cancelled by {by}.", Reason.PERSON))


async def retry(desk: Desk, row: DeliveryRow, by: str) -> State:
    """Plan an ended or backed-off delivery again, now, with all its tries; a blocked one counts as mended.

    One that needs a yes and never got it waits for it. Raises RejectedError where its text is no longer kept.
    """
    await desk.content(row.content_id)
    move = Move.MEND if row.state == State.BLOCKED else Move.RETRY
    return await _decide(desk, row, Decision(move, "retried", f"Planned again by {by}."))


async def confirm(desk: Desk, row: DeliveryRow, by: str, *, is_there: bool) -> State:
    """Settle a delivery that only a look at the account could: it is out, or it is not and shall be sent."""
    if is_there:
        alone = await _bare(desk, row)
        decision = Decision(Move.PERSON_SAYS_THERE, "confirmed", f"{by} saw it on the account.{alone}")
    else:
        decision = Decision(Move.PERSON_SAYS_SEND, "confirmed", f"{by} looked: it is not there. Sent again.")
    return await _decide(desk, row, decision)


async def _bare(desk: Desk, row: DeliveryRow) -> str:
    """Say what a person does by hand below a post that is out, and that nobody can name to its network."""
    try:
        comment = (await desk.content(row.content_id)).comment
    except RejectedError:  # its text is no longer kept
        return ""
    return f" Its first comment is for you to write: {comment}" if comment else ""


async def edit(desk: Desk, row: DeliveryRow, by: str, text: str) -> State:
    """Change the words of a delivery that has not gone out; the content of others that share it stays.

    A yes is for the words that were shown: where one is asked for, it is asked for again. Where words of its own were
    all that was missing, it goes on with these.
    """
    after(State(row.state), Move.EDIT)
    if not text.strip():
        message = "An empty text is not published: cancel the delivery instead."
        raise ConflictError(message)
    content = (await desk.content(row.content_id)).model_copy(update={"text": text})
    mends = row.state == State.BLOCKED and row.reason == Reason.NO_DISTINCT_TEXT
    move = Move.MEND if mends else Move.EDIT
    return await _decide(desk, row, Decision(move, "edited", f"Edited by {by}.", content=(new_id(), content)))


async def _decide(desk: Desk, row: DeliveryRow, decision: Decision) -> State:
    after(State(row.state), decision.move)
    whole = await _with_its_sink(desk, row, decision)
    state = await desk.store.write(decisions.decide, row, whole, desk.clock.now())
    if state is None:
        message = "The delivery has changed at this moment, its state or its words: look at it again."
        raise ConflictError(message)
    if state is State.PLANNED:
        await desk.wake.wake(Kind.DRAIN, [row.account_id])
    return state


async def _with_its_sink(desk: Desk, row: DeliveryRow, decision: Decision) -> Decision:
    """Add what the sink asks for in the version of the delivery.

    Where nobody can tell that any more, nothing goes out: it may want a yes, or words that no other account says.
    Raises ConflictError for a move that leads there.
    """
    if decision.move not in FRESH | {Move.EDIT}:
        return decision
    try:
        sink = (await desk.graph(row.version_id)).sinks.get(row.sink)
    except MappingError:
        sink = None
    if sink is None:
        message = (
            "The mapping can no longer be read as it was when this was planned, so nobody can tell whose yes or what "
            "words its sink asks for: cancel the delivery, it cannot go out."
        )
        raise ConflictError(message)
    approval = await asks_for(desk, row.workspace_id, sink)
    return replace(decision, approval=approval, distinct=distinct_on(sink))
