"""People, the groups they are in, and the audience that a sink publishes for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, func, select, update

from engine.errors import ConflictError, NotFoundError
from engine.ids import new_id
from engine.store import accounts
from engine.store.bulk import insert
from engine.store.consents import read_head
from engine.store.lines import lines, names_of
from engine.store.paged import paged
from engine.store.tables import accounts as account_rows
from engine.store.tables import consent_heads, group_members, groups, memberships, people
from engine.store.unit import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.model.consent import Head


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody we know; an ambassador once a consent is given. Who is not `mailed` wants no mails of posts."""

    id: str
    workspace_id: str
    name: str
    created_at: datetime
    email: str | None = None
    mailed: bool = True


class Member(NamedTuple):
    """A person, and the names of the groups that person is in."""

    person: Person
    groups: list[str]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of people, and how many they are."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class AudienceMember:
    """A person of a group with an account of a platform; without a head that person never said yes."""

    account_id: str
    account_name: str
    account_state: str
    person_id: str
    person_name: str
    head: Head | None


_FIELDS = tuple(Person.__dataclass_fields__)
_ALL = select(*(people.c[name] for name in _FIELDS))
_HERE = _ALL.where(people.c.workspace_id == bindparam("workspace"))
_ONE = _HERE.where(people.c.id == bindparam("id"))
_INSIDE = and_(group_members.c.workspace_id == groups.c.workspace_id, group_members.c.group_id == groups.c.id)
_ITS_GROUPS = (
    select(lines(groups.c.name))
    .join(group_members, _INSIDE)
    .where(group_members.c.workspace_id == people.c.workspace_id, group_members.c.person_id == people.c.id)
    .correlate(people)
    .scalar_subquery()
)
_MEMBERS_HERE = _HERE.add_columns(_ITS_GROUPS)
_PAGE = _MEMBERS_HERE.where(people.c.id > bindparam("after")).order_by(people.c.id)
_ONE_MEMBER = _MEMBERS_HERE.where(people.c.id == bindparam("id"))
_GROUPS = (
    select(groups.c.id, groups.c.name, func.count(group_members.c.person_id))
    .outerjoin(group_members, _INSIDE)
    .where(groups.c.workspace_id == bindparam("workspace"))
    .group_by(groups.c.id, groups.c.name)
)
_MEMBERS = (
    _HERE.join(
        group_members,
        and_(group_members.c.workspace_id == people.c.workspace_id, group_members.c.person_id == people.c.id),
    )
    .join(groups, _INSIDE)
    .where(groups.c.name == bindparam("group"), group_members.c.person_id > bindparam("after"))
    .order_by(group_members.c.person_id)
)


_AUDIENCE = (
    select(
        account_rows.c.id, account_rows.c.name, account_rows.c.state, people.c.id, people.c.name,
        consent_heads.c.given, consent_heads.c.terms, consent_heads.c.seq,
    )
    .select_from(groups)
    .join(group_members, and_(group_members.c.workspace_id == groups.c.workspace_id,
                              group_members.c.group_id == groups.c.id))
    .join(people, and_(people.c.workspace_id == groups.c.workspace_id, people.c.id == group_members.c.person_id))
    .join(account_rows, and_(account_rows.c.workspace_id == groups.c.workspace_id,
                             account_rows.c.person_id == people.c.id))
    .outerjoin(consent_heads, and_(consent_heads.c.workspace_id == groups.c.workspace_id,
                                   consent_heads.c.account_id == account_rows.c.id))
    .where(groups.c.workspace_id == bindparam("workspace"), groups.c.name == bindparam("group"),
           account_rows.c.platform == bindparam("platform"))
)  # fmt: skip


def add(connection: Connection, person: Person) -> None:
    """Keep a new person; raises ConflictError where the name is taken."""
    row = tuple(getattr(person, name) for name in _FIELDS)
    tail = "ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id"
    if insert(connection, people, _FIELDS, [row], tail=tail).first() is None:
        message = f"Somebody called {person.name} is there already: add what tells the two apart."
        raise ConflictError(message)


@no_snapshot
def listed(connection: Connection, workspace_id: str) -> list[Person]:
    """Return the people of a workspace by name."""
    rows = connection.execute(_ALL.where(people.c.workspace_id == workspace_id))
    return sorted((Person(*row) for row in rows), key=lambda person: person.name)


@no_snapshot
def page(connection: Connection, workspace_id: str, after: str, most: int) -> list[Member]:
    """Return so many people, the first added first: those after an id."""
    given = {"workspace": workspace_id, "after": after}
    return [_with_groups(row) for row in connection.execute(paged(_PAGE, most), given).all()]


@no_snapshot
def member(connection: Connection, workspace_id: str, person_id: str) -> Member | None:
    """Return a person with the names of the groups that person is in, None where there is none of this id."""
    row = connection.execute(_ONE_MEMBER, {"workspace": workspace_id, "id": person_id}).first()
    return None if row is None else _with_groups(row)


def _with_groups(row: Sequence[Any]) -> Member:
    return Member(Person(*row[:-1]), names_of(row[-1]))


@no_snapshot
def by_name(connection: Connection, workspace_id: str, name: str) -> Person:
    """Return a person; raises NotFoundError."""
    query = _ALL.where(people.c.workspace_id == workspace_id, people.c.name == name)
    row = connection.execute(query).first()
    if row is None:
        message = f"There is nobody called {name} in this workspace: `chappe people` lists them."
        raise NotFoundError(message)
    return Person(*tuple(row))


