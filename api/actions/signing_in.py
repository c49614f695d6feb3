"""Signing in: by password, or by a code that comes by mail; and what is done once one is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from api import credentials
from api.errors import ForbiddenError, TooManyTriesError, UnauthenticatedError
from engine.store import sessions, signing_in, users
from engine.store.sessions import Session
from engine.store.signing_in import Code, Door
from engine.store.users import ACTIVE

if TYPE_CHECKING:
    from datetime import datetime

    from api.passwords import Passwords
    from engine.clock import Clock
    from engine.store.unit import Store
    from engine.store.users import User

LONGEST: Final = timedelta(days=30)
"""A session ends after so long, however much it is used."""

CODE_LASTS: Final = timedelta(minutes=30)
CODE_TRIES: Final = 5
FRESH: Final = timedelta(minutes=10)
"""So long after a sign-in by code a new password may be set without the old one."""

_WRONG: Final = "The address or the password is wrong."
_LONGEST_WAIT: Final = timedelta(minutes=15)


class SendCode(Protocol):
    """Mails a code to a user."""

    async def __call__(self, user: User, code: str, until: datetime) -> None:
        """Hand the mail over; it is sent soon."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has just begun: its token is shown to the browser once."""

    token: str
    user: User
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A code that was asked for: it is redeemed together with this request."""

    request: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Porter:
    """Opens sessions, counting the tries of each account and of each address that they come from."""

    store: Store
    clock: Clock
    passwords: Passwords

    async def by_password(self, email: str, password: str, address: str) -> Opened:
        """Open a session. Raises UnauthenticatedError, whatever is wrong, and TooManyTriesError after many tries."""
        doors = _account(f"password {users.normal(email)}"), _from(address)
        await self._knock(*doors)
        user = await self.store.read(users.by_email, email)
        right, newer = await self.passwords.fits(password, user.password if user and user.state == ACTIVE else None)
        if user is None or not right:
            raise UnauthenticatedError(_WRONG)
        await self.store.write(signing_in.opened, *doors)
        if newer is not None:
            await self.store.write(users.change, user.id, {"password": newer})
        return await self._open(user, "password")

    async def ask(self, email: str, address: str) -> Asked:
        """Begin to ask for a code, which `mail` sends. Raises TooManyTriesError."""
        await self._knock(_mails(f"code {users.normal(email)}"), _mails(f"codes from {address}", free=20))
        return Asked(credentials.new_token(), self.clock.now() + CODE_LASTS)

    async def mail(self, asked: Asked, email: str, send: SendCode) -> None:
        """Mail a code to the user of that address, once the answer is out: no time tells whether there is one."""
        user = await self.store.read(users.by_email, email)
        if user is not None and user.state == ACTIVE:
            code = credentials.new_code()
            kept = credentials.code_hash(asked.request, code)
            row = Code(credentials.hash_of(asked.request), user.id, kept, CODE_TRIES, asked.expires_at)
            await self.store.write(signing_in.begin, row, self.clock.now())
            await send(user, code, asked.expires_at)

    async def by_code(self, request: str, code: str, address: str) -> Opened:
        """Open a session by the code that was mailed. Raises UnauthenticatedError and TooManyTriesError."""
        hashed = credentials.hash_of(request)
        doors = _account(f"request {hashed}"), _from(address)
        await self._knock(*doors)
        kept = credentials.code_hash(request, code)
        user_id = await self.store.write(signing_in.redeem, hashed, kept, self.clock.now())
        user = None if user_id is None else await self.store.read(users.get, user_id)
        if user is None or user.state != ACTIVE:
            raise UnauthenticatedError("The code is wrong, was used, or is over: ask for a new one.")
        await self.store.write(signing_in.opened, *doors)
        return await self._open(user, "code")

    async def new_password(self, user_id: str, session: Session, old: str, new: str) -> None:
        """Set a user's password and end the other sessions.

        Raises ForbiddenError where the old one is wrong, unless the sign-in was by code and is fresh;
        UnprocessableError where the new one is weak.
        """
        user = await self.store.read(users.get, user_id)
        fresh = session.how == "code" and self.clock.now() - session.created_at < FRESH
        if user.password is not None and not fresh:
            door = _account(f"password {user.email}")
            await self._knock(door)
            right, _ = await self.passwords.fits(old, user.password)
            if not right:
                raise ForbiddenError("The present password is wrong. Whoever forgot it signs in by a code first.")
            await self.store.write(signing_in.opened, door, door)
        hashed = await self.passwords.hashed(new, user.email, user.name)
        await self.store.write(users.change, user_id, {"password": hashed})
        await self.store.write(users.forget, user_id, but=session.hash)

    async def _open(self, user: User, how: str) -> Opened:
        now = self.clock.now()
        token = credentials.new_token()
        session = Session(credentials.hash_of(token), user.id, how, now, now, now + LONGEST)
        await self.store.write(sessions.begin, session)
        return Opened(token, user, session.expires_at)

    async def _knock(self, *doors: Door) -> None:
        now = self.clock.now()
        until = await self.store.write(signing_in.knock, doors, now)
        if until is not None:
            raise TooManyTriesError("There were too many tries: wait before the next one.", wait=until - now)


def _account(name: str) -> Door:
    """Return the door of an account: five tries, then waits of 2 seconds that double."""
    return Door(credentials.hash_of(f"account {name}"), 5, timedelta(seconds=2), _LONGEST_WAIT)


def _from(address: str) -> Door:
    """Return the door of an address: several people may share it."""
    return Door(credentials.hash_of(f"address {address}"), 20, timedelta(seconds=2), _LONGEST_WAIT)


def _mails(name: str, *, free: int = 3) -> Door:
    """Return the door of mails: each of them reaches somebody who may not want it."""
    return Door(credentials.hash_of(f"mails {name}"), free, timedelta(seconds=30), _LONGEST_WAIT)
