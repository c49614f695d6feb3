"""A platform on loopback, and a workspace that has an app there."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pydantic import Field, HttpUrl

from api.actions import apps as app_actions
from api.actions.connecting import Desk
from engine.contract.node import NodeConfig
from engine.contract.oauth import Identity, OAuthApp, OAuthContext, OAuthKind, Tokens
from engine.contract.registry import Registry
from engine.http_client import HttpClient
from engine.ids import new_id
from engine.store import workspaces
from engine.store.workspaces import Workspace
from engine.testing.loopback import Loopback
from engine.vault import KeyFile, Vault, new_key
from tests.peers.oauth_peer import SECRET, OAuthPeer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nobody is spoken to with TLS here, and reading what the machine trusts takes long."""


class BoardApp(OAuthApp):
    authorize: HttpUrl = Field(default=HttpUrl("https://board.example/agree"), description="Where to agree.")
    token: HttpUrl = Field(description="Where tokens are.")
    api: HttpUrl = Field(description="Where the API is.")


class BoardSettings(NodeConfig):
    handle: str = Field(default="", description="The name there.")


class Board(OAuthKind):
    kind = "board_member"
    title = "Board"
    network = "Board"
    Settings = BoardSettings
    AppSettings = BoardApp
    scopes: ClassVar = ("read", "write")
    needed: ClassVar = ("write",)
    renewable = True

    async def identities(self, tokens: Tokens, ctx: OAuthContext) -> Sequence[Identity]:
        headers = {"Authorization": f"Bearer {tokens.access}"}
        answer = await ctx.http.fetch("GET", ctx.app.settings.address("/me"), headers=headers)
        people: list[dict[str, Any]] = answer.json()
        return [Identity(each["id"], each["name"], settings={"handle": each["name"].lower()}) for each in people]


@pytest.fixture
def kinds() -> Registry:
    """Give the kinds that are installed."""
    return Registry([Board])


@pytest.fixture
def peer() -> OAuthPeer:
    """Give the platform."""
    return OAuthPeer()


@pytest.fixture
async def desk(store: Store, clock: FakeClock, peer: OAuthPeer) -> AsyncIterator[Desk]:
    """Give a workspace that has an app on the platform, which listens."""
    vault = Vault(KeyFile((new_key(),)))
    workspace = Workspace(new_id(), "acme", vault.new_data_key(), clock.now())
    await store.write(workspaces.create, workspace)
    async with Loopback(peer) as server, HttpClient(allow_private=["127.0.0.1"], tls=NO_TLS) as http:
        settings = {"client_id": "us", "token": f"{server.url}/token", "api": server.url}
        await app_actions.change(
            store, lambda: vault, workspace, Board, settings=settings, secrets={"client_secret": SECRET},
            now=clock.now(),
        )  # fmt: skip
        yield Desk(store, vault, http, clock, workspace)
