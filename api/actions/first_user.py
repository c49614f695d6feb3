"""The first user: made on this machine, or over the API by whoever has the token that `chappe up` printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api import credentials
from api.errors import ForbiddenError
from engine.ids import new_id
from engine.store import users, workspaces
from engine.store.users import ACTIVE, OWNER, Membership, User

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from api.passwords import Passwords
    from engine.clock import Clock
    from engine.store.unit import Store

TOKEN: Final = "setup_token"  # noqa: S105  # the name of a value of the instance


async def invitation(store: Store) -> str | None:
    """Return a fresh token for the set-up, which ends the one before; None where there is a user already."""
    if await store.read(users.anybody):
        return None
    token = credentials.new_token()
    await store.write(workspaces.set_instance_value, TOKEN, credentials.hash_of(token))
    return token


async def make_first(store: Store, clock: Clock, passwords: Passwords, given: tuple[str, str, str, str]) -> User:
    """Make the owner of every workspace there is, who administers the instance too.

    `given` is token, name, address and password. Raises ForbiddenError where the token does not hold, or any more.
    """
    token, name, email, password = given
    if await store.read(users.anybody) or not await store.read(_holds, token):
        raise ForbiddenError("The set-up is over, or the token is not the one that `chappe up` printed last.")
    address = users.normal(email)
    hashed = await passwords.hashed(password, address, name)
    user = User(new_id(), name, address, True, ACTIVE, clock.now(), hashed)  # noqa: FBT003  # the fields of a row
    await store.write(_keep, user, credentials.hash_of(token), clock.now())
    return user


def _holds(connection: Connection, token: str) -> bool:
    return workspaces.instance_value(connection, TOKEN) == credentials.hash_of(token)


def _keep(connection: Connection, user: User, token_hash: str, now: datetime) -> None:
    """Use the token up and make the user, in one transaction: of two at once only one finds the token."""
    if not workspaces.take_instance_value(connection, TOKEN, token_hash) or users.anybody(connection):
        raise ForbiddenError("The set-up is over: somebody else was quicker.")
    users.add(connection, user)
    for workspace in workspaces.listed(connection):
        users.join(connection, Membership(workspace.id, user.id, OWNER, None, now))
