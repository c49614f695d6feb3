"""Connecting an account in the browser, as it is sent and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.actions.connecting import suggested_name
from api.shapes.accounts import Kind
from api.shapes.common import Id, Moment, Name

if TYPE_CHECKING:
    from api.actions.connecting_web import Answered

Token = Annotated[str, StringConstraints(max_length=200)]
RemoteId = Annotated[str, StringConstraints(max_length=300), Field(examples=["urn:li:person:8675309"])]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConnectIn(_In):
    """A new account to connect."""

    platform: Kind = Field(description="`facebook`, `linkedin` or `x`.", examples=["linkedin"])
    person: Id | None = Field(default=None, description="Whose it will be; without it, the company's own.")


class ConfirmIn(_In):
    """Which identity is meant."""

    confirm: Token = Field(description="What the callback gave.")
    remote_id: RemoteId = Field(description="One of those that the callback showed.")
    name: Name | None = Field(default=None, description="What a new account is called; else one is suggested.")
    calls: bool = Field(default=True, description="Whether the platform is asked to call when there is news.")


class ConnectBegun(BaseModel):
    """A connecting that has begun."""

    address: str = Field(description="Send the browser there, in the session that began this.")
    redirect_uri: str = Field(description="Where the platform sends it back; register it there.")
    expires_at: Moment


class IdentityShown(BaseModel):
    """Somebody whom the platform names."""

    remote_id: str
    name: str = Field(examples=["Léa Martin"])
    url: str
    suggested: str = Field(description="What the account would be called.", examples=["lea-martin-linkedin"])


class Connected(BaseModel):
    """Who was found; nothing is saved yet."""

    confirm: str = Field(description="Send it with the identity that is meant, within ten minutes.")
    workspace: str
    platform: str
    account_id: Id | None = Field(description="The account that is connected again; null for a new one.")
    identities: list[IdentityShown]


def connected(answer: Answered, workspace: str) -> Connected:
    """Return who was found, as shown."""
    kind = answer.kind.kind
    return Connected(
        confirm=answer.token, workspace=workspace, platform=kind,
        account_id=answer.account.id if answer.account else None,
        identities=[
            IdentityShown(
                remote_id=each.identity.remote_id, name=each.identity.name, url=each.identity.url,
                suggested=suggested_name(each, kind),
            )
            for each in answer.found
        ],
    )  # fmt: skip
