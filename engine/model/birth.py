"""In which state a delivery begins: the pure question that planning asks for each account of an audience."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.model.consent import Mode
from engine.model.delivery import Reason, State

if TYPE_CHECKING:
    from datetime import datetime

    from engine.model.consent import Head


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an account is and whether it can be used: a company's own has no person and needs no consent."""

    personal: bool
    live: bool
    head: Head | None = None


@dataclass(frozen=True, slots=True)
class Birth:
    """The first state of a delivery, why, and the sentence that it shows."""

    state: State
    reason: str = ""
    detail: str = ""


PLANNED = Birth(State.PLANNED)
LOST = Birth(State.BLOCKED, Reason.ACCOUNT, "The account must be connected again by its owner.")
MAPPING_ASKS = Birth(State.WAITING, Reason.APPROVAL, "The mapping asks for an approval.")
OWNER_ASKS = Birth(State.WAITING, Reason.APPROVAL, "The owner wants to be asked first.")
TOLD_FIRST = Birth(State.WAITING, Reason.TELLING, "The owner is told first, by mail.")
NO_TEXT = Birth(
    State.BLOCKED,
    Reason.NO_DISTINCT_TEXT,
    "The network forbids that two accounts say the same, and no text is left for this one: change its words, or give "
    "the mapping more variants.",
)


def told(at: datetime, due: datetime) -> str:
    """Say that the owner was told, and when it goes out; both in UTC."""
    when, then = (f"{moment:%d %b %Y %H:%M} UTC" for moment in (at, due))
    return f"The owner was told by mail at {when}. It goes out at {then}, unless they say no."


def asks(sentence: str) -> Birth:
    """Return how a delivery begins that waits for a yes because of this."""
    return Birth(State.WAITING, Reason.APPROVAL, sentence)


def birth(owner: Owner, mapping: str, *, approval: str, now: datetime) -> Birth | None:
    """Return how a delivery for an account begins, or None where its owner has not consented to this mapping.

    The claim asks again before it sends; this only keeps away what can be seen now. A yes that is asked for comes
    first: what a lost account blocks is planned once it is connected again. `approval` is the sentence that asks for
    one, empty where nobody but the owner may.
    """
    if owner.personal and (owner.head is None or not owner.head.allows(mapping, now)):
        return None
    if approval:
        return asks(approval)
    mode = owner.head.terms.mode if owner.head is not None else Mode.POST_FOR_ME
    if mode is not Mode.POST_FOR_ME:
        return OWNER_ASKS if mode is Mode.ASK_ME else TOLD_FIRST
    return PLANNED if owner.live else LOST
