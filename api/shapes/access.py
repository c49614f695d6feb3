"""Members, users, keys and workspaces, as they are sent and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.face import Role
from api.shapes.common import Id, Moment, Name
from api.shapes.session import Email

if TYPE_CHECKING:
    from engine.store.api_keys import ApiKey
    from engine.store.users import Member, User
    from engine.store.workspaces import Workspace

Scope = Annotated[str, StringConstraints(max_length=64), Field(examples=["mappings:read"])]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MemberIn(_In):
    """Somebody to let into the workspace."""

    name: Name = Field(description="How a new user is called; one that is there keeps the name.", examples=["Léa"])
    email: Email
    role: Role
    person: Name | None = Field(default=None, description="Who that is among the people of the workspace.")


class MemberChangeIn(_In):
    """What a member is from now on."""

    role: Role
    person: Name | None = Field(default=None, description="Who that is among the people of the workspace.")


class MemberShown(BaseModel):
    """A member of the workspace."""

    user_id: Id
    name: str = Field(examples=["Léa Martin"])
    email: str = Field(examples=["lea@acme.example"])
    role: Role
    person_id: Id | None
    since: Moment


class ApiKeyIn(_In):
    """A key to make."""

    name: Name = Field(description="What it is for.", examples=["nightly export"])
    scopes: list[Scope] = Field(min_length=1, max_length=100, description="What it may do.")
    expires_at: Moment | None = Field(default=None, description="When it ends by itself.")


class ApiKeyShown(BaseModel):
    """A key, by the part that is no secret."""

    id: Id
    user_id: Id
    name: str = Field(examples=["nightly export"])
    prefix: str = Field(description="How the key begins.", examples=["chappe_k3j9x2qa"])
    scopes: list[str] = Field(examples=[["mappings:read"]])
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None = Field(description="To the minute.")
    revoked_at: Moment | None


class ApiKeyMade(BaseModel):
    """A key that was just made."""

    key: ApiKeyShown
    token: str = Field(description="Shown this once: send it as `Authorization: Bearer …`.")


class UserShown(BaseModel):
    """A user, as the administrators of the instance see them."""

    id: Id
    name: str = Field(examples=["Léa Martin"])
    email: str = Field(examples=["lea@acme.example"])
    admin: bool
    state: str = Field(examples=["active"], description="`active` or `suspended`.")
    created_at: Moment


class UserChangeIn(_In):
    """What is to change about a user; what is left out stays."""

    name: Name | None = None
    admin: bool | None = Field(default=None, description="Whether the user may make workspaces and users.")
    state: Annotated[str, StringConstraints(pattern="^(active|suspended)$")] | None = Field(
        default=None, examples=["suspended"]
    )


class WorkspaceIn(_In):
    """A workspace to make."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")] = Field(examples=["acme"])


class WorkspaceShown(BaseModel):
    """A workspace."""

    id: Id
    name: str = Field(examples=["acme"])
    created_at: Moment
    suspended_at: Moment | None = Field(description="Since when nothing of it is polled or sent.")


def member(found: Member) -> MemberShown:
    """Return a member as shown."""
    user, membership = found.user, found.membership
    return MemberShown(
        user_id=user.id, name=user.name, email=user.email, role=Role(membership.role),
        person_id=membership.person_id, since=membership.created_at,
    )  # fmt: skip


def key(found: ApiKey) -> ApiKeyShown:
    """Return a key as shown."""
    return ApiKeyShown(
        id=found.id, user_id=found.user_id, name=found.name, prefix=found.prefix, scopes=found.scopes.split(),
        created_at=found.created_at, expires_at=found.expires_at, last_used_at=found.last_used_at,
        revoked_at=found.revoked_at,
    )  # fmt: skip


def user(found: User) -> UserShown:
    """Return a user as shown."""
    return UserShown(
        id=found.id, name=found.name, email=found.email, admin=found.admin, state=found.state,
        created_at=found.created_at,
    )  # fmt: skip


def workspace(found: Workspace) -> WorkspaceShown:
    """Return a workspace as shown."""
    return WorkspaceShown(id=found.id, name=found.name, created_at=found.created_at, suspended_at=found.suspended_at)
