"""What a person allowed: consents are an append-only chain for each person; silence is no."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, Field

from engine.model.post import Frozen

if TYPE_CHECKING:
    from datetime import datetime


class Mode(StrEnum):
    """How far the engine may go by itself in this person's name.

    TELL_FIRST is a yes unless the person says no in time, and silence of somebody who was never told is none: while
    nothing can tell them, each post waits for a yes as with ASK_ME.
    """

    ASK_ME = "ask_me"
    TELL_FIRST = "tell_first"
    POST_FOR_ME = "post_for_me"


class Terms(Frozen):
    """What one consent allows for one account.

    `mappings` None means every mapping. Caps count publications in a sliding hour and day: 2 and 8 unless the owner
    allows more. A consent that an operator typed in (`how="operator"`) is not the person's own yes and ends after 30
    days at the latest; `evidence` says where the yes can be read.
    """

    mode: Mode = Mode.ASK_ME
    mappings: tuple[str, ...] | None = None
    max_per_hour: int = Field(default=2, ge=0, le=60)
    max_per_day: int = Field(default=8, ge=0, le=200)
    until: AwareDatetime | None = None
    how: Literal["person", "operator"] = "person"
    evidence: str = ""


class Head(Frozen):
    """The live state of one account's consent: the newest record of its chain."""

    account_id: str
    given: bool
    terms: Terms
    seq: int

    def allows(self, mapping: str, now: datetime) -> bool:
        """Tell whether this consent lets that mapping publish at this time."""
        if not self.given or (self.terms.until is not None and now >= self.terms.until):
            return False
        return self.terms.mappings is None or mapping in self.terms.mappings


def chain_hash(prev_hash: str, seq: int, record: str) -> str:
    """Return the hash (hex SHA-256) of a consent record: over the one before it, its number and its own JSON."""
    return hashlib.sha256(f"{prev_hash}\n{seq}\n{record}".encode()).hexdigest()
