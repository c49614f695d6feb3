"""May this delivery be sent now? The pure question that the claim asks inside its transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from engine.model.delivery import Move, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model.consent import Head

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LOOK_AGAIN = timedelta(seconds=30)
"""What is paused is looked at again after so long, should nobody say that it goes on."""


class Caps(NamedTuple):
    """How many posts an account may publish in a sliding hour and day; None is no cap."""

    per_hour: int | None = None
    per_day: int | None = None


NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known when a delivery asks to go out.

    `paused` is the sentence of the widest pause that covers it, `alone` says that this pause is of its mapping only and
    other mappings of the account go on; `held_until` the end of a platform's hold, `recent`
    the times (aware, ascending) at which this account published in the last day. A company account has no person.
    `asks` is the sentence in which the platform asks for a yes that this delivery does not have.
    """

    mapping: str
    personal: bool
    head: Head | None
    account_live: bool
    released_at: datetime
    max_age: timedelta
    asks: str = ""
    paused: str = ""
    alone: bool = False
    held_until: datetime | None = None
    held_note: str = ""
    recent: Sequence[datetime] = ()
    company: Caps = NO_CAPS


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it may not: with a move, its state changes; without, it waits (until a time, or until somebody resumes).

    `alone` says that only this delivery waits, and the account's others may go out before it; `excused` how much
    of the wait is no lateness.
    """

    sentence: str
    move: Move | None = None
    reason: Reason | None = None
    until: datetime | None = None
    alone: bool = False
    excused: timedelta = timedelta()


def permit(asked: Asked, now: datetime) -> Refusal | None:
    """Return None when it may go out now, else the first reason why not: what ends it comes before what delays it."""
    return _ended(asked, now) or _delayed(asked, now)


def _ended(asked: Asked, now: datetime) -> Refusal | None:
    if not asked.account_live:
        return Refusal("The account must be connected again by its owner.", Move.ACCOUNT_LOST, Reason.ACCOUNT)
    if asked.personal and (asked.head is None or not asked.head.allows(asked.mapping, now)):
        return Refusal("The owner's consent no longer covers this.", Move.CANCEL, Reason.CONSENT)
    if now - asked.released_at > asked.max_age:
        late = now - asked.released_at
        sentence = f"It was due {_hours(late)} ago, and the mapping allows at most {_hours(asked.max_age)}."
        return Refusal(sentence, Move.EXPIRE, Reason.TOO_LATE)
    return Refusal(asked.asks, Move.ASK, Reason.APPROVAL) if asked.asks else None


def _delayed(asked: Asked, now: datetime) -> Refusal | None:
    if asked.paused:
        return Refusal(asked.paused, until=now + LOOK_AGAIN, alone=asked.alone)
    if asked.held_until is not None and asked.held_until > now:
        return Refusal(asked.held_note or "The platform asked us to wait.", until=asked.held_until)
    return _untimely(asked, now) or _capped(asked, now)


def _untimely(asked: Asked, now: datetime) -> Refusal | None:
    """Say when the owner's next hours begin, outside of them; a yes to one delivery is no yes to its hour.

    Time that the owner keeps a post back is not lateness: `max_age` counts the hours in which it might have gone out.
    """
    terms = asked.head.terms if asked.personal and asked.head is not None else None
    opens = terms.opens(now) if terms is not None else None
    if terms is None or terms.zone is None or opens is None:
        return None
    begins = f"{opens.astimezone(ZoneInfo(terms.zone)):%a %-d %b, %H:%M}"
    sentence = f"The owner allows posts on {terms.times}: approved or not, it goes out from {begins}."
    return Refusal(sentence, reason=Reason.HOURS, until=opens, alone=True, excused=opens - now)


def caps_of(*, personal: bool, head: Head | None, company: Caps) -> Caps:
    """Return how often an account may publish: as its owner allows, or as an installation lets its own accounts."""
    return Caps(head.terms.max_per_hour, head.terms.max_per_day) if personal and head is not None else company


def _capped(asked: Asked, now: datetime) -> Refusal | None:
    caps = caps_of(personal=asked.personal, head=asked.head, company=asked.company)
    who = "The owner" if asked.personal and asked.head is not None else "This installation"
    for most, window, name in ((caps.per_hour, HOUR, "an hour"), (caps.per_day, DAY, "a day")):
        inside = [at for at in asked.recent if at > now - window]
        if most is not None and len(inside) >= most:
            free = inside[-most] + window if most else now + DAY
            return Refusal(f"{who} allows at most {most} {'post' if most == 1 else 'posts'} {name}.", until=free)
    return None


def _hours(span: timedelta) -> str:
    minutes = max(0, round(span.total_seconds() / 60))
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
