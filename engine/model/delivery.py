"""The life of a delivery: one post for one account at one sink.

The state graph is data: `MOVES` says which move leads from which state to which; everything that changes a state asks
`after` first, the picture in the docs is drawn from it, and a test walks it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from engine.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    PLANNED = "planned"
    SENDING = "sending"
    DOUBTFUL = "doubtful"
    CHECK_NEEDED = "check_needed"
    BLOCKED = "blocked"
    SENT = "sent"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What moves a delivery from one state to another."""

    CLAIM = "claim"
    RECEIPT = "receipt"
    TRANSIENT = "transient"
    GIVE_UP = "give_up"
    RATE_LIMIT = "rate_limit"
    DOUBT = "doubt"
    ACCOUNT_LOST = "account_lost"
    REJECT = "reject"
    FOUND = "found"
    NOT_FOUND = "not_found"
    CANNOT_TELL = "cannot_tell"
    PUT_BACK = "put_back"
    PERSON_SAYS_THERE = "person_says_there"
    PERSON_SAYS_SEND = "person_says_send"
    APPROVE = "approve"
    BLOCK = "block"
    MEND = "mend"
    EXPIRE = "expire"
    CANCEL = "cancel"
    EDIT = "edit"
    RETRY = "retry"
    ASK = "ask"
    SILENCE = "silence"
    RESTORE = "restore"


class Doubt(StrEnum):
    """How a sink settles a send whose answer never came.

    The platform takes our key; or it can be read back; or it refuses the same post again for a while and names the one
    that is there, so that it is sent once more; or a person looks.
    """

    IDEMPOTENT = "idempotent"
    FINDABLE = "findable"
    PROBE = "probe"
    ASK = "ask"


class Reason(StrEnum):
    """Why a delivery is blocked, waits, or ended without being sent."""

    ACCOUNT = "account"
    NO_DISTINCT_TEXT = "no_distinct_text"
    MONEY = "money"
    FLOOD = "flood"
    CONSENT = "consent"
    APPROVAL = "approval"
    TELLING = "telling"
    HOURS = "hours"
    TOO_LATE = "too_late"
    GIVEN_UP = "given_up"
    REFUSED = "refused"
    TEMPLATE = "template"
    PERSON = "person"
    WITHDRAWN = "withdrawn"
    HASH_DIFFERS = "hash_differs"
    MAPPING = "mapping"


_S, _M = State, Move

MOVES: Mapping[tuple[State, Move], State] = {
    (_S.PLANNED, _M.CLAIM): _S.SENDING,
    (_S.SENDING, _M.RECEIPT): _S.SENT,
    (_S.SENDING, _M.TRANSIENT): _S.PLANNED,
    (_S.SENDING, _M.GIVE_UP): _S.REJECTED,
    (_S.SENDING, _M.RATE_LIMIT): _S.PLANNED,
    (_S.SENDING, _M.DOUBT): _S.DOUBTFUL,
    (_S.SENDING, _M.ACCOUNT_LOST): _S.BLOCKED,
    (_S.SENDING, _M.REJECT): _S.REJECTED,
    (_S.SENDING, _M.PUT_BACK): _S.PLANNED,
    (_S.DOUBTFUL, _M.FOUND): _S.SENT,
    (_S.DOUBTFUL, _M.NOT_FOUND): _S.PLANNED,
    (_S.DOUBTFUL, _M.CANNOT_TELL): _S.CHECK_NEEDED,
    (_S.CHECK_NEEDED, _M.PERSON_SAYS_THERE): _S.SENT,
    (_S.CHECK_NEEDED, _M.PERSON_SAYS_SEND): _S.PLANNED,
    (_S.WAITING, _M.APPROVE): _S.PLANNED,
    (_S.WAITING, _M.SILENCE): _S.PLANNED,
    (_S.WAITING, _M.BLOCK): _S.BLOCKED,
    (_S.PLANNED, _M.BLOCK): _S.BLOCKED,
    (_S.PLANNED, _M.RESTORE): _S.DOUBTFUL,
    (_S.PLANNED, _M.ACCOUNT_LOST): _S.BLOCKED,
    (_S.PLANNED, _M.REJECT): _S.REJECTED,
    (_S.PLANNED, _M.TRANSIENT): _S.PLANNED,
    (_S.PLANNED, _M.GIVE_UP): _S.REJECTED,
    (_S.PLANNED, _M.RATE_LIMIT): _S.PLANNED,
    (_S.BLOCKED, _M.MEND): _S.PLANNED,
    (_S.WAITING, _M.EXPIRE): _S.EXPIRED,
    (_S.PLANNED, _M.EXPIRE): _S.EXPIRED,
    (_S.BLOCKED, _M.EXPIRE): _S.EXPIRED,
    (_S.WAITING, _M.CANCEL): _S.CANCELLED,
    (_S.PLANNED, _M.CANCEL): _S.CANCELLED,
    (_S.BLOCKED, _M.CANCEL): _S.CANCELLED,
    (_S.CHECK_NEEDED, _M.CANCEL): _S.CANCELLED,
    (_S.DOUBTFUL, _M.CANCEL): _S.CANCELLED,
    (_S.WAITING, _M.EDIT): _S.WAITING,
    (_S.PLANNED, _M.EDIT): _S.PLANNED,
    (_S.BLOCKED, _M.EDIT): _S.BLOCKED,
    (_S.REJECTED, _M.EDIT): _S.REJECTED,
    (_S.REJECTED, _M.RETRY): _S.PLANNED,
    (_S.EXPIRED, _M.RETRY): _S.PLANNED,
    (_S.CANCELLED, _M.RETRY): _S.PLANNED,
    (_S.PLANNED, _M.RETRY): _S.PLANNED,
    (_S.PLANNED, _M.ASK): _S.WAITING,
    (_S.BLOCKED, _M.ASK): _S.WAITING,
    (_S.CHECK_NEEDED, _M.ASK): _S.WAITING,
    (_S.REJECTED, _M.ASK): _S.WAITING,
    (_S.EXPIRED, _M.ASK): _S.WAITING,
    (_S.CANCELLED, _M.ASK): _S.WAITING,
}
"""The whole life. A rejected, expired or cancelled delivery leaves its end only by a person's hand (RETRY).

ASK takes the place of a person's move where the mapping or the owner wants a yes that is not there, or was given to
other words. SILENCE is that of an owner who was told, and said nothing for as long as was agreed.
"""

START = (State.PLANNED, State.WAITING, State.BLOCKED)
"""A delivery is born planned, waiting for somebody's yes, or blocked (its account is not connected)."""

ENDS = (State.SENT, State.REJECTED, State.EXPIRED, State.CANCELLED)
OPEN = (State.WAITING, State.PLANNED, State.SENDING, State.BLOCKED, State.DOUBTFUL, State.CHECK_NEEDED)


_WORDS = {
    Move.APPROVE: "be approved",
    Move.EDIT: "be edited",
    Move.RETRY: "be planned again",
    Move.CANCEL: "be cancelled",
    Move.ASK: "be asked about again",
    Move.PERSON_SAYS_THERE: "be confirmed: nobody is in doubt about it",
    Move.PERSON_SAYS_SEND: "be confirmed: nobody is in doubt about it",
}


def after(state: State, move: Move) -> State:
    """Return the state that a move leads to, or raise ConflictError for a move that the graph does not have."""
    target = MOVES.get((state, move))
    if target is None:
        what = _WORDS.get(move) or f"make the move {move.replace('_', ' ')}"
        message = f"A delivery that is {state.replace('_', ' ')} cannot {what}."
        raise ConflictError(message)
    return target
