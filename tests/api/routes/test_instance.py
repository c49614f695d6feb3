"""What administrators see of the instance, and what an owner takes along: no secret; strangers see nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from api.actions.instance_settings import masked
from api.deps import Role
from engine.ids import new_id
from engine.store import mails, people, repositories, users
from engine.store.export import LEFT_OUT, TABLES
from engine.store.mails import Fate, Mail, MailState
from engine.store.people import Person
from engine.store.tables import grants, memberships, metadata, secrets, webhooks, workspaces
from tests.api.routes.conftest import shown_by, token_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.api.routes.conftest import Api, World


async def test_settings_are_shown_with_their_source_and_without_passwords(api: Api) -> None:
    answer = await api.get("/api/v1/instance/settings")
    items = {item["name"]: item for item in answer.json()["items"]}

    assert answer.status_code == 200
    assert (items["CHAPPE_PORT"]["value"], items["CHAPPE_PORT"]["source"]) == ("8080", "default")
    assert masked("postgresql://chappe:s3cret@db/chappe?password=s3cret") == "postgresql://chappe:•••@db/chappe"
    assert masked("sqlite:////var/lib/chappe.db") == "sqlite:////var/lib/chappe.db"


async def test_a_mail_is_not_tried_without_a_server(api: Api) -> None:
    answer = await api.post("/api/v1/instance/mail/test", json={"address": "lea@acme.example"})

    assert answer.status_code >= 400
    assert "CHAPPE_SMTP_URL" in answer.json()["detail"]


def test_each_table_is_exported_or_left_out_on_purpose() -> None:
    assert {*TABLES, *LEFT_OUT} == set(metadata.tables)
    assert not {*TABLES} & LEFT_OUT


def _secret(connection: Connection) -> set[str]:
    """Return every sealed text."""
    columns = (grants.c.sealed, secrets.c.sealed, webhooks.c.sealed, workspaces.c.data_key)
    return {value for column in columns for value in connection.scalars(select(column))}


async def test_an_export_holds_the_workspace_and_no_secret(api: Api, world: World) -> None:
    await api.put("/secrets/HOOK_KEY", json={"value": "s3cr3t-canary"})
    await api.post("/webhooks", json={"name": "crm", "url": "https://hooks.example.org/in", "kinds": ["delivery.sent"]})
    sealed = await world.store.read(_secret)

    answer = await api.get("/export")
    head, *rows = map(json.loads, answer.text.splitlines())
    held: dict[str, list[Any]] = {}
    for row in rows:
        held.setdefault(row["table"], []).append(row["row"])

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert head["workspace"] == "acme"
    assert {row["name"] for row in held["people"]} == {"Karim", "Léa"}
    assert len(held["accounts"]) == 3
    assert {row["workspace_id"] for rows in held.values() for row in rows} == {world.acme.id}
    assert sealed
    assert not [text for text in sealed if text in answer.text]
    assert (await api.as_(Role.EDITOR).get("/export")).status_code == 403


async def test_strangers_see_no_number_and_administrators_do(api: Api) -> None:
    api.client.cookies.clear()
    shown: list[dict[str, str]] = [{}, shown_by(token_of("acme", Role.VIEWER)), shown_by(token_of("acme", Role.OWNER))]
    pages = [(await api.client.get("/", headers=headers)).text for headers in shown]

    assert [">running<" in page for page in pages] == [True] * 3
    assert ['class="sent"' in page for page in pages] == [False, False, True]


async def test_who_stood_for_a_person_that_is_deleted_stands_for_nobody(api: Api, world: World) -> None:
    def name(connection: Connection) -> None:
        person = Person("e" * 32, world.acme.id, "Zoé", world.clock.now())
        people.add(connection, person)
        connection.execute(memberships.update().where(memberships.c.role == Role.AMBASSADOR).values(person_id="e" * 32))
        people.remove(connection, world.acme.id, "Zoé")

    await world.store.write(name)
    found = await world.store.read(users.members, world.acme.id)

    assert [each.membership.person_id for each in found if each.membership.role == Role.AMBASSADOR] == [None]


async def test_a_workspace_that_is_deleted_takes_its_files_along(api: Api, world: World) -> None:
    made = await api.post("/api/v1/workspaces", json={"name": "files"})
    added = await api.visiting("files").post("/repositories", json={"name": "m", "url": "https://git.example.org/m"})
    [row] = await world.store.read(repositories.listed, made.json()["id"])
    clone = world.face.settings.data_dir / "sync" / row.id
    clone.mkdir(parents=True)

    assert added.status_code == 201, added.text
    assert (await api.delete("/api/v1/workspaces/files", params={"confirm": "files"})).status_code == 204
    assert not clone.exists()


async def test_mails_are_shown_to_the_owner_whose_they_are_and_no_code_of_others_in_any_workspace(
    api: Api, world: World
) -> None:
    now = world.clock.now()

    def keep(connection: Connection) -> None:
        for owner, address in ((world.acme.id, "lea@acme.example"), (mails.INSTANCE, "user@elsewhere.example")):
            made = Mail(new_id(), owner, "code", new_id(), address, now, now + timedelta(days=1), now)
            mails.add(connection, made)
            taken = mails.take(connection, made.id, now)
            assert taken is not None
            mails.settle(connection, taken, Fate(MailState.REFUSED, "550 nobody here", now))

    await world.store.write(keep)
    paths = ("/mails", "/api/v1/instance/mails")
    mine, instance = [(await api.get(path)).json()["items"] for path in paths]
    said = [(await one.get("/status")).text for one in (api, api.inside("beta"))]

    assert [mail["address"] for mail in mine] == ["lea@acme.example"]
    assert [(mail["address"], mail["state"]) for mail in instance] == [("user@elsewhere.example", "refused")]
    assert ["lea@acme.example" in each for each in said] == [True, False]
    assert not [each for each in said if "elsewhere" in each]
