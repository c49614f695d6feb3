"""Typed ids: UUIDv7 as 32 lower-case hexadecimal characters, so that they sort by the time they were made."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final, NewType

import uuid_utils

if TYPE_CHECKING:
    from datetime import datetime

WorkspaceId = NewType("WorkspaceId", str)
PersonId = NewType("PersonId", str)
AccountId = NewType("AccountId", str)
MappingId = NewType("MappingId", str)
VersionId = NewType("VersionId", str)
SourceId = NewType("SourceId", str)
PostId = NewType("PostId", str)
RouteId = NewType("RouteId", str)
HoldId = NewType("HoldId", str)
ContentId = NewType("ContentId", str)
DeliveryId = NewType("DeliveryId", str)
AttemptId = NewType("AttemptId", str)

SHORT = 8
"""How many trailing characters the command line shows of an id: the head of a UUIDv7 is only its time."""


CODE_LENGTH: Final = 10
_SIGNS: Final = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"


def new_id() -> str:
    """Return a fresh time-ordered id; wrap it in the type that fits: `PostId(new_id())`."""
    return uuid_utils.uuid7().hex


def new_code() -> str:
    """Return a fresh code that nobody can guess, of signs that are not taken for one another."""
    return "".join(secrets.choice(_SIGNS) for _ in range(CODE_LENGTH))


def earliest(moment: datetime) -> str:
    """Return what is below every id that is made from this time on: ids begin with their time, in milliseconds."""
    milliseconds = max(0, int(moment.timestamp() * 1_000))
    return f"{milliseconds:012x}{0:020x}"


def short(identity: str) -> str:
    """Return the part of an id that people read and type."""
    return identity[-SHORT:]
