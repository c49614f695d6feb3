"""The record of who changed what, as it is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from api.shapes.common import Id, Moment

if TYPE_CHECKING:
    from engine.store.audit import Entry


class AuditEntry(BaseModel):
    """One change."""

    id: Id
    at: Moment
    by: str = Field(description="Who: a user, with the API key if it was one, or the operator of a command.")
    user_id: Id | None = Field(description="The user; null for a command, and for who was not signed in.")
    face: str = Field(examples=["api"], description="`api`, `cli`, or `mail` for a link in one.")
    what: str = Field(examples=["change_member"], description="The operation of the API, or the command.")
    object_kind: str = Field(examples=["members"], description="What kind of thing it was done to.")
    object_name: str = Field(description="Which one, by the id or name that was given.")
    before: dict[str, Any] = Field(
        examples=[{"role": "viewer"}], description="What the API showed before of what was changed or deleted."
    )
    given: dict[str, Any] = Field(
        examples=[{"role": "editor"}],
        description="What was asked for, secrets masked, long values cut; of nested ones the names.",
    )
    request_id: str = Field(description="The request's id, as its answer and the log have it; empty for a command.")


def entry(found: Entry) -> AuditEntry:
    """Return a change as shown."""
    return AuditEntry(
        id=found.id, at=found.at, by=found.by, user_id=found.user_id, face=found.face, what=found.what,
        object_kind=found.object_kind, object_name=found.object_name, before=json.loads(found.before),
        given=json.loads(found.given), request_id=found.request_id,
    )  # fmt: skip
