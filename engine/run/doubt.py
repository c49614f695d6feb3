"""Settle a doubtful delivery by its sink's class: resend with the same key, read back, or ask a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.errors import ChappeError, DoubtfulError
from engine.model.delivery import Doubt, Move, State, after
from engine.model.reconciling import RESTORED, RESTORED_ANEW
from engine.run.settle import ASK_A_PERSON, PROBES
from engine.store import deliveries
from engine.store.deliveries import Change

if TYPE_CHECKING:
    from datetime import datetime

    from engine.contract.context import SendContext
    from engine.contract.sink import Sink
    from engine.model.post import Content
    from engine.run.core import Core
    from engine.store.claims import Candidate

PATIENCE = timedelta(hours=1)
"""How long a findable sink that cannot be asked is asked again before a person is."""

LOOKED_ONCE = "looked_once"

_RESTORED = frozenset({RESTORED, RESTORED_ANEW})


async def settle(core: Core, candidate: Candidate, sink: Sink[Any], content: Content, ctx: SendContext) -> None:
    """Write what is known now: planned again, looked at later, sent, or check needed."""
    match sink.doubt:
        case Doubt.IDEMPOTENT | Doubt.PROBE if candidate.outcome in _RESTORED:  # platforms remember for a while only
            change = _change(Move.CANNOT_TELL, f"{candidate_detail(candidate)} {ASK_A_PERSON}")
        case Doubt.IDEMPOTENT:
            change = _again(candidate, "The last try is repeated with its own key.", ctx.now)
        case Doubt.FINDABLE:
            change = await _look(core, candidate, sink, content, ctx)
        case Doubt.PROBE if candidate.tries < PROBES and in_time(candidate, sink, ctx.now):
            change = _again(
                candidate, "Sent once more: the platform refuses what is out already, and names it.", ctx.now
            )
        case _:
            change = _change(Move.CANNOT_TELL, f"{candidate_detail(candidate)} {ASK_A_PERSON}")
    await core.store.write(deliveries.settle_doubt, candidate.id, change, ctx.now)


async def _look(core: Core, candidate: Candidate, sink: Sink[Any], content: Content, ctx: SendContext) -> Change:
    """Look twice, the first time after the quarantine: a platform may publish what it was given a while ago."""
    if candidate.outcome == RESTORED_ANEW:
        ctx = replace(ctx, attempt=replace(ctx.attempt, key=""))
    since = candidate.updated_at
    first = candidate.outcome != LOOKED_ONCE
    if first and ctx.now < since + core.settings.quarantine:
        return _later(candidate, since + core.settings.quarantine, "Looked at after the quarantine.")
    try:
        receipt = await sink.find(content, ctx)
    except DoubtfulError as error:
        return _change(Move.CANNOT_TELL, f"{error} {ASK_A_PERSON}")
    except ChappeError as error:
        if candidate.started_at is not None and ctx.now - candidate.started_at > PATIENCE:
            return _change(Move.CANNOT_TELL, f"It could not be read back for an hour: {error} {ASK_A_PERSON}")
        return _later(candidate, ctx.now + core.settings.second_look, str(error))
    if receipt is not None:
        return Change(
            state=after(State.DOUBTFUL, Move.FOUND),
            detail="Found by reading back.",
            remote_id=receipt.remote_id,
            url=receipt.url,
            outcome="found",
            comment=bool(content.comment) and candidate.outcome not in _RESTORED,  # it may be there as well
        )
    if first:
        change = _later(candidate, ctx.now + core.settings.second_look, "Not there at the first look.")
        return change.but(outcome=LOOKED_ONCE)
    return _again(candidate, "Not there at two looks: it is sent again.", ctx.now)


def in_time(candidate: Candidate, sink: Sink[Any], now: datetime) -> bool:
    """Tell whether the platform would still know again what the last try may have published."""
    return candidate.started_at is not None and now - candidate.started_at < sink.probe_within


def candidate_detail(candidate: Candidate) -> str:
    """Say when the silence began."""
    if candidate.outcome in _RESTORED:
        return "It may have gone out since the backup that was restored."
    began = candidate.started_at
    return f"The request of {began:%Y-%m-%d %H:%M:%S} UTC got no answer." if began else "No answer came."


def _change(move: Move, detail: str, due_at: datetime | None = None) -> Change:
    return Change(state=after(State.DOUBTFUL, move), detail=detail, due_at=due_at, outcome="doubtful")


def _again(candidate: Candidate, detail: str, now: datetime) -> Change:
    """Plan it again; a try that its worker did not live to count is counted now, so that the request stays the same."""
    change = _change(Move.NOT_FOUND, detail, due_at=now)
    return change.but(counts=candidate.tries == 0)


def _later(candidate: Candidate, due_at: datetime, detail: str) -> Change:
    return Change(state=State.DOUBTFUL, detail=detail, due_at=due_at, outcome=candidate.outcome or "doubtful")
