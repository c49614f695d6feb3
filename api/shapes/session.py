"""Signing in and who one is, as they are sent and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.face import Role
from api.shapes.common import Id, Moment, Name

if TYPE_CHECKING:
    from engine.store.users import Place, User

Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=3,
        max_length=254,
        pattern=r"^[^\s@,;<>\x00-\x1f\x7f]+@[^\s@,;<>\x00-\x1f\x7f]+$",
    ),
    Field(description="A mail address; upper and lower case are the same.", examples=["lea@acme.example"]),
]
Word = Annotated[str, StringConstraints(max_length=256), Field(examples=["three otters in a canoe"])]
Token = Annotated[str, StringConstraints(max_length=128)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PasswordIn(_In):
    """Signing in by password."""

    email: Email
    password: Word = Field(description="The password.")


class CodeAskIn(_In):
    """Asking for a code by mail."""

    email: Email


class CodeIn(_In):
    """Signing in by a code."""

    request: Token = Field(description="What asking for the code gave.", examples=["q1u0x0Yy5b0"])
    code: Annotated[str, StringConstraints(max_length=32)] = Field(
        description="The code of the mail; spaces and hyphens do not matter.", examples=["K7QM2XRP"]
    )


class SetupIn(_In):
    """Making the first user."""

    token: Token = Field(description="What `chappe up` printed.", examples=["mT3…"])
    name: Name = Field(description="How the user is called.", examples=["Léa Martin"])
    email: Email
    password: Word = Field(description="12 characters or more.")


class NewPasswordIn(_In):
    """Changing one's own password."""

    old: Word = Field(default="", description="The present one; not needed within ten minutes of a sign-in by code.")
    password: Word = Field(description="The new one, of 12 characters or more.")


class MeIn(_In):
    """Changing what one is called."""

    name: Name = Field(description="How the user is called.", examples=["Léa Martin"])


class CodeAsked(BaseModel):
    """A code is on its way, where there is a user of that address."""

    request: str = Field(description="Is sent back together with the code.")
    expires_at: Moment = Field(description="When the code is over.", examples=["2026-05-04T08:00:00Z"])


class MyPlace(BaseModel):
    """A workspace that one is in."""

    workspace: str = Field(description="Its name.", examples=["acme"])
    role: Role = Field(description="What one may do there.")
    person_id: Id | None = Field(description="Who one is among its people.")


class Me(BaseModel):
    """Who is signed in."""

    id: Id
    name: str = Field(examples=["Léa Martin"])
    email: str = Field(examples=["lea@acme.example"])
    admin: bool = Field(description="Whether one may make workspaces and users.")
    has_password: bool = Field(description="Without one, signing in is by code.")
    workspaces: list[MyPlace]


class SessionShown(BaseModel):
    """A session."""

    user_id: Id
    name: str = Field(examples=["Léa Martin"])
    csrf: str | None = Field(description="Is sent as `X-CSRF-Token` with every change; null for an API key.")
    expires_at: Moment | None = Field(
        description="When it ends, however much it is used; null for an API key.", examples=["2026-06-03T07:30:00Z"]
    )


def me(user: User, places: list[Place]) -> Me:
    """Return a user as they see themselves; `user` is as the store keeps it, with the hash of the password."""
    return Me(
        id=user.id, name=user.name, email=user.email, admin=user.admin, has_password=user.password is not None,
        workspaces=[
            MyPlace(workspace=place.name, role=Role(place.membership.role), person_id=place.membership.person_id)
            for place in places
        ],
    )  # fmt: skip
