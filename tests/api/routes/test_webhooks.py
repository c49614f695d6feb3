"""Others are told what happens, signed, once for each event, until they have taken it or ask never to be called."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Verifier

from api.actions import calling, standing
from api.actions import webhooks as actions
from api.actions.calling import GIVE_UP, JITTER, RETRIES, Answered, settled, why_disabled
from api.actions.webhooks import ROTATING, Place
from api.deps import Role
from api.wiring import make_core
from engine.store import events, webhooks
from engine.store.events import START, news
from engine.store.webhooks import Call, Webhook
from engine.testing.loopback import Answer, Loopback, always

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.run.core import Core
    from engine.testing.loopback import Received
    from tests.api.routes.conftest import Api, World

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
HOOK = Webhook("h", "w", "crm", "https://crm.test/", '["pause.set"]', "", START, NOW, NOW)
CALL = Call("c", "w", "h", START, "pause.set", "{}", "waiting", NOW, NOW)


@given(st.integers(0, len(RETRIES) - 1), st.integers(0, 86_400))
def test_a_failed_message_is_tried_again_at_its_time(tries: int, wait: int) -> None:
    answer = Answered(503, "Busy.", timedelta(seconds=wait))
    again = settled(replace(CALL, tries=tries), answer, NOW, random.Random(1))

    assert (again.state, again.tries, again.status, again.note) == ("waiting", tries + 1, 503, "Busy.")
    assert again.next_at is not None
    delay = again.next_at - NOW
    assert max(RETRIES[tries], answer.wait) <= delay <= max(RETRIES[tries] * (1 + JITTER), answer.wait)


def test_the_tries_take_three_days() -> None:
    assert timedelta(days=3) < sum(RETRIES, timedelta()) < GIVE_UP < timedelta(days=4)
    last = settled(replace(CALL, tries=len(RETRIES)), Answered(500, "No."), NOW, random.Random(1))
    assert (last.state, last.next_at, last.ended_at) == ("failed", None, NOW)


@pytest.mark.parametrize(
    ("since", "status", "said"),
    [
        (NOW - GIVE_UP, 500, "It has taken nothing since 30 Apr 2026 22:21 UTC: No."),
        (NOW - GIVE_UP + timedelta(seconds=1), 500, ""),
        (NOW - GIVE_UP, 204, ""),
        (None, 500, ""),
        (None, 410, "The receiver answered 410 Gone: it asks never to be called again."),
    ],
)
def test_an_address_is_given_up_after_the_last_try_or_when_it_says_so(
    since: datetime | None, status: int, said: str
) -> None:
    assert why_disabled(replace(HOOK, failing_since=since), [Answered(status, "No.")], NOW) == said


@pytest.fixture
async def core(world: World) -> AsyncIterator[Core]:
    """Give what calls, allowed to call this machine."""
    made = make_core(world.store, key_file=world.face.settings.key_file, allow_private=("127.0.0.0/8",))
    made.clock = world.clock
    await made.http.start()
    yield made
    await made.http.stop()


@pytest.fixture
def place(world: World) -> Place:
    return Place(world.store, world.clock, world.face.vault, world.acme)


async def _tell(world: World, kind: str, **said: Any) -> None:
    rows = [news(world.acme.id, kind, world.clock.now(), said), news(world.beta.id, kind, world.clock.now(), said)]
    await world.store.write(events.write, rows)


def _verified(received: Received, secret: str) -> dict[str, Any]:
    """Read a message as its receiver does, but for its age: the library reads a clock of its own."""
    headers = {name: received.headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert Verifier(secret).sign(headers["webhook-id"], at, received.body.decode()) in headers["webhook-signature"]
    body: dict[str, Any] = json.loads(received.body)
    return body


async def test_a_receiver_is_told_once_signed_by_both_secrets_while_they_change(
    world: World, core: Core, place: Place
) -> None:
    async with Loopback(always(Answer(204))) as server:
        made = await actions.add(place, "told", server.url, ["pause.set"])
        await _tell(world, "pause.set", n=1)
        await _tell(world, "pause.lifted", n=2)
        await calling.call(core, made.webhook.id)
        newer = await actions.rotate(place, "told")
        await _tell(world, "pause.set", n=3)
        await calling.call(core, made.webhook.id)
        await calling.call(core, made.webhook.id)
        world.clock.advance(ROTATING)
        await _tell(world, "pause.set", n=4)
        await calling.call(core, made.webhook.id)

    first, second, third = server.received
    assert (_verified(first, made.secret)["type"], _verified(first, made.secret)["data"]["data"]) == (
        "pause.set",
        {"n": 1},
    )
    assert _verified(second, made.secret) == _verified(second, newer.secret)
    assert len(third.headers["webhook-signature"].split()) == 1
    assert _verified(third, newer.secret)["data"]["data"] == {"n": 4}
    await actions.remove(place, "told")


async def test_a_message_that_is_not_taken_comes_again_with_the_same_id(world: World, core: Core, place: Place) -> None:
    async with Loopback(always(Answer(503))) as server:
        made = await actions.add(place, "busy", server.url, ["pause.set"])
        await _tell(world, "pause.set", n=1)
        await calling.call(core, made.webhook.id)
        await calling.call(core, made.webhook.id)  # nothing is due yet
        assert (await world.store.read(webhooks.by_name, world.acme.id, "busy")).failing_since == world.clock.now()
        world.clock.advance(RETRIES[0] * (1 + JITTER))
        assert made.webhook.id in await world.store.read(webhooks.due, world.clock.now(), 10)
        server.respond = always(Answer(200))
        await calling.call(core, made.webhook.id)
        assert made.webhook.id not in await world.store.read(webhooks.due, world.clock.now(), 10)

    first, second = server.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    row = await world.store.read(webhooks.by_name, world.acme.id, "busy")
    (call,) = await world.store.read(webhooks.calls, row)
    assert (call.state, call.tries, call.status, row.failing_since) == ("delivered", 2, 200, None)
    await actions.remove(place, "busy")


async def test_who_answers_gone_is_called_no_more(world: World, core: Core, place: Place) -> None:
    before = await world.store.read(events.head)
    async with Loopback(always(Answer(410))) as server:
        made = await actions.add(place, "gone", server.url, ["pause.set"])
        await _tell(world, "pause.set", n=1)
        await calling.call(core, made.webhook.id)
        await _tell(world, "pause.set", n=2)
        await calling.call(core, made.webhook.id)

    assert len(server.received) == 1
    row = await world.store.read(webhooks.by_name, world.acme.id, "gone")
    assert (row.state, row.note) == ("disabled", "The receiver answered 410 Gone: it asks never to be called again.")
    waits = await standing.waiting(world.store, core.registry, now=world.clock.now())
    assert [item.do for item in waits if item.what == "webhook"] == ["chappe webhooks set gone --enable"]
    told = await world.store.read(events.after, before, 10)
    assert "webhook.disabled" in [each.kind for each in told]
    assert (await actions.change(place, "gone", live=True)).note == ""
    await actions.remove(place, "gone")


async def test_an_address_of_the_own_network_is_not_called(world: World, place: Place, core: Core) -> None:
    await world.face.http.start()
    try:
        await actions.add(place, "inner", "http://127.0.0.1:9/", ["pause.set"])
        call = await actions.test(place, "inner", world.face.http, core.random)
    finally:
        await world.face.http.stop()

    assert (call.state, call.status) == ("failed", None)
    assert "127.0.0.1" in call.note
    await actions.remove(place, "inner")


async def test_owners_handle_webhooks_by_the_api(api: Api, world: World) -> None:
    asked = {"name": "crm", "url": "https://crm.example.org/in", "kinds": ["delivery.sent"]}
    made = await api.post("/webhooks", json=asked)
    assert (made.status_code, made.json()["state"]) == (201, "live")
    assert made.json()["secret"].startswith("whsec_")
    assert (await api.post("/webhooks", json=asked)).status_code == 409
    assert (await api.post("/webhooks", json=asked | {"name": "b", "kinds": ["delivery.snt"]})).status_code == 422
    assert (await api.as_(Role.EDITOR).post("/webhooks", json=asked)).status_code == 403
    assert (await api.inside("beta").get("/webhooks/crm")).status_code == 404
    rotated = (await api.post("/webhooks/crm/rotate")).json()
    assert rotated["secret"] != made.json()["secret"]
    assert rotated["rotating_until"] is not None
    changed = (await api.patch("/webhooks/crm", json={"state": "disabled", "kinds": ["account.lost"]})).json()
    assert (changed["state"], changed["note"], changed["kinds"]) == (
        "disabled",
        "A person disabled it.",
        ["account.lost"],
    )
    listed = (await api.as_(Role.EDITOR).get("/webhooks")).json()
    assert [each["name"] for each in listed["items"]] == ["crm"]
    assert "secret" not in listed["items"][0]

    row = await world.store.read(webhooks.by_name, world.acme.id, "crm")
    call = replace(CALL, id="a" * 32, workspace_id=row.workspace_id, webhook_id=row.id, state="failed", next_at=None)
    await world.store.write(webhooks.keep, [call])
    (logged,) = (await api.get("/webhooks/crm/calls", params={"state": "failed"})).json()["items"]
    again = (await api.post(f"/webhooks/crm/calls/{logged['id']}/redeliver")).json()
    assert (again["state"], again["tries"]) == ("waiting", 0)
    assert (await api.delete("/webhooks/crm")).status_code == 204
    assert (await api.get("/webhooks/crm")).status_code == 404


def test_the_command_line_handles_the_same_webhooks(world: World) -> None:
    def data(*arguments: str) -> Any:
        return world.cli.data("webhooks", *arguments, "--workspace", "acme")

    made = data("add", "chat", "https://chat.example.org/in", "--kind", "account.lost")
    assert made["secret"].startswith("whsec_")
    assert data("rotate", "chat")["secret"] != made["secret"]
    data("set", "chat", "--disable", "--url", "https://chat.example.org/2")
    (listed,) = data("list")
    assert (listed["state"], listed["url"]) == ("disabled", "https://chat.example.org/2")
    assert listed["kinds"] == ["account.lost"]
    assert data("log", "chat") == []
    wrong = ("webhooks", "set", "chat", "--kind", "account.los", "--workspace", "acme")
    assert "no kind of event" in world.cli.refused(2, *wrong)
    world.cli.refused(4, "webhooks", "redeliver", "chat", "f" * 32, "--workspace", "acme")
    assert data("remove", "chat", "--yes") == {"removed": "chat"}
    assert data("list") == []
