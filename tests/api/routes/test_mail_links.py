"""The pages behind the links in mails: GET asks, POST does, and each link does its own thing alone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import insert, select, update

from engine.ids import new_id
from engine.links import Links, Pass, Purpose
from engine.model.post import Content
from engine.store import audit, consents, deliveries, pauses, people
from engine.store import tables as t
from engine.vault import KeyFile, Vault, new_key

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from engine.links import Links as Signer
    from engine.store.deliveries import DeliveryRow
    from tests.api.routes.conftest import World


def told(connection: Connection, workspace_id: str, mail_id: str, now: datetime) -> tuple[str, str]:
    """Make a delivery that an owner was told of by this mail; returns the delivery and the person."""
    owned = select(t.accounts.c.id, t.accounts.c.person_id).where(t.accounts.c.person_id.is_not(None))
    here = owned.where(t.accounts.c.workspace_id == workspace_id)
    account, person = connection.execute(here).first() or ("", "")
    mapping, version = connection.execute(select(t.mappings.c.id, t.mappings.c.version_id)).first() or ("", "")
    source = connection.scalar(select(t.sources.c.id).where(t.sources.c.workspace_id == workspace_id))
    post, route, words, delivery = new_id(), new_id(), new_id(), new_id()
    document = Content(text="Nous recrutons <b>").model_dump_json()
    rows: list[tuple[Table, dict[str, object]]] = [
        (t.posts, {"id": post, "source_id": source, "key": post, "content_hash": "", "fingerprint": "",
                   "document": "{}", "state": "routed", "seen_at": now, "changed_at": now}),
        (t.routes, {"id": route, "post_id": post, "mapping_id": mapping, "version_id": version, "node": "page",
                    "state": "routed", "created_at": now}),
        (t.contents, {"id": words, "hash": "", "fingerprint": "", "document": document, "created_at": now}),
        (t.deliveries, {"id": delivery, "mapping_id": mapping, "version_id": version, "route_id": route,
                        "post_id": post, "sink": "members", "account_id": account, "content_id": words,
                        "state": "waiting", "reason": "telling", "due_at": now + timedelta(hours=9),
                        "released_at": now, "max_age_s": 86_400, "mail_id": mail_id, "told_at": now,
                        "created_at": now, "updated_at": now}),
    ]  # fmt: skip
    for table, values in rows:
        connection.execute(insert(table).values(workspace_id=workspace_id, **values))
    return delivery, str(person)


def named(connection: Connection, delivery: str, sink: str) -> None:
    connection.execute(update(t.deliveries).where(t.deliveries.c.id == delivery).values(sink=sink))


class Mailed:
    """A mail that told a person of a delivery, and the links in it."""

    def __init__(self, world: World) -> None:
        self.world, self.mail_id = world, new_id()

    async def begin(self) -> Mailed:
        store = self.world.store
        self.delivery, self.person_id = await store.write(
            told, self.world.acme.id, self.mail_id, self.world.clock.now()
        )
        row = await self.row()
        sink = next(iter((await self.world.face.desk().graph(row.version_id)).sinks))
        await store.write(named, self.delivery, sink)
        return self

    def path(self, purpose: Purpose, signer: Signer | None = None, days: int = 30) -> str:
        until = self.world.clock.now() + timedelta(days=days)
        allowed = Pass(purpose, self.world.acme.id, self.person_id, self.mail_id, until)
        return f"/m/{(signer or Links(self.world.face.vault)).sign(allowed)}"

    async def call(self, method: str, path: str, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.world.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://chappe.example") as client:
            return await client.request(method, path, headers=headers)

    async def row(self) -> DeliveryRow:
        return (await self.world.store.read(deliveries.matching, self.world.acme.id, self.delivery))[0]


@pytest.fixture
async def mailed(world: World) -> Mailed:
    return await Mailed(world).begin()


async def test_looking_changes_nothing_and_saying_no_ends_it_once(mailed: Mailed) -> None:
    path = mailed.path(Purpose.NO)
    asked = await mailed.call("GET", path, **{"accept-language": "fr-FR,fr;q=0.9"})
    assert (asked.status_code, (await mailed.row()).state) == (200, "waiting")
    assert "Ne pas publier ?" in asked.text
    assert "Nous recrutons &lt;b&gt;" in asked.text
    assert "default-src 'none'" in asked.headers["content-security-policy"]

    assert "It will not be posted." in (await mailed.call("POST", path)).text
    assert (await mailed.row()).state == "cancelled"
    assert "by a link in a mail" in (await mailed.row()).detail
    assert "Nothing is left to decide" in (await mailed.call("POST", path)).text
    assert "<form" not in (await mailed.call("GET", path)).text


async def test_what_is_said_by_a_link_is_on_record_without_the_link(mailed: Mailed) -> None:
    path, here = mailed.path(Purpose.NO), mailed.world.acme.id
    await mailed.call("POST", path)
    [entry] = await mailed.world.store.read(audit.listed, here, audit.Asked(what="mail_no"), most=1)
    person = await mailed.world.store.read(people.by_id, here, mailed.person_id)

    assert person is not None
    assert (entry.by, entry.face, entry.object_name) == (person.name, "mail", mailed.person_id)
    assert mailed.mail_id in entry.given
    assert path.removeprefix("/m/") not in str(entry)


async def test_now_plans_it_at_once(mailed: Mailed) -> None:
    await mailed.call("POST", mailed.path(Purpose.NOW))

    row = await mailed.row()
    assert (row.state, row.due_at) == ("planned", mailed.world.clock.now())


async def test_tomorrow_at_nine_is_by_the_owners_clock(mailed: Mailed) -> None:
    asked = await mailed.call("POST", mailed.path(Purpose.LATER))

    row = await mailed.row()
    tomorrow = mailed.world.clock.now().date() + timedelta(days=1)
    assert "It goes out tomorrow at 9." in asked.text
    assert (row.state, row.due_at) == ("planned", datetime.combine(tomorrow, time(9), UTC))


async def test_who_wants_no_more_mails_keeps_the_consent(mailed: Mailed) -> None:
    store, here = mailed.world.store, mailed.world.acme.id
    assert "Your consent stays as it is" in (await mailed.call("GET", mailed.path(Purpose.QUIET))).text
    assert "No more of these mails come." in (await mailed.call("POST", mailed.path(Purpose.QUIET))).text

    somebody = await store.read(people.by_id, here, mailed.person_id)
    head = await store.read(consents.head, here, (await mailed.row()).account_id)
    assert somebody is not None
    assert head is not None
    assert (somebody.mailed, head.given, (await mailed.row()).state) == (False, True, "waiting")
    await store.write(people.set_mailed, here, mailed.person_id, mailed=True)


async def test_who_pauses_by_a_mail_programs_button_goes_on_by_the_page(mailed: Mailed) -> None:
    assert "All accounts, all mappings." in (await mailed.call("GET", mailed.path(Purpose.PAUSE))).text
    button = {"content-type": "application/x-www-form-urlencoded"}
    paused = await mailed.call("POST", mailed.path(Purpose.PAUSE), **button)
    account = (await mailed.row()).account_id
    there = await mailed.world.store.read(pauses.paused, mailed.world.acme.id)
    assert ("account", account) in there

    back = paused.text.split('action="')[1].split('"')[0]
    await mailed.call("POST", f"/m/{back}")
    assert ("account", account) not in await mailed.world.store.read(pauses.paused, mailed.world.acme.id)


async def test_withdrawing_ends_everything(mailed: Mailed) -> None:
    said = await mailed.call("POST", mailed.path(Purpose.WITHDRAW))

    assert "Your consent is withdrawn." in said.text
    assert ((await mailed.row()).state, (await mailed.row()).reason) == ("cancelled", "withdrawn")


async def test_a_link_of_another_key_or_past_its_end_or_changed_is_none(mailed: Mailed) -> None:
    stranger = Links(Vault(KeyFile((new_key(),))))
    good = mailed.path(Purpose.NO)
    for path in (
        mailed.path(Purpose.NO, stranger),
        mailed.path(Purpose.NO, days=0),
        good[:-2],
        "/m/x",
        "/m/\N{SNOWMAN}",
    ):
        for method in ("GET", "POST"):
            answer = await mailed.call(method, path)
            assert answer.status_code == 404
            assert "This link does not work." in answer.text

    assert (await mailed.row()).state == "waiting"
