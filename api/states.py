"""What names the state of the things that people change by what they have seen of them: an ETag for each.

Each reads by the connection of the write that it is to hold, and raises NotFoundError where nothing is there any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.etags import tag_of
from api.holding import Thing
from engine.errors import NotFoundError
from engine.store import accounts, budgets, people, users, verdicts, webhooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.model.budget import Level
    from engine.store import Connection
    from engine.store.accounts import AccountRow
    from engine.store.people import Group, Person
    from engine.store.users import Member, User
    from engine.store.verdicts import Asking
    from engine.store.webhooks import Webhook


def of_account(row: AccountRow) -> str:
    """Return the ETag of an account: who it is, whose, with which settings, and whether it is connected."""
    return tag_of("account", row.id, row.name, row.person_id, row.settings, row.state, row.remote_id)


def account(connection: Connection, workspace_id: str, account_id: str) -> str:
    """Return the ETag of an account as it is."""
    return of_account(accounts.get(connection, workspace_id, account_id))


def of_person(row: Person) -> str:
    """Return the ETag of a person, without what is allowed: consents are written beside each other, never over."""
    return tag_of("person", row.id, row.name, row.email, row.mailed)


def person(connection: Connection, workspace_id: str, person_id: str) -> str:
    """Return the ETag of a person as they are."""
    found = people.by_id(connection, workspace_id, person_id)
    if found is None:
        raise NotFoundError(f"There is nobody with the id {person_id} in this workspace.")
    return of_person(found)


def of_group(row: Group) -> str:
    """Return the ETag of a group."""
    return tag_of("group", row.id, row.name, row.size)


def group(connection: Connection, workspace_id: str, name: str) -> str:
    """Return the ETag of a group as it is."""
    found = next((row for row in people.listed_groups(connection, workspace_id) if row.name == name), None)
    if found is None:
        raise NotFoundError(f"There is no group {name} in this workspace.")
    return of_group(found)


def of_webhook(row: Webhook) -> str:
    """Return the ETag of a webhook: what a person sets of it, its secret, and whether it is called."""
    return tag_of("webhook", row.id, row.url, row.kinds, row.sealed, row.state)


def webhook(connection: Connection, workspace_id: str, name: str) -> str:
    """Return the ETag of a webhook as it is."""
    return of_webhook(webhooks.by_name(connection, workspace_id, name))


def of_member(row: Member) -> str:
    """Return the ETag of a member: what a user is in a workspace."""
    return tag_of("member", row.user.id, row.membership.role, row.membership.person_id)


def member(connection: Connection, workspace_id: str, user_id: str) -> str:
    """Return the ETag of a member as they are."""
    return of_member(users.member(connection, workspace_id, user_id))


def of_user(row: User) -> str:
    """Return the ETag of a user of the instance."""
    return tag_of("user", row.id, row.name, row.email, row.admin, row.state)


def user(connection: Connection, workspace_id: str, user_id: str) -> str:
    """Return the ETag of a user as they are; a user belongs to no workspace."""
    del workspace_id
    return of_user(users.get(connection, user_id))


def of_budget(row: Level | None) -> str:
    """Return the ETag of a budget: what may be spent in a month, not what was."""
    return tag_of("budget", None if row is None else row.cap)


def budget(connection: Connection, workspace_id: str, name: str) -> str:
    """Return the ETag of a workspace's budget as it is; it has only one."""
    del name
    return of_budget(budgets.money(connection, workspace_id))


def of_approval(row: Asking) -> str:
    """Return the ETag of a post that waits: its words, and whether it waits as it did."""
    return tag_of("approval", row.id, row.revision, row.document)


def approval(connection: Connection, workspace_id: str, approval_id: str) -> str:
    """Return the ETag of a post that waits; raises NotFoundError where somebody has decided."""
    found = verdicts.matching(connection, workspace_id, approval_id)
    if not found:
        raise NotFoundError("The post waits for nobody any more: somebody has decided, or its time was over.")
    return of_approval(found[0])


_READ: Final[dict[str, Callable[[Connection, str, str], str]]] = {
    "accounts": account,
    "approvals": approval,
    "budget": budget,
    "groups": group,
    "members": member,
    "people": person,
    "users": user,
    "webhooks": webhook,
}
"""How each kind of thing is read, by its name in paths and in the record of changes."""


def thing(workspace_id: str, kind: str, name: str) -> Thing:
    """Return a thing of a workspace by its id, or its name where it has no other."""
    return Thing(workspace_id, kind, name, lambda connection: _READ[kind](connection, workspace_id, name))
