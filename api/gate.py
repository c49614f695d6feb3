"""Who calls, and whether they may: the only way into a workspace.

Everything is looked up anew for each request, so that a user who is removed, a key that is revoked and a role that is
lowered count at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from api import credentials
from api.errors import ForbiddenError, UnauthenticatedError
from api.face import Caller, Role, Signed
from engine.errors import NotFoundError
from engine.store import sessions

if TYPE_CHECKING:
    from fastapi import Request

    from engine.clock import Clock
    from engine.store.sessions import Known
    from engine.store.unit import Store

IDLE: Final = timedelta(days=7)
"""A session that nobody uses for so long ends."""

NOTED_EVERY: Final = timedelta(minutes=1)
"""How often the use of a session or key is written down at most."""


class Gate:
    """Lets callers in by session cookie or API key."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def __call__(self, request: Request, workspace: str, scope: str, needed: Role) -> Caller:
        """Return who calls in a workspace. Raises UnauthenticatedError, NotFoundError, ForbiddenError."""
        known = await self._known(request, workspace)
        if known.workspace is None or known.role is None:
            raise NotFoundError(f"There is no workspace {workspace} that you are in.")
        scopes, key_id = (None, None) if known.key is None else (frozenset(known.key.scopes.split()), known.key.id)
        caller = Caller(known.user.id, _name(known), known.workspace, Role(known.role), known.person_id, scopes, key_id)
        if not caller.role.covers(needed):
            raise ForbiddenError(f"This is for the role {needed} and above; you are {caller.role} here.")
        if scopes is not None and scope not in scopes:
            raise ForbiddenError(f"The API key is not for this: it lacks the scope {scope}.")
        if known.workspace.suspended_at is not None and not known.user.admin:
            raise ForbiddenError(f"The workspace {workspace} is suspended: an administrator of the instance knows why.")
        return caller

    async def signed(self, request: Request) -> Signed:
        """Return who calls, in no workspace. Raises UnauthenticatedError, ForbiddenError."""
        known = await self._known(request, "")
        return Signed(known, credentials.csrf_of(credentials.cookie(request)) if known.session else None)

    async def _known(self, request: Request, workspace: str) -> Known:
        now = self._clock.now()
        known = await self._shown(request, workspace)
        if known.session is not None and now - known.session.seen_at >= NOTED_EVERY:
            await self._store.write(sessions.seen, known.session.hash, now)
        if known.key is not None and (known.key.last_used_at is None or now - known.key.last_used_at >= NOTED_EVERY):
            await self._store.write(sessions.used, known.key.id, now)
        return known

    async def _shown(self, request: Request, workspace: str) -> Known:
        now = self._clock.now()
        if key := credentials.bearer(request):
            known = await self._store.read(sessions.by_key, credentials.hash_of(key), workspace, now)
            if known is None:
                raise UnauthenticatedError("The API key is unknown, revoked or over: make a new one.")
            return known
        token = credentials.cookie(request)
        if not token:
            raise UnauthenticatedError("Sign in, or send an API key as `Authorization: Bearer …`.")
        known = await self._store.read(sessions.by_session, credentials.hash_of(token), workspace, now, idle=IDLE)
        if known is None:
            raise UnauthenticatedError("The session is over: sign in again.")
        credentials.refuse_forged(request, token)
        return known


def _name(known: Known) -> str:
    """Return the name for the record; a key's name stands with its owner's."""
    return known.user.name if known.key is None else f"{known.user.name} (key {known.key.name})"
