"""What a person decides about one delivery: approve, reject, edit, retry, cancel, or what a look at it showed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.errors import ConflictError, NotFoundError
from engine.ids import new_id
from engine.model.delivery import Move, Reason, State, after
from engine.store import deliveries
from engine.wake import Kind

if TYPE_CHECKING:
    from engine.clock import Clock
    from engine.model.post import Content
    from engine.store.deliveries import DeliveryRow
    from engine.store.unit import Store
    from engine.wake import WakeQueue

FRESH = (Move.APPROVE, Move.MEND, Move.RETRY, Move.PERSON_SAYS_SEND)
"""Moves after which a delivery is due at once, with all its tries before it and its lateness counted anew."""


class Desk(Protocol):
    """What a person's decision needs of the run: `Core` has it, and so has a process that sends nothing itself."""

    store: Store
    clock: Clock
    wake: WakeQueue

    async def content(self, content_id: str) -> Content:
        """Return a rendered content."""


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


async def approve(desk: Desk, row: DeliveryRow, by: str) -> None:
    """Let a waiting delivery out."""
    await _move(desk, row, Move.APPROVE, f"Approved by {by}.")


async def reject(desk: Desk, row: DeliveryRow, by: str, note: str = "") -> None:
    """End a delivery that waits for a yes; the note says why."""
    if row.state != State.WAITING:
        message = f"Only a delivery that waits can be rejected; this one is {row.state.replace('_', ' ')}."
        raise ConflictError(message)
    await _move(desk, row, Move.CANCEL, f"Rejected by {by}{f': {note}' if note else '.'}", Reason.PERSON)


async def cancel(desk: Desk, row: DeliveryRow, by: str) -> None:
    """End an open delivery that is not under way."""
    await _move(desk, row, Move.CANCEL, f"Cancelled by {by}.", Reason.PERSON)


async def retry(desk: Desk, row: DeliveryRow, by: str) -> None:
    """Plan an ended or backed-off delivery again, now, with all its tries; a blocked one counts as mended."""
    move = Move.MEND if row.state == State.BLOCKED else Move.RETRY
    await _move(desk, row, move, f"Planned again by {by}.")


async def confirm(desk: Desk, row: DeliveryRow, by: str, *, is_there: bool) -> None:
    """Settle a delivery that only a look at the account could: it is out, or it is not and shall be sent."""
    if is_there:
        await _move(desk, row, Move.PERSON_SAYS_THERE, f"{by} saw it on the account.")
    else:
        await _move(desk, row, Move.PERSON_SAYS_SEND, f"{by} looked: it is not there. Sent again.")


async def edit(desk: Desk, row: DeliveryRow, by: str, text: str) -> None:
    """Change the words of a delivery that has not gone out; the content of others that share it stays."""
    state = after(State(row.state), Move.EDIT)
    if not text.strip():
        message = "An empty text is not published: cancel the delivery instead."
        raise ConflictError(message)
    content = (await desk.content(row.content_id)).model_copy(update={"text": text})
    made = (new_id(), content)
    kept = await desk.store.write(deliveries.edit, row, state, made, f"Edited by {by}.", desk.clock.now())
    _still(row, kept=kept)


async def _move(desk: Desk, row: DeliveryRow, move: Move, detail: str, reason: Reason | None = None) -> None:
    state = after(State(row.state), move)
    fresh = move in FRESH
    kept = await desk.store.write(
        deliveries.move, row, state, detail=detail, now=desk.clock.now(), reason=reason or "", fresh=fresh
    )
    _still(row, kept=kept)
    if fresh:
        await desk.wake.wake(Kind.DRAIN, [row.account_id])


def _still(row: DeliveryRow, *, kept: bool) -> None:
    if not kept:
        message = f"The delivery is no longer {row.state.replace('_', ' ')}: look at it again."
        raise ConflictError(message)
