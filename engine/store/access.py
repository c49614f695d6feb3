"""Letting in and keeping out, each in one transaction: the first user, members, and whole workspaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.store import pauses, users, workspaces
from engine.store.pauses import Scope
from engine.store.users import ACTIVE, OWNER, Member, Membership, User

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.store.pauses import Pause
    from engine.store.workspaces import Workspace

SETUP_TOKEN: Final = "setup_token"  # noqa: S105  # the name of a value of the instance
REASON: Final = "The workspace is suspended."


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody to be let into a workspace; `user_id` is for a new user, `password` a hash or None for codes."""

    user_id: str
    name: str
    email: str
    role: str
    person_id: str | None
    password: str | None


def may_set_up(connection: Connection, token_hash: str) -> bool:
    """Tell whether there is no user yet and the token of that hash is the last that was given out."""
    kept = workspaces.instance_value(connection, SETUP_TOKEN)
    return kept == token_hash and not users.anybody(connection)


def make_first(connection: Connection, user: User, token_hash: str) -> bool:
    """Use the token up and make the owner of every workspace; of two at once only one finds the token."""
    taken = workspaces.take_instance_value(connection, SETUP_TOKEN, token_hash)
    if not taken or users.anybody(connection):
        return False
    users.add(connection, user)
    for workspace in workspaces.listed(connection):
        users.join(connection, Membership(workspace.id, user.id, OWNER, None, user.created_at))
    return True


def let_in(connection: Connection, workspace_id: str, guest: Guest, now: datetime) -> Member:
    """Let somebody into a workspace, as a user who is made where there is none; the very first is administrator.

    Raises ConflictError for who is in it already.
    """
    user = users.by_email(connection, guest.email)
    if user is None:
        first = not users.anybody(connection)
        user = User(guest.user_id, guest.name, users.normal(guest.email), first, ACTIVE, now, guest.password)
        users.add(connection, user)
    membership = Membership(workspace_id, user.id, guest.role, guest.person_id, now)
    users.enter(connection, membership)
    return Member(user, membership)


def change(connection: Connection, workspace_id: str, user_id: str, role: str, person_id: str | None) -> Member:
    """Change what a member is. Raises NotFoundError; ConflictError for the only owner."""
    former = users.member(connection, workspace_id, user_id)
    users.join(connection, Membership(workspace_id, user_id, role, person_id, former.membership.created_at))
    return users.member(connection, workspace_id, user_id)


def create(connection: Connection, workspace: Workspace, owner_id: str) -> None:
    """Keep a new workspace with its owner; raises ConflictError where the name is taken."""
    workspaces.create(connection, workspace)
    users.join(connection, Membership(workspace.id, owner_id, OWNER, None, workspace.created_at))


def suspend(connection: Connection, name: str, now: datetime) -> Workspace:
    """Shut a workspace and stop its work, unless that is paused already; raises NotFoundError."""
    workspace = workspaces.by_name(connection, name)
    if workspace.suspended_at is None:
        workspaces.suspend(connection, workspace.id, now)
        if not _own(connection, workspace.id):
            pauses.pause(connection, workspace.id, Scope.WORKSPACE, reason=REASON, now=now)
    return workspaces.get(connection, workspace.id)


def reopen(connection: Connection, name: str, now: datetime) -> Workspace:
    """Open a workspace again; what was paused in it before stays so. Raises NotFoundError."""
    workspace = workspaces.by_name(connection, name)
    workspaces.suspend(connection, workspace.id, None)
    if any(pause.reason == REASON for pause in _own(connection, workspace.id)):
        pauses.resume(connection, workspace.id, Scope.WORKSPACE, now=now)
    return workspaces.get(connection, workspace.id)


def _own(connection: Connection, workspace_id: str) -> list[Pause]:
    """Return the pauses of the whole workspace."""
    found = pauses.listed(connection, workspace_id)
    return [pause for pause in found if pause.workspace_id == workspace_id and pause.scope == Scope.WORKSPACE]
