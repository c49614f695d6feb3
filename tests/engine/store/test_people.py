"""People, groups, audiences; a removed person is gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from engine.errors import ConflictError, NotFoundError
from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.model.delivery import State
from engine.store import accounts, consents, people, tables
from engine.store.bulk import insert
from engine.store.people import Group, Person

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.people import AudienceMember
    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows

MANY = 1_000


async def test_a_person_comes_back_as_added(store: Store, workspace: str, now: datetime) -> None:
    lea = Person(new_id(), workspace, "Léa", now, email="lea@acme.example")
    karim = Person(new_id(), workspace, "Karim", now)
    for person in (lea, karim):
        await store.write(people.add, person)

    assert await store.read(people.by_name, workspace, "Léa") == lea
    assert await store.read(people.listed, workspace) == [karim, lea]


async def test_a_name_is_given_once(rows: Rows) -> None:
    await rows.person("Léa")

    with pytest.raises(ConflictError, match="Somebody called Léa is there already: add what tells the two apart"):
        await rows.person("Léa")


async def test_nobody_of_that_name_is_said(store: Store, workspace: str) -> None:
    with pytest.raises(NotFoundError, match="There is nobody called Léa in this workspace"):
        await store.read(people.by_name, workspace, "Léa")


async def test_groups_are_filled_and_emptied(store: Store, workspace: str, rows: Rows) -> None:
    lea, karim, zoe = [await rows.person(name) for name in ("Léa", "Karim", "Zoé")]
    group = await store.write(people.add_group, workspace, "ambassadors-fr")
    await store.write(people.enter, workspace, "ambassadors-fr", [lea, karim])
    await store.write(people.enter, workspace, "ambassadors-fr", [karim, zoe])

    assert [person.name for person in await store.read(people.members, workspace, "ambassadors-fr")] == [
        "Karim", "Léa", "Zoé",
    ]  # fmt: skip
    await store.write(people.leave, workspace, "ambassadors-fr", [karim])
    assert await store.read(people.listed_groups, workspace) == [Group(group, "ambassadors-fr", 2)]


async def test_an_empty_group_is_listed_and_a_removed_one_leaves_its_people(
    store: Store, workspace: str, rows: Rows
) -> None:
    lea = await rows.person("Léa")
    empty = await store.write(people.add_group, workspace, "empty")
    await store.write(people.add_group, workspace, "full")
    await store.write(people.enter, workspace, "full", [lea])
    await store.write(people.remove_group, workspace, "full")

    assert await store.read(people.listed_groups, workspace) == [Group(empty, "empty", 0)]
    assert [person.id for person in await store.read(people.listed, workspace)] == [lea]


async def test_a_group_that_is_there_or_is_not_is_said(store: Store, workspace: str) -> None:
    await store.write(people.add_group, workspace, "fr")

    with pytest.raises(ConflictError, match="A group called fr is there already"):
        await store.write(people.add_group, workspace, "fr")
    with pytest.raises(NotFoundError, match="There is no group de in this workspace"):
        await store.write(people.enter, workspace, "de", [])


async def _group(store: Store, workspace: str, *person_ids: str) -> None:
    await store.write(people.add_group, workspace, "fr")
    await store.write(people.enter, workspace, "fr", person_ids)


async def test_an_audience_is_everybody_with_an_account_of_the_platform_by_name(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    zoe, lea, karim, outside = [await rows.person(name) for name in ("Zoé", "Léa", "Karim", "Ana")]
    await _group(store, workspace, zoe, lea, karim)
    theirs = {name: await rows.account(name, owner) for name, owner in [("zoe-in", zoe), ("lea-in", lea)]}
    await rows.account("karim-x", karim, platform="x")
    await rows.account("ana-in", outside)
    terms = Terms(mode=Mode.POST_FOR_ME, until=now + timedelta(days=90))
    await store.write(consents.give, workspace, lea, theirs["lea-in"], terms, now)
    await store.write(accounts.set_state, workspace, theirs["zoe-in"], "lost", now=now)

    found = await store.read(people.audience, workspace, "fr", "linkedin")

    assert [(member.person_name, member.account_name, member.account_state) for member in found] == [
        ("Léa", "lea-in", "live"), ("Zoé", "zoe-in", "lost"),
    ]  # fmt: skip
    assert found[0].head is not None
    assert found[0].head.terms == terms
    assert found[1].head is None
    assert await store.read(people.audience, workspace, "nobody", "linkedin") == []
    assert await store.read(people.audience, "other", "fr", "linkedin") == []


async def test_an_audience_of_a_thousand_is_one_query(store: Store, workspace: str, now: datetime) -> None:
    await store.write(_many, workspace, now)
    statements: list[str] = []

    def audience(connection: Connection) -> list[AudienceMember]:
        event.listen(connection, "before_cursor_execute", lambda *event_args: statements.append(event_args[2]))
        return people.audience(connection, workspace, "fr", "linkedin")

    found = await store.read(audience)

    assert len(found) == MANY
    assert [statement.split()[0] for statement in statements if statement != "BEGIN"] == ["SELECT"]
    assert all(member.head is not None and member.head.given for member in found)
    assert found == sorted(found, key=lambda member: member.person_name)


def _many(connection: Connection, workspace: str, now: datetime) -> None:
    group = people.add_group(connection, workspace, "fr")
    ids = [(f"p{number:05}", f"a{number:05}") for number in range(MANY)]
    base = ("workspace_id", "id", "name", "created_at")
    insert(connection, tables.people, base, ((workspace, person, person, now) for person, _ in ids))
    insert(
        connection, tables.accounts, (*base, "platform", "person_id", "implicit"),
        ((workspace, account, account, now, "linkedin", person, False) for person, account in ids),
    )  # fmt: skip
    insert(
        connection, tables.group_members, ("workspace_id", "group_id", "person_id"),
        ((workspace, group, person) for person, _ in ids),
    )  # fmt: skip
    insert(
        connection, tables.consent_heads,
        ("workspace_id", "account_id", "person_id", "given", "terms", "seq", "updated_at"),
        ((workspace, account, person, True, Terms().model_dump_json(), 1, now) for person, account in ids),
    )  # fmt: skip


async def test_a_removed_person_leaves_nothing_and_touches_nobody_else(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    lea, karim = await rows.person("Léa"), await rows.person("Karim")
    await _group(store, workspace, lea, karim)
    for person, name in ((lea, "lea-in"), (karim, "karim-in")):
        account = await rows.account(name, person)
        await store.write(consents.give, workspace, person, account, Terms(), now)
        await rows.delivery(account, State.SENT)
        await rows.add(tables.grants, account_id=account, sealed="sealed", updated_at=now)

    assert await store.write(people.remove, workspace, "Léa") == []

    for table in (tables.accounts, tables.grants, tables.consent_heads, tables.lanes, tables.consents):
        assert len(await rows.read(table, "workspace_id")) == 1, table.name
    assert [person.name for person in await store.read(people.listed, workspace)] == ["Karim"]
    assert len(await rows.states()) == 1
    assert [each.size for each in await store.read(people.listed_groups, workspace)] == [1]
