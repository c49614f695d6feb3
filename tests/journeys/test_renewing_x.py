"""Renewing at a platform that gives each refresh token once and ends the grant at a reuse, over the wire."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import ssl
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.actions import apps, connecting
from api.actions.connecting import Desk
from connectors.x.account import X
from engine.contract.registry import Registry
from engine.errors import AccountLostError, RateLimitedError
from engine.http_client import HttpClient
from engine.ids import new_id
from engine.offload import Offload
from engine.run import renew
from engine.run.core import Core
from engine.run.opening import opened_account
from engine.store import accounts, lanes, workspaces
from engine.store.accounts import LIVE, LOST
from engine.store.workspaces import Workspace
from engine.testing.fakes import RecordingWake
from engine.vault import KeyFile, Vault, new_key
from sandbox.__main__ import server_of
from sandbox.world import World
from tests.engine.run.world import ScriptedSink

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from engine.contract.account import Account
    from engine.store.lanes import Lane
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

CLIENT = "QWNtZUNoYXBwZVNhbmRib3g6MTpjaQ"
SECRET = "sandbox-x-secret-0001"  # the sandbox's sample
LATE = timedelta(hours=1, minutes=45)


@dataclass
class Scene:
    """Léa's account at X, connected through the consent page, and what speaks to it."""

    core: Core
    url: str
    browser: httpx.AsyncClient
    account_id: str

    async def lane(self) -> Lane:
        lane = await self.core.store.read(lanes.look, self.account_id)
        assert lane is not None
        return lane

    async def open(self) -> Account:
        return await opened_account(self.core, await self.lane(), ScriptedSink())

    async def fault(self, **fault: Any) -> None:
        answer = await self.browser.post("/networks/x/faults", json={"operation": "token", **fault})
        assert answer.status_code < 300, answer.text

    async def is_taken(self, account: Account) -> bool:
        headers = {"Authorization": f"Bearer {account.secrets['access_token']}"}
        return (await self.browser.get("/x/2/users/me", headers=headers)).status_code == 200

    async def state(self) -> tuple[str, str]:
        row = await self.core.store.read(accounts.get, (await self.lane()).workspace_id, self.account_id)
        return row.state, row.note


@pytest.fixture
async def browser(clock: FakeClock) -> AsyncIterator[httpx.AsyncClient]:
    """Give a browser of the sandbox, whose clock is the test's."""
    server = server_of(World(clock=clock))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await server.startup(sockets=[listening])
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, verify=False) as client:  # noqa: S501  # no TLS here
            yield client
        await server.shutdown(sockets=[listening])


@pytest.fixture
async def scene(store: Store, clock: FakeClock, browser: httpx.AsyncClient) -> AsyncIterator[Scene]:
    """Give Léa's account, just connected."""
    vault, url = Vault(KeyFile((new_key(),))), str(browser.base_url).rstrip("/")
    workspace = Workspace(new_id(), "acme", vault.new_data_key(), clock.now())
    await store.write(workspaces.create, workspace)
    where = {"authorize": "/x/i/oauth2/authorize", "token": "/x/2/oauth2/token", "api": "/x"}
    settings = {"client_id": CLIENT} | {name: f"{url}{path}" for name, path in where.items()}
    secrets = {"client_secret": SECRET}
    await apps.change(store, lambda: vault, workspace, X, settings=settings, secrets=secrets, now=clock.now())
    async with HttpClient(allow_private=["127.0.0.1"], tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as http:
        core = Core(
            store=store, http=http, offload=Offload(), vault=vault, clock=clock, registry=Registry([X, ScriptedSink]),
            wake=RecordingWake(), compile=json.loads, random=random.Random(1), worker="test",
        )  # fmt: skip
        desk = Desk(store, vault, http, clock, workspace)
        begun = await connecting.begin(desk, X(), port=None, person_id=None, account=None)
        leads = (await browser.get(f"{begun.address}&as=lea&auto=1")).headers["location"]
        [found] = await connecting.finish(desk, begun, connecting.read_redirect(begun, leads))
        row = await connecting.keep(desk, begun, found, name="lea-x", person_id=None)
        yield Scene(core, url, browser, row.id)


async def test_sixty_four_users_at_once_ask_once_and_all_may_go_on(scene: Scene, clock: FakeClock) -> None:
    first = await scene.open()
    assert await scene.is_taken(first)
    clock.advance(LATE)
    opened = await asyncio.gather(*(scene.open() for _ in range(64)))
    [token] = {account.secrets["access_token"] for account in opened}
    assert token != first.secrets["access_token"]
    assert await scene.is_taken(opened[0])
    for _ in range(3):
        clock.advance(LATE)
        assert await scene.is_taken(await scene.open())
    assert await scene.state() == (LIVE, "")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset", "commit": False},
        {"kind": "status", "status": 503, "commit": False},
        {"kind": "limit", "retry_after": 60, "commit": False},
        {"kind": "html", "status": 502, "commit": False},
    ],
    ids=lambda fault: str(fault["kind"]),
)
async def test_a_platform_that_is_unwell_loses_no_account(
    scene: Scene, clock: FakeClock, fault: dict[str, Any]
) -> None:
    clock.advance(timedelta(hours=2))
    await scene.fault(**fault)
    with pytest.raises(RateLimitedError) as waits:
        await scene.open()
    assert waits.value.until is not None
    clock.advance_to(waits.value.until)
    assert await scene.is_taken(await scene.open())
    assert await scene.state() == (LIVE, "")


async def test_an_answer_that_was_lost_after_the_exchange_is_told(scene: Scene, clock: FakeClock) -> None:
    clock.advance(timedelta(hours=2))
    await scene.fault(kind="reset", commit=True)
    with pytest.raises(RateLimitedError) as waits:
        await scene.open()
    assert waits.value.until == clock.now() + renew.AT_ONCE
    clock.advance(renew.AT_ONCE)
    with pytest.raises(AccountLostError):
        await scene.open()
    state, note = await scene.state()
    assert state == LOST
    assert "The answer to an earlier renewal never came." in note


async def test_a_person_who_took_the_permission_back_is_heard(scene: Scene, clock: FakeClock) -> None:
    used = await scene.open()
    answer = await scene.browser.post("/networks/x/deaths", json={"account": "lea", "reason": "removed"})
    assert answer.status_code < 300, answer.text
    clock.advance(timedelta(minutes=30))
    meant = await renew.judged(scene.core, await scene.lane(), used, AccountLostError("401"))
    assert not isinstance(meant, AccountLostError)
    with pytest.raises(AccountLostError):
        await scene.open()
    assert (await scene.state())[0] == LOST
