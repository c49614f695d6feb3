"""From an outcome to the next state and when: pure, so that every way a send can end is one table here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.contract.answer import LONGEST_WAIT
from engine.contract.sink import Receipt
from engine.errors import (
    AccountLostError,
    DoubtfulError,
    RateLimitedError,
    RejectedError,
    Scope,
    TransientError,
)
from engine.model.delivery import Doubt, Move, Reason, State, after
from engine.run.backoff import backoff

if TYPE_CHECKING:
    import random
    from datetime import datetime

    from engine.errors import ChappeError
    from engine.run.core import RunSettings

SHORTEST_WAIT = timedelta(seconds=5)
PROBES = 2
"""The first try, and the one that asks whether it is out."""
ASK_A_PERSON = "Nobody but you can tell whether it is out: look at the account, then confirm."


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried: the state it was in, how many tries counted before, and how its sink settles doubt."""

    state: State
    tries: int
    doubt: Doubt


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of it.

    `due_at` is None where the state does not wait for the clock; `counts` says that it was a try, `hold_scope` which
    bucket of the platform is held until `due_at`.
    """

    state: State
    outcome: str
    detail: str = ""
    reason: Reason | None = None
    due_at: datetime | None = None
    counts: bool = False
    receipt: Receipt | None = None
    hold_scope: Scope | None = None
    account_lost: bool = False


def sent(tried: Tried, receipt: Receipt) -> Settled:
    """Settle a receipt."""
    move = Move.FOUND if tried.state is State.DOUBTFUL else Move.RECEIPT
    return Settled(after(tried.state, move), "sent", counts=True, receipt=receipt)


def failed(tried: Tried, error: ChappeError, now: datetime, settings: RunSettings, chance: random.Random) -> Settled:
    """Settle an error that `prepare` or `commit` raised, by its class."""
    detail = str(error)
    match error:
        case RateLimitedError():
            return _rate_limited(tried, error, now, chance)
        case RejectedError() if error.original and tried.doubt is Doubt.PROBE and tried.tries:
            return sent(tried, Receipt(remote_id=error.original, url=error.url))
        case DoubtfulError() if tried.state is State.SENDING:
            return doubted(tried, detail, now, settings, chance)
        case RejectedError():
            state = after(tried.state, Move.REJECT)
            return Settled(state, "rejected", f"{detail} ({error.code})", Reason.REFUSED, counts=True)
        case AccountLostError():
            state = after(tried.state, Move.ACCOUNT_LOST)
            return Settled(state, "account_lost", detail, Reason.ACCOUNT, account_lost=True)
        case TransientError() | DoubtfulError():
            return _transient(tried, detail, now, settings, chance)
        case _ if tried.state is State.PLANNED:  # a fault of ours, of the mapping or of the vault: nothing was sent
            return Settled(after(tried.state, Move.BLOCK), "blocked", detail, Reason.MAPPING)
        case _:
            return doubted(tried, detail, now, settings, chance)


def doubted(tried: Tried, detail: str, now: datetime, settings: RunSettings, chance: random.Random) -> Settled:
    """Settle silence by the sink's class: resend, look after the quarantine, or ask a person. A probe is made once."""
    state = after(State.SENDING, Move.DOUBT)
    tries = PROBES if tried.doubt is Doubt.PROBE else settings.tries
    if tried.doubt is not Doubt.ASK and tried.tries + 1 < tries:
        wait = settings.quarantine if tried.doubt is Doubt.FINDABLE else backoff(tried.tries, chance)
        return Settled(state, "doubtful", detail, due_at=now + wait, counts=True)
    return Settled(after(state, Move.CANNOT_TELL), "doubtful", f"{detail} {ASK_A_PERSON}", counts=True)


def _transient(tried: Tried, detail: str, now: datetime, settings: RunSettings, chance: random.Random) -> Settled:
    if tried.tries + 1 >= settings.tries:
        sentence = f"Given up after {settings.tries} tries. The last: {detail}"
        return Settled(after(tried.state, Move.GIVE_UP), "given_up", sentence, Reason.GIVEN_UP, counts=True)
    due = now + backoff(tried.tries, chance)
    return Settled(after(tried.state, Move.TRANSIENT), "transient", detail, due_at=due, counts=True)


def wait_until(error: RateLimitedError, now: datetime, chance: random.Random) -> datetime:
    """Return when a platform may be asked again."""
    asked = error.until or (now + error.wait if error.wait else now)
    # A server whose clock is behind asks for a time that is over, and one may ask for none: never at once again.
    return min(max(asked, now + SHORTEST_WAIT + backoff(0, chance)), now + LONGEST_WAIT)


def _rate_limited(tried: Tried, error: RateLimitedError, now: datetime, chance: random.Random) -> Settled:
    due = wait_until(error, now, chance)
    state = after(tried.state, Move.RATE_LIMIT)
    return Settled(state, "rate_limited", str(error), due_at=due, hold_scope=error.scope)
