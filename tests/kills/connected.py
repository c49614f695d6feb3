"""Accounts of a database that are connected at the sandbox's networks, sealed as the engine seals them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from api.actions import apps
from connectors.facebook.account import FacebookPage
from connectors.facebook.page_sink import FacebookPageSink
from connectors.linkedin.account import LinkedIn
from connectors.linkedin.member_sink import LinkedInMember
from connectors.x.account import X
from connectors.x.post_sink import XPost
from engine.contract.oauth import ACCESS, REFRESH, Tokens
from engine.ids import new_id
from engine.run.renew import granted
from engine.run.sealing import grant_place
from engine.store import desk
from engine.store.accounts import AccountRow

if TYPE_CHECKING:
    from engine.contract.oauth import OAuthKind
    from engine.contract.sink import Sink
    from engine.store.grants import Grant
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault
    from tests.engine.run.world import World
    from tests.peers.networks import Networks

TEXT: Final = "Wind & water: 50% more (really) #wind https://acme.com/report?a=1&b=2"
OWN: Final = {
    "trouble": {"facebook": "2", "linkedin": "500", "x": "503"},
    "limit": {"facebook": "32", "linkedin": "429", "x": "429/reset"},
}
"""The networks' own errors, by the names that the sandbox has for them."""
LIFE: Final = {"facebook": None, "linkedin": timedelta(days=60), "x": timedelta(hours=2)}


@dataclass(frozen=True)
class Place:
    """Where a sink publishes, whose timeline that is, the sandbox's name for publishing, and who connects it."""

    network: str
    account: type[OAuthKind]
    sink: type[Sink[Any]]
    timeline: str
    publishing: str
    person: str = "lea"


PLACES: Final = {
    "facebook_page": Place("facebook", FacebookPage, FacebookPageSink, "107385921840613", "feed", "nadia"),
    "linkedin_member": Place("linkedin", LinkedIn, LinkedInMember, "lea", "posts"),
    "x_post": Place("x", X, XPost, "lea", "tweets"),
}


@dataclass(frozen=True)
class Desk:
    """Whoever connects accounts of a workspace."""

    store: Store
    vault: Vault
    workspace: Workspace
    networks: Networks

    async def connect(self, place: Place) -> AccountRow:
        """Connect the account of a place, after setting our app there."""
        now, name = self.networks.clock.now(), place.network
        settings, secrets = self.networks.settings(name), {"client_secret": self.networks.client(name).secret}
        await apps.change(
            self.store, lambda: self.vault, self.workspace, place.account, settings=settings, secrets=secrets, now=now
        )
        row = AccountRow(new_id(), self.workspace.id, place.person, name, now)
        remote_id, grant = await self._agreed(place, row)
        row = AccountRow(row.id, row.workspace_id, row.name, name, now, remote_id=remote_id)
        await self.store.write(desk.connect_account, row, grant)
        return row

    async def reconnect(self, place: Place, row: AccountRow) -> int:
        """Connect it again; returns how many deliveries go on."""
        _, grant = await self._agreed(place, row)
        return await self.store.write(desk.reconnect_account, row, grant, self.networks.clock.now())

    async def _agreed(self, place: Place, row: AccountRow) -> tuple[str, Grant]:
        kind, now = place.account(), self.networks.clock.now()
        account = await self.networks.connect(kind, place.person)
        life = LIFE[place.network]
        tokens = Tokens(account.secrets[ACCESS], account.secrets.get(REFRESH, ""), now + life if life else None)
        where = grant_place(self.workspace.id, row.id)
        sealed = self.vault.seal(self.workspace.data_key, json.dumps(tokens.secrets()), where)
        return account.remote_id, granted(kind, tokens, sealed, version=0, now=now, chance=random.Random(1))


@dataclass
class Stage:
    """A workspace with one account at one network, and a delivery for it."""

    world: World
    networks: Networks
    desk: Desk
    place: Place
    account: AccountRow

    async def fault(self, **script: Any) -> None:
        """Let the next publishing request go wrong, or another one; `trouble` and `limit` are the network's own."""
        named = {"error": OWN[script["error"]][self.place.network]} if script.get("error") in OWN else {}
        await self.networks.fault(self.place.network, **{"operation": self.place.publishing, **script, **named})

    async def settled(self, delivery: str) -> dict[str, Any]:
        """Let time pass until the delivery has settled, or only a person can go on."""
        clock = self.networks.clock
        for _ in range(100):
            await self.world.drain(self.account.id)
            row = await self.world.state(delivery)
            if row["state"] not in {"planned", "sending", "doubtful"}:
                return row
            clock.advance(max(timedelta(seconds=61), row["due_at"] - clock.now()))
        raise AssertionError(await self.world.state(delivery))

    async def shown(self) -> list[dict[str, Any]]:
        """Return what readers of the account see."""
        return await self.networks.timeline(self.place.network, self.place.timeline)

    async def there(self) -> list[str]:
        """Return the ids of what readers see, which is the text and nothing else."""
        shown = await self.shown()
        assert {post["text"] for post in shown} <= {TEXT}
        return [post["id"] for post in shown]