@no_snapshot
def by_id(connection: Connection, workspace_id: str, person_id: str) -> Person | None:
    """Return a person, None where there is none of this id."""
    row = connection.execute(_ONE, {"workspace": workspace_id, "id": person_id}).first()
    return Person(*row) if row is not None else None


def set_email(connection: Connection, workspace_id: str, person_id: str, email: str) -> None:
    """Change where a person is written to."""
    mine = and_(people.c.workspace_id == workspace_id, people.c.id == person_id)
    connection.execute(update(people).where(mine).values(email=email))


def set_mailed(connection: Connection, workspace_id: str, person_id: str, *, mailed: bool) -> None:
    """Let a person be written to of posts, or no more."""
    mine = and_(people.c.workspace_id == workspace_id, people.c.id == person_id)
    connection.execute(update(people).where(mine).values(mailed=mailed))


def remove(connection: Connection, workspace_id: str, name: str) -> list[str]:
    """Delete a person with accounts, consents and deliveries; raises NotFoundError.

    Returns the deliveries that were being sent at that moment and may still go out.
    """
    person = by_name(connection, workspace_id, name)
    mine = and_(people.c.workspace_id == workspace_id, people.c.id == person.id)
    connection.execute(select(people.c.id).where(mine).with_for_update()).first()
    owned = and_(account_rows.c.workspace_id == workspace_id, account_rows.c.person_id == person.id)
    under_way = accounts.remove(
        connection, workspace_id, list(connection.scalars(select(account_rows.c.id).where(owned)))
    )
    stands_for = and_(memberships.c.workspace_id == workspace_id, memberships.c.person_id == person.id)
    connection.execute(update(memberships).where(stands_for).values(person_id=None))
    connection.execute(delete(people).where(mine))
    return under_way


def add_group(connection: Connection, workspace_id: str, name: str) -> str:
    """Make an empty group and return its id; raises ConflictError where the name is taken."""
    tail = "ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id"
    made = insert(connection, groups, ("workspace_id", "id", "name"), [(workspace_id, new_id(), name)], tail=tail)
    group_id = made.scalar()
    if group_id is None:
        message = f"A group called {name} is there already."
        raise ConflictError(message)
    return str(group_id)


@no_snapshot
def listed_groups(connection: Connection, workspace_id: str) -> list[Group]:
    """Return the groups of a workspace by name."""
    found = connection.execute(_GROUPS, {"workspace": workspace_id}).all()
    return sorted((Group(*row) for row in found), key=lambda group: group.name)


def remove_group(connection: Connection, workspace_id: str, name: str) -> None:
    """Delete a group, not its people; raises NotFoundError."""
    group_id = _group_id(connection, workspace_id, name)
    connection.execute(delete(groups).where(groups.c.workspace_id == workspace_id, groups.c.id == group_id))


def enter(connection: Connection, workspace_id: str, group: str, person_ids: Sequence[str]) -> None:
    """Put people into a group; who is in it stays. Raises NotFoundError where there is no such group."""
    group_id = _group_id(connection, workspace_id, group)
    rows = ((workspace_id, group_id, person_id) for person_id in person_ids)
    insert(connection, group_members, ("workspace_id", "group_id", "person_id"), rows, tail="ON CONFLICT DO NOTHING")


def leave(connection: Connection, workspace_id: str, group: str, person_ids: Sequence[str]) -> None:
    """Take people out of a group; raises NotFoundError where there is no such group."""
    group_id = _group_id(connection, workspace_id, group)
    inside = and_(group_members.c.workspace_id == workspace_id, group_members.c.group_id == group_id)
    connection.execute(delete(group_members).where(inside, group_members.c.person_id.in_(person_ids)))


@no_snapshot
def member_page(connection: Connection, workspace_id: str, group: str, after: str, most: int) -> list[Person]:
    """Return so many people of a group, the first added first: those after an id; nobody where there is no group."""
    given = {"workspace": workspace_id, "group": group, "after": after}
    return [Person(*row) for row in connection.execute(paged(_MEMBERS, most), given).all()]


def members(connection: Connection, workspace_id: str, group: str) -> list[Person]:
    """Return the people of a group by name; raises NotFoundError where there is no such group."""
    group_id = _group_id(connection, workspace_id, group)
    inside = and_(group_members.c.workspace_id == people.c.workspace_id, group_members.c.person_id == people.c.id)
    query = _ALL.join(group_members, inside).where(people.c.workspace_id == workspace_id)
    rows = connection.execute(query.where(group_members.c.group_id == group_id))
    return sorted((Person(*row) for row in rows), key=lambda person: person.name)


def audience(connection: Connection, workspace_id: str, group: str, platform: str) -> list[AudienceMember]:
    """Return everybody of a group who has an account of a platform, by name, with what that person allowed.

    One query, for 20,000 people too. A group that is not there is an audience of nobody.
    """
    parameters = {"workspace": workspace_id, "group": group, "platform": platform}
    rows = connection.execute(_AUDIENCE, parameters)
    found = (_member(tuple(row)) for row in rows)
    return sorted(found, key=lambda member: (member.person_name, member.account_name))


def _member(row: tuple[Any, ...]) -> AudienceMember:
    account_id, account_name, state, person_id, person_name, given, terms, seq = row
    head = None if terms is None else read_head(account_id, given, terms, seq)
    return AudienceMember(account_id, account_name, state, person_id, person_name, head)


def _group_id(connection: Connection, workspace_id: str, name: str) -> str:
    query = select(groups.c.id).where(groups.c.workspace_id == workspace_id, groups.c.name == name)
    group_id = connection.scalar(query)
    if group_id is None:
        message = f"There is no group {name} in this workspace: `chappe people group list` lists them."
        raise NotFoundError(message)
    return str(group_id)
