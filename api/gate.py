"""Who calls, and whether they may: the only way into a workspace.

What was found counts for a second more, since pages and programs ask for several things in a row, unless somebody
changes something meanwhile by this process: a user who is removed, a key that is revoked and a role that is lowered
count at once in the process that did it, and within that second in every other.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

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

KNOWN_FOR: Final = 1.0
"""Seconds for which what was found counts for those who only read."""

MOST_KNOWN: Final = 1_000

_NO_KEY: Final = "The API key is unknown, revoked or over: make a new one."


class _Place(NamedTuple):
    """What is shown, as its hash, and the workspace that is wanted; empty for none."""

    is_key: bool
    hash: str
    workspace: str


class Gate:
    """Lets callers in by session cookie or API key."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lately: OrderedDict[_Place, tuple[float, Known]] = OrderedDict()
        self._changed_at = -KNOWN_FOR

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
        key = credentials.bearer(request)
        shown = key or credentials.cookie(request)
        if not shown:
            raise UnauthenticatedError("Sign in, or send an API key as `Authorization: Bearer …`.")
        place = _Place(bool(key), credentials.hash_of(shown), workspace)
        now = self._clock.monotonic()
        if request.method not in credentials.SAFE:  # it may change what somebody may
            self._lately.clear()
            self._changed_at = now
        known = self._kept(place, now) or self._keep(place, now, await self._found(place))
        if not key:
            credentials.refuse_forged(request, shown)
        return known

    async def _found(self, place: _Place) -> Known:
        """Look up who a credential stands for in a workspace; raises UnauthenticatedError."""
        now = self._clock.now()
        if place.is_key:
            known = await self._store.read(sessions.by_key, place.hash, place.workspace, now)
        else:
            known = await self._store.read(sessions.by_session, place.hash, place.workspace, now, idle=IDLE)
        if known is None:
            raise UnauthenticatedError(_NO_KEY if place.is_key else "The session is over: sign in again.")
        if known.session is not None and now - known.session.seen_at >= NOTED_EVERY:
            await self._store.write(sessions.seen, known.session.hash, now)
        elif known.key is not None and (known.key.last_used_at is None or now - known.key.last_used_at >= NOTED_EVERY):
            await self._store.write(sessions.used, known.key.id, now)
        return known

    def _kept(self, place: _Place, now: float) -> Known | None:
        found_at, known = self._lately.get(place, (0.0, None))
        return known if now - found_at < KNOWN_FOR else None

    def _keep(self, place: _Place, found_at: float, known: Known) -> Known:
        if found_at - self._changed_at >= KNOWN_FOR:  # what is under way is not committed yet
            self._lately[place] = found_at, known
            self._lately.move_to_end(place)
            while len(self._lately) > MOST_KNOWN:
                self._lately.popitem(last=False)
        return known


def _name(known: Known) -> str:
    """Return the name for the record; a key's name stands with its owner's."""
    return known.user.name if known.key is None else f"{known.user.name} (key {known.key.name})"
