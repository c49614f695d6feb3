"""Where platforms call us: a signed hint polls the sources of its page, and whoever else calls learns nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from api.app import make_app
from api.hooks import LARGEST, RuntimeHooks
from connectors import shipped
from engine.contract.registry import Registry
from engine.http_client import HttpClient
from engine.ids import new_id
from engine.offload import Offload
from engine.run.core import Core
from engine.run.sealing import app_place, hook_place
from engine.store import accounts, apps, mappings, repositories, sources, workspaces
from engine.store.accounts import AccountRow
from engine.store.apps import AppRow
from engine.store.joins import Reading
from engine.store.mappings import Draft
from engine.store.repositories import Repository
from engine.store.workspaces import Workspace
from engine.testing.fakes import RecordingWake
from engine.vault import KeyFile, Vault, new_key
from engine.wake import Kind
from tests.api.test_app import FakeServing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.graph import Graph
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

SECRET = "the app's secret"
TOKEN = "ours alone"
NEWS = json.dumps({"object": "page", "entry": [{"id": "108"}, {"id": "999"}]}).encode()
PLACE = "/hooks/acme/facebook"


@dataclass
class House:
    """A workspace that reads a Facebook page, and the address where Facebook calls."""

    client: httpx.AsyncClient
    core: Core
    wake: RecordingWake
    source_id: str

    async def told(self, body: bytes = NEWS, secret: str = SECRET, place: str = PLACE) -> int:
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"x-hub-signature-256": f"sha256={signature}"}
        return (await self.client.post(place, content=body, headers=headers)).status_code

    @property
    def polled(self) -> tuple[str, ...]:
        return self.wake.keys(Kind.POLL)


@pytest.fixture
async def house(store: Store, clock: FakeClock) -> AsyncIterator[House]:
    vault, wake, now = Vault(KeyFile((new_key(),))), RecordingWake(), clock.now()
    workspace = Workspace(new_id(), "acme", vault.new_data_key(), now)
    await store.write(workspaces.create, workspace)
    secrets = json.dumps({"client_secret": SECRET, "verify_token": TOKEN})
    sealed = vault.seal(workspace.data_key, secrets, app_place(workspace.id, "facebook"))
    await store.write(apps.put, AppRow(workspace.id, "facebook", '{"client_id": "1"}', sealed, now))
    page = AccountRow(new_id(), workspace.id, "acme-page", "facebook", now, remote_id="108")
    await store.write(accounts.add, page)
    saved = await store.write(mappings.save_version, workspace.id, Draft("news", "", "x", "x"), now)
    reading = Reading("page", "facebook_page", "p", "{}", timedelta(minutes=15), account_id=page.id)
    joined = await store.write(mappings.activate, workspace.id, saved.version_id, "", [reading], now)
    async with HttpClient() as http:
        core = Core(
            store=store, http=http, offload=Offload(), vault=vault, clock=clock, registry=Registry(shipped.ALL),
            wake=wake, compile=nothing, random=random.Random(1), worker="test",
        )  # fmt: skip
        transport = httpx.ASGITransport(make_app(FakeServing(), RuntimeHooks(core)))
        async with httpx.AsyncClient(transport=transport, base_url="http://chappe") as client:
            yield House(client, core, wake, joined.sources["page"])


def nothing(document: str) -> Graph:
    raise AssertionError(document)


async def test_a_signed_call_polls_what_reads_the_page_now(house: House, clock: FakeClock) -> None:
    clock.advance(timedelta(minutes=1))

    assert await house.told() == 200

    assert house.polled == (house.source_id,)
    assert house.source_id in await house.core.store.read(sources.due, clock.now(), 10)


@pytest.mark.parametrize(
    ("secret", "place"),
    [
        ("another", PLACE),
        (SECRET, "/hooks/nobody/facebook"),
        (SECRET, "/hooks/acme/linkedin"),
        (SECRET, "/hooks/acme/no"),
    ],
    ids=["another app's signature", "no such workspace", "a platform that does not call", "no such platform"],
)
async def test_whoever_else_calls_wakes_nothing_and_learns_nothing(house: House, secret: str, place: str) -> None:
    assert await house.told(secret=secret, place=place) == 403
    assert house.polled == ()


async def test_news_of_another_page_wake_nothing(house: House) -> None:
    assert await house.told(NEWS.replace(b'"108"', b'"107"')) == 200
    assert house.polled == ()


async def test_a_call_that_is_too_large_is_not_read(house: House) -> None:
    assert await house.told(b"x" * (LARGEST + 1)) == 413


async def test_facebook_is_answered_when_it_asks_whether_the_address_is_ours(house: House) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "77", "hub.verify_token": TOKEN}
    answer = await house.client.get(PLACE, params=query)
    refused = await house.client.get(PLACE, params=query | {"hub.verify_token": "guessed"})

    assert (answer.status_code, answer.text) == (200, "77")
    assert (refused.status_code, refused.text) == (403, "Not accepted.")


PUSH = b'{"ref": "refs/heads/main"}'


async def kept(house: House, clock: FakeClock) -> Repository:
    """Give a repository with a webhook, that was synced just now."""
    core = house.core
    workspace = await core.store.read(workspaces.by_name, "acme")
    row = Repository(
        id=new_id(), workspace_id=workspace.id, name="acme", url="https://git.example.org/acme.git", branch="",
        path="", values_file="", secret="", prune=False, every_s=300, hook=None, commit_id="",
        next_sync_at=clock.now() + timedelta(minutes=5), syncing_until=None, last_sync_at=None, created_at=clock.now(),
    )  # fmt: skip
    await core.store.write(repositories.add, row)
    sealed = core.vault.seal(workspace.data_key, SECRET, hook_place(workspace.id, row.id))
    await core.store.write(repositories.set_hook, row.id, sealed)
    return row


async def test_a_signed_call_of_a_git_server_lets_its_repository_be_synced_soon(house: House, clock: FakeClock) -> None:
    row = await kept(house, clock)
    for token, answer, due in (("guessed", 403, []), (SECRET, 200, [row.id]), (SECRET, 200, [row.id])):
        said = await house.client.post(f"/hooks/git/{row.id}", content=PUSH, headers={"x-gitlab-token": token})

        assert said.status_code == answer
        assert await house.core.store.read(repositories.due, clock.now(), 5) == due


async def test_a_call_for_no_repository_or_one_without_a_webhook_learns_nothing(house: House, clock: FakeClock) -> None:
    row = await kept(house, clock)
    plain = replace(row, id=new_id(), name="plain")
    await house.core.store.write(repositories.add, plain)

    for place in (plain.id, new_id(), "acme"):
        said = await house.client.post(f"/hooks/git/{place}", headers={"x-gitlab-token": SECRET})
        assert (said.status_code, said.text) == (403, "Not accepted.")
    said = await house.client.post(f"/hooks/git/{row.id}", content=b"x" * (LARGEST + 1))
    assert said.status_code == 413
