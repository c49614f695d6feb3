"""What a route is handed: the process behind it, and who calls.

A route that belongs to a workspace stands under `/workspaces/{workspace}` and declares whom it serves:

    @router.get("/mappings")
    async def listed(face: TheFace, caller: Annotated[Caller, May("mappings:read", Role.VIEWER)]) -> ...
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol

from fastapi import Depends, Path, Request

from api import idempotency, requests_recorded
from api.actions.desk import Desk
from api.errors import ForbiddenError
from api.listeners import Listeners
from api.running_work import Running

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from api.actions.signing_in import SendCode
    from api.passwords import Passwords
    from api.settings import Settings
    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.http_client import HttpClient
    from engine.mailer import Mailer
    from engine.offload import Offload
    from engine.store.sessions import Known
    from engine.store.unit import Store
    from engine.store.users import User
    from engine.store.workspaces import Workspace
    from engine.vault import Vault
    from engine.wake import WakeQueue


class Role(StrEnum):
    """What a user is in a workspace; each but the ambassador may do what those below may."""

    OWNER = "owner"
    EDITOR = "editor"
    APPROVER = "approver"
    VIEWER = "viewer"
    AMBASSADOR = "ambassador"

    def covers(self, needed: Role) -> bool:
        """Tell whether this role may do what that one may."""
        return _RANKS[self] >= _RANKS[needed]


_RANKS: Final = {Role.OWNER: 4, Role.EDITOR: 3, Role.APPROVER: 2, Role.VIEWER: 1, Role.AMBASSADOR: 0}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, in which workspace, as what; `by` is the name for the record.

    `person_id` is who the user is among the workspace's people; `scopes` what an API key is for, None for a session.
    """

    user_id: str
    by: str
    workspace: Workspace
    role: Role
    person_id: str | None = None
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """Who calls, in no workspace in particular; `csrf` is the session's token, None for an API key."""

    known: Known
    csrf: str | None

    @property
    def user(self) -> User:
        """Return the user."""
        return self.known.user


class Identify(Protocol):
    """Finds out who calls."""

    def __call__(self, request: Request, workspace: str, scope: str, needed: Role) -> Awaitable[Caller]:
        """Return the caller.

        Raises UnauthenticatedError (401) without a credential, NotFoundError (404) where the caller has nothing to do
        with the workspace, ForbiddenError (403) where the role or the key's scopes do not reach.
        """

    async def signed(self, request: Request) -> Signed:
        """Return who calls, outside of any workspace; raises UnauthenticatedError."""


@dataclass(frozen=True, slots=True)
class Face:
    """The process behind the API."""

    settings: Settings
    store: Store
    clock: Clock
    registry: Registry
    wake: WakeQueue
    vault: Vault
    http: HttpClient
    offload: Offload
    identify: Identify
    passwords: Passwords
    send_code: SendCode
    mailer: Mailer | None = None
    running: Running = field(default_factory=Running)
    listeners: Listeners = field(default_factory=Listeners)

    def desk(self) -> Desk:
        """Return what a person's decision needs."""
        return Desk(self.store, self.clock, self.wake, self.registry)


def the_face(request: Request) -> Face:
    """Return the process behind the application."""
    face: Face = request.app.state.face
    return face


TheFace = Annotated[Face, Depends(the_face)]


class Permission:
    """A dependency that finds out who calls and whether that is allowed; `scope` is `resource:read` or `:write`."""

    def __init__(self, scope: str, needed: Role) -> None:
        self.scope = scope
        self.needed = needed

    async def __call__(
        self, request: Request, face: TheFace, workspace: Annotated[str, Path(description="The workspace, by name.")]
    ) -> Caller:
        """Return the caller, or raise as `Identify` says; the `Idempotency-Key` of a POST is taken for them."""
        caller = await face.identify(request, workspace, self.scope, self.needed)
        await idempotency.begin(request, face, caller)
        await requests_recorded.begin(request, face.clock, caller.by, caller.user_id, caller.workspace.id)
        return caller


def May(scope: str, needed: Role) -> Any:  # noqa: N802  # read as a mark in a signature, as FastAPI's `Depends` is
    """Mark a route's parameter as the caller, who must have this role or more, and a key with this scope."""
    return Depends(Permission(scope, needed))


class SignedIn:
    """A dependency of routes outside of any workspace: whoever is signed in, or an administrator of the instance.

    An API key belongs to one workspace, so it reads here at most.
    """

    def __init__(self, *, admin: bool = False) -> None:
        self.admin = admin

    async def __call__(self, request: Request, face: TheFace) -> Signed:
        """Return who calls; raises UnauthenticatedError or ForbiddenError."""
        signed = await face.identify.signed(request)
        if self.admin and not signed.user.admin:
            raise ForbiddenError("This is for administrators of the instance.")
        if signed.csrf is None and (self.admin or request.method != "GET"):
            raise ForbiddenError("An API key is for one workspace: sign in to do this.")
        await requests_recorded.begin(request, face.clock, signed.user.name, signed.user.id)
        return signed


AsUser = Annotated[Signed, Depends(SignedIn())]
AsAdmin = Annotated[Signed, Depends(SignedIn(admin=True))]
