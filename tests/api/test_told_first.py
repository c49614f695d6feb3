"""Owners who are told first, through the runtime as it is wired: a mail server, the links' pages, and what goes out."""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import select

from api.app import make_app
from api.settings import Settings
from api.wiring import make_core, make_face
from engine.clock import SystemClock
from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.run.core import RunSettings
from engine.run.sweep import tick
from engine.runtime import Runtime
from engine.store import accounts, consents, people, tables
from engine.store.accounts import AccountRow
from engine.store.people import Person
from engine.store.unit import open_store
from engine.testing.fakes import FakeClock
from engine.testing.loopback import Answer, Loopback, always
from tests.api.test_app import FakeServing
from tests.journeys.waiting import until
from tests.kills.scene import Scene, activate, arrive, found
from tests.peers.smtp_server import post_office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from engine.run.core import Core
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from tests.peers.smtp_server import PostOffice

MAPPING = """
mapping: kills
sources:
  page: {kind: feed, url: "http://127.0.0.1:9/feed"}
sinks:
  members: {kind: webhook, from: page, audience: ambassadors}
"""
TERMS = Terms(mode=Mode.TELL_FIRST, notice_hours=12)
NAMES = ("lea", "karim", "ines")
NO, WITHDRAW = 0, 3
"""Which of a mail's links."""
SOON = 20.0


async def enter(store: Store, workspace: Workspace, receiver: str, now: Any) -> None:
    """Let three people enter, with an account each, who want to be told first."""
    await store.write(people.add_group, workspace.id, "ambassadors")
    for name in NAMES:
        person, settings = new_id(), json.dumps({"url": f"{receiver}/{name}"})
        account = AccountRow(new_id(), workspace.id, name, "webhook", now, person, settings)
        await store.write(people.add, Person(person, workspace.id, name, now, f"{name}@acme.example"))
        await store.write(people.enter, workspace.id, "ambassadors", [person])
        await store.write(accounts.add, account)
        await store.write(consents.give, workspace.id, person, account.id, TERMS, now)


@dataclass
class House:
    """A runtime that runs, its mail server, and its pages."""

    core: Core
    office: PostOffice
    client: httpx.AsyncClient
    clock: FakeClock

    async def later(self, by: timedelta) -> None:
        """Move the clock, and have what is due begun."""
        self.clock.advance(by)
        await tick(self.core)

    async def column(self, column: Any) -> list[Any]:
        """Return a column of every row."""
        return await self.core.store.read(lambda connection: list(connection.execute(select(column)).scalars()))

    async def routed(self) -> list[Any]:
        """Return the states of the routes."""
        return await self.column(tables.routes.c.state)

    async def states(self) -> dict[str, str]:
        """Return the state of each account's delivery."""
        both = tables.deliveries.join(tables.accounts, tables.accounts.c.id == tables.deliveries.c.account_id)
        query = select(tables.accounts.c.name, tables.deliveries.c.state).select_from(both)
        return await self.core.store.read(lambda connection: {row.name: row.state for row in connection.execute(query)})

    async def told(self) -> list[Any]:
        """Return when each owner was told."""
        return await self.column(tables.deliveries.c.told_at)

    async def press(self, name: str, link: int) -> str:
        """Press the button behind a link in somebody's mail."""
        (mail,) = [mail for mail in self.office.mails if f"{name}@" in str(mail["To"])]
        plain = mail.get_body(("plain",))
        assert plain is not None
        path = re.findall(r"https://chappe\.example(/m/\S+)", str(plain.get_content()))[link]
        answer = await self.client.post(path)
        return f"{answer.status_code} {answer.text}"


@asynccontextmanager
async def running(url: str, folder: Path, receiver: str) -> AsyncIterator[House]:
    """Run all of it over a database in which one post has come."""
    store, clock, key_file = open_store(url), FakeClock(SystemClock().now()), folder / "chappe.key"
    workspace, _ = await found(store, key_file)
    await enter(store, workspace, receiver, clock.now())
    source = await activate(store, workspace, MAPPING)
    await arrive(store, Scene(workspace.id, source, {}), 1)
    async with post_office() as office:
        core = make_core(
            store, key_file=key_file, allow_private=["127.0.0.1"], mailer=office.mailer(),
            run=RunSettings(public_url="https://chappe.example"),
        )  # fmt: skip
        core.clock = clock
        face = make_face(Settings(data_dir=folder, database_url=url), core)
        runtime, transport = Runtime(core), httpx.ASGITransport(make_app(FakeServing(), None, face))
        await runtime.start()
        try:
            async with httpx.AsyncClient(transport=transport, base_url="https://chappe.example") as client:
                yield House(core, office, client, clock)
        finally:
            await runtime.stop()
            face.passwords.close()


async def test_silence_lets_it_out_after_the_notice_and_a_no_or_a_withdrawal_by_the_links_does_not(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with Loopback(always(Answer())) as receiver, running(sqlite_url, tmp_path, receiver.url) as house:
        await until(house.routed, lambda states: states == ["routed"], SOON)
        await house.later(timedelta(seconds=6))
        await until(house.told, lambda times: len(times) == len(NAMES) and all(times), SOON)
        assert "200" in (said := await house.press("karim", NO))
        assert "It will not be posted." in said
        assert "Your consent is withdrawn." in await house.press("ines", WITHDRAW)

        await house.later(timedelta(hours=11, minutes=59))
        assert (await house.states(), receiver.received) == (
            {"lea": "waiting", "karim": "cancelled", "ines": "cancelled"}, [],
        )  # fmt: skip
        await house.later(timedelta(minutes=1))
        await until(house.states, lambda states: states["lea"] == "sent", SOON)
        await house.later(timedelta(days=1))

    assert [request.path for request in receiver.received] == ["/lea"]
    assert len(house.office.mails) == len(NAMES)
