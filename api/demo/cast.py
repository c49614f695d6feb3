"""Who plays: Acme's wall, and three ambassadors and a colleague who never said yes. Names are sample data."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING

from api.actions import accounts, consenting
from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.store import people
from engine.store.people import Person
from mappings.changes import Change, apply

if TYPE_CHECKING:
    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault

GROUP = "ambassadors"
EVERY = timedelta(seconds=5)
LUNCH = frozenset({"lunch", "cantine"})
JOBS = frozenset({"recrutement", "hiring"})


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True, slots=True)
class Role:
    """An account of the play; a person's own has a first name, and a consent unless that person never said yes."""

    account: str
    title: str
    network: str
    person: str | None = None
    consents: bool = True
    secret: str = field(default_factory=_secret, repr=False)

    def expects(self, tags: list[str]) -> bool:
        """Tell whether an entry with these tags belongs on this account's timeline."""
        if LUNCH.intersection(tags):
            return False
        return self.person is None or (self.consents and bool(JOBS.intersection(tags)))


@dataclass(frozen=True, slots=True)
class House:
    """The workspace that the play is given in."""

    store: Store
    workspace: Workspace
    vault: Vault
    clock: Clock


def cast() -> tuple[Role, ...]:
    """Return the roles, with secrets made for this run."""
    return (
        Role("acme-wall", "Acme", "company wall"),
        Role("lea", "Léa Martin", "ambassador", "Léa"),
        Role("karim", "Karim Benali", "ambassador", "Karim"),
        Role("grace", "Grace O’Neill", "ambassador", "Grace"),
        Role("omar", "Omar Haddad", "never asked", "Omar", consents=False),
    )


async def enter(house: House, roles: tuple[Role, ...], sandbox: str) -> None:
    """Make people, accounts with their signing secrets, and consents."""
    store, workspace, now = house.store, house.workspace, house.clock.now()
    await store.write(people.add_group, workspace.id, GROUP)
    for role in roles:
        person = Person(new_id(), workspace.id, role.person, now) if role.person else None
        if person:
            await store.write(people.add, person)
            await store.write(people.enter, workspace.id, GROUP, [person.id])
        settings = json.dumps({"url": f"{sandbox}receivers/{role.account}"})
        account = accounts.new_account(
            workspace, "webhook", role.account, settings=settings, person_id=person.id if person else None, now=now
        )
        await accounts.add(store, lambda: house.vault, workspace, account, {"signing": role.secret})
        if person and role.consents:
            terms = Terms(mode=Mode.POST_FOR_ME, max_per_hour=60, max_per_day=200)
            await consenting.give(store, person, [account], terms, now)


async def apply_mapping(house: House, registry: Registry, sandbox: str) -> None:
    """Apply the demo's mapping to the sandbox's feed, found from its page."""
    document = files("api.demo").joinpath("company-news.yaml").read_text(encoding="utf-8")
    parameters = {"FEED": f"{sandbox}feeds/acme/", "EVERY": f"{int(EVERY.total_seconds())}s"}
    change = Change(house.workspace.id, {"company-news.yaml": document}, parameters, origin="demo")
    await apply(house.store, registry, house.clock, change)
