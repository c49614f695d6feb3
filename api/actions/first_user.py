"""The first user: made on this machine, or over the API by whoever has the token that `chappe up` printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api import credentials
from api.errors import ForbiddenError
from engine.ids import new_id
from engine.store import access, users, workspaces
from engine.store.users import ACTIVE, User

if TYPE_CHECKING:
    from api.passwords import Passwords
    from engine.clock import Clock
    from engine.store.unit import Store

_OVER: Final = "The set-up is over, or the token is not the one that `chappe up` printed last."


async def invitation(store: Store) -> str | None:
    """Return a fresh token for the set-up, which ends the one before; None where there is a user already."""
    if await store.read(users.anybody):
        return None
    token = credentials.new_token()
    await store.write(workspaces.set_instance_value, access.SETUP_TOKEN, credentials.hash_of(token))
    return token


async def make_first(store: Store, clock: Clock, passwords: Passwords, given: tuple[str, str, str, str]) -> User:
    """Make the owner of every workspace there is, who administers the instance too.

    `given` is token, name, address and password. Raises ForbiddenError where the token does not hold, or any more.
    """
    token, name, email, password = given
    token_hash = credentials.hash_of(token)
    if not await store.read(access.may_set_up, token_hash):
        raise ForbiddenError(_OVER)
    address = users.normal(email)
    hashed = await passwords.hashed(password, address, name)
    user = User(new_id(), name, address, True, ACTIVE, clock.now(), hashed)  # noqa: FBT003  # the fields of a row
    if not await store.write(access.make_first, user, token_hash):  # somebody else was quicker
        raise ForbiddenError(_OVER)
    return user
