"""Moving in: a workspace with apps, people, accounts, consents and the mapping, made as an operator makes them."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from api.actions import accounts, connecting, consenting
from api.actions.connecting import Desk
from api.actions.setup import set_up
from api.demo.cast import CAST, EVERY, GROUP, MANAGER, NETWORKS, PAGE, WALL, Role
from api.demo.lending import connect, register_app
from api.kinds import registry
from engine.clock import SystemClock
from engine.ids import new_id
from engine.model.consent import Terms
from engine.store import people, workspaces
from engine.store.people import Person
from engine.store.unit import open_store
from engine.vault import KeyFile, Vault
from mappings.changing.changes import Change, apply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.settings import Settings
    from engine.http_client import HttpClient
    from engine.store.accounts import AccountRow

LOOPBACK: Final = "127.0.0.0/8"
_WORKSPACE: Final = "acme"
_MAPPING: Final = "company-page.yaml"
_PER_HOUR, _PER_DAY = 30, 100
"""Wider than the caps that people have by default: the demo publishes in minutes what a company does in weeks."""


@dataclass(frozen=True, slots=True)
class House:
    """The instance that the play is given in: what its desk can do, the sandbox's address, the wall's secret."""

    desk: Desk
    sandbox: str
    wall_secret: str


@asynccontextmanager
async def house(settings: Settings, http: HttpClient, sandbox: str) -> AsyncIterator[House]:
    """Make an instance with a workspace, and open it while the block runs."""
    clock = SystemClock()
    await set_up(settings, clock, _WORKSPACE)
    store = open_store(settings.database_url)
    try:
        workspace = await store.read(workspaces.by_name, _WORKSPACE)
        desk = Desk(store, Vault(KeyFile.load(settings.key_file)), http, clock, workspace)
        yield House(desk, sandbox, "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
    finally:
        await store.close()


async def register_apps(here: House) -> None:
    """Say who we are at each network."""
    for platform in ("facebook", *NETWORKS):
        await register_app(here.desk, registry(), platform, here.sandbox)


async def lend(here: House) -> dict[Role, list[AccountRow]]:
    """Add people, and connect their accounts and the company's; returns the accounts of each."""
    store, workspace = here.desk.store, here.desk.workspace
    await store.write(people.add_group, workspace.id, GROUP)
    persons = {role: Person(new_id(), workspace.id, role.name, here.desk.clock.now()) for role in CAST}
    for person in persons.values():
        await store.write(people.add, person)
    await store.write(people.enter, workspace.id, GROUP, [person.id for person in persons.values()])
    await _put_up_the_wall(here)
    page = connect(here.desk, connecting.kind_of(registry(), "facebook"), PAGE, signed_in=MANAGER, person_id=None)
    lent = await asyncio.gather(*(_lent(here, network, persons) for network in NETWORKS))
    await page
    return {role: [accounts_[role] for accounts_ in lent] for role in CAST}


async def _lent(here: House, network: str, persons: dict[Role, Person]) -> dict[Role, AccountRow]:
    kind = connecting.kind_of(registry(), network)
    return {
        role: await connect(here.desk, kind, role.account(network), signed_in=role.key, person_id=person.id)
        for role, person in persons.items()
    }


async def _put_up_the_wall(here: House) -> None:
    desk = here.desk
    settings = json.dumps({"url": f"{here.sandbox}receivers/{WALL}"})
    wall = accounts.new_account(
        desk.workspace, "webhook", WALL, settings=settings, person_id=None, now=desk.clock.now()
    )
    await accounts.add(desk.store, lambda: desk.vault, desk.workspace, wall, {"signing": here.wall_secret})


async def consent(here: House, lent: dict[Role, list[AccountRow]]) -> None:
    """Record what people said yes to; who said nothing has said no."""
    now = here.desk.clock.now()
    for role, mine in lent.items():
        if role.mode is None:
            continue
        person = await here.desk.store.read(people.by_name, here.desk.workspace.id, role.name)
        terms = Terms(mode=role.mode, max_per_hour=_PER_HOUR, max_per_day=_PER_DAY)
        await consenting.give(here.desk.store, person, mine, terms, now)


async def apply_mapping(here: House) -> None:
    """Apply the demo's mapping to the sandbox's page and blog."""
    document = files("api.demo").joinpath(_MAPPING).read_text(encoding="utf-8")
    parameters = {"FEED": f"{here.sandbox}feeds/acme/", "EVERY": f"{int(EVERY.total_seconds())}s"}
    change = Change(here.desk.workspace.id, {_MAPPING: document}, parameters, origin="demo")
    await apply(here.desk.store, registry(), here.desk.clock, change)
