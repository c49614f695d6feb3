"""The process behind the API, and who calls it, as what."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from api.actions.desk import Desk
from api.listeners import Listeners
from api.running_work import Running
from api.tries import Misses

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from fastapi import Request

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

    `person_id` is who the user is among the workspace's people; `key_id` and `scopes` are of the API key that was
    shown, None for a session.
    """

    user_id: str
    by: str
    workspace: Workspace
    role: Role
    person_id: str | None = None
    scopes: frozenset[str] | None = None
    key_id: str | None = None


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
    misses: Misses = field(default_factory=Misses)

    def desk(self) -> Desk:
        """Return what a person's decision needs."""
        return Desk(self.store, self.clock, self.wake, self.registry)
