"""Who plays: Acme's wall, and three ambassadors and a colleague who never said yes. Names are sample data."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING

from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.run.sealing import grant_place
from engine.store import accounts, consents, grants, people
from engine.store.accounts import AccountRow
from engine.store.grants import Grant
from engine.store.people import Person
from mappings.changes import Change, apply

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.cli.session import Session
    from engine.contract.registry import Registry

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


def cast() -> tuple[Role, ...]:
    """Return the roles, with secrets made for this run."""
    return (
        Role("acme-wall", "Acme", "company wall"),
        Role("lea", "Léa Martin", "ambassador", "Léa"),
        Role("karim", "Karim Benali", "ambassador", "Karim"),
        Role("grace", "Grace O’Neill", "ambassador", "Grace"),
        Role("omar", "Omar Haddad", "never asked", "Omar", consents=False),
    )


async def enter(session: Session, roles: tuple[Role, ...], sandbox: str) -> None:
    """Make people, accounts with their signing secrets, and consents."""
    vault, data_key, workspace = session.vault(), session.workspace.data_key, session.workspace.id
    now = session.clock.now()

    def play(connection: Connection) -> None:
        people.add_group(connection, workspace, GROUP)
        for role in roles:
            person_id = None
            if role.person:
                person_id = new_id()
                people.add(connection, Person(person_id, workspace, role.person, now))
                people.enter(connection, workspace, GROUP, [person_id])
            account_id = new_id()
            settings = json.dumps({"url": f"{sandbox}receivers/{role.account}"})
            row = AccountRow(
                account_id, workspace, role.account, "webhook", person_id=person_id, created_at=now, settings=settings
            )
            accounts.add(connection, row)
            sealed = vault.seal(data_key, json.dumps({"signing": role.secret}), grant_place(workspace, account_id))
            grants.put(connection, workspace, account_id, Grant(sealed, 0, None, now))
            if person_id and role.consents:
                terms = Terms(mode=Mode.POST_FOR_ME, max_per_hour=60, max_per_day=200)
                consents.give(connection, workspace, person_id, account_id, terms, now)

    await session.store.write(play)


async def apply_mapping(session: Session, registry: Registry, sandbox: str) -> None:
    """Apply the demo's mapping to the sandbox's feed, found from its page."""
    document = files("api.demo").joinpath("company-news.yaml").read_text(encoding="utf-8")
    parameters = {"FEED": f"{sandbox}feeds/acme/", "EVERY": f"{int(EVERY.total_seconds())}s"}
    change = Change(session.workspace.id, {"company-news.yaml": document}, parameters, origin="demo")
    await apply(session.store, registry, session.clock, change)
