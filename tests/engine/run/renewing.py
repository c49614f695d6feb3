"""A platform that gives each refresh token once and ends the grant at a reuse, and a world with one account on it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, HttpUrl

from engine.contract.oauth import Identity, OAuthApp, OAuthContext, OAuthKind, Tokens
from engine.contract.registry import Registry
from engine.errors import AccountLostError
from engine.http_client import HttpClient
from engine.offload import Offload
from engine.run.core import Core
from engine.run.keepsake import Keepsakes
from engine.run.renew import granted
from engine.run.sealing import app_place, grant_place
from engine.store import accounts, apps, grants, lanes, workspaces
from engine.store.accounts import AccountRow
from engine.store.apps import AppRow
from engine.store.workspaces import Workspace
from engine.testing.fakes import RecordingWake
from engine.vault import KeyFile, Vault, new_key
from tests.engine.run.world import ScriptedSink

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.store.lanes import Lane
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

WORKSPACE, ACCOUNT = "0" * 32, "1" * 32
LIFE = timedelta(hours=2)


@dataclass
class Platform:
    """Tokens are `a<n>` and `r<n>`; with a grace the last refresh token may come again. `script` holds what happens."""

    clock: FakeClock
    grace: bool = False
    now: int = 1
    dead: bool = False
    asked: int = 0
    script: list[Any] = field(default_factory=list)

    async def renew(self, refresh: str) -> Tokens:
        self.asked += 1
        step = self.script.pop(0) if self.script else None
        if isinstance(step, BaseException):
            raise step
        again = refresh == f"r{self.now - 1}" and self.grace
        if self.dead or not (refresh == f"r{self.now}" or again):
            self.dead = True
            raise AccountLostError("Board no longer accepts this authorization: it ended or was revoked.")
        self.now += not again
        if step is not None:
            await step()
        return Tokens(f"a{self.now}", f"r{self.now}", self.clock.now() + LIFE, ("write",))

    def accepts(self, access: str) -> bool:
        return not self.dead and access == f"a{self.now}"


class BoardApp(OAuthApp):
    authorize: HttpUrl = Field(default=HttpUrl("https://board.example/agree"), description="Where to agree.")
    token: HttpUrl = Field(default=HttpUrl("https://board.example/token"), description="Where tokens are.")
    api: HttpUrl = Field(default=HttpUrl("https://api.board.example"), description="Where the API is.")


class Board(OAuthKind):
    """An account of the platform that its subclass names."""

    kind = "board"
    title = "Board"
    network = "Board"
    AppSettings = BoardApp
    scopes: ClassVar = ("write",)
    renewable = True
    platform: ClassVar[Platform]

    async def identities(self, tokens: Tokens, ctx: OAuthContext) -> Sequence[Identity]:
        del tokens, ctx
        return ()

    async def renew(self, tokens: Tokens, ctx: OAuthContext) -> Tokens:
        assert ctx.app.secrets == {"client_secret": "canary"}
        return await self.platform.renew(tokens.refresh)


class Lives:
    """Processes over one database: each `core()` is another one."""

    def __init__(self, store: Store, clock: FakeClock, folder: Path | None, *, grace: bool = False) -> None:
        self.store, self.clock, self.folder = store, clock, folder
        self.platform = Platform(clock, grace=grace)
        self.kind: type[Board] = type("Bound", (Board,), {"platform": self.platform})
        self.vault = Vault(KeyFile((new_key(),)))
        self.data_key = self.vault.new_data_key()

    async def begin(self) -> Lives:
        await self.store.write(workspaces.create, Workspace(WORKSPACE, "acme", self.data_key, self.clock.now()))
        return await self.connect()

    async def connect(self) -> Lives:
        now = self.clock.now()
        await self.store.write(accounts.add, AccountRow(ACCOUNT, WORKSPACE, "lea-board", "board", now))
        secrets = self.vault.seal(self.data_key, '{"client_secret": "canary"}', app_place(WORKSPACE, "board"))
        await self.store.write(apps.put, AppRow(WORKSPACE, "board", '{"client_id": "we"}', secrets, now))
        tokens = Tokens("a1", "r1", now + LIFE, ("write",))
        sealed = self.vault.seal(self.data_key, json.dumps(tokens.secrets()), grant_place(WORKSPACE, ACCOUNT))
        grant = granted(self.kind(), tokens, sealed, version=0, now=now, chance=random.Random(1))
        await self.store.write(grants.put, WORKSPACE, ACCOUNT, grant)
        return self

    def core(self, store: Store | None = None) -> Core:
        return Core(
            store=store or self.store,
            http=HttpClient(),
            offload=Offload(),
            vault=self.vault,
            clock=self.clock,
            registry=Registry([self.kind, ScriptedSink]),
            wake=RecordingWake(),
            compile=lambda _: None,  # type: ignore[arg-type,return-value]
            random=random.Random(1),
            worker="test",
            keepsakes=Keepsakes(self.folder),
        )

    async def lane(self) -> Lane:
        lane = await self.store.read(lanes.look, ACCOUNT)
        assert lane is not None
        return lane

    async def account(self) -> AccountRow:
        return await self.store.read(accounts.get, WORKSPACE, ACCOUNT)

    async def works(self) -> bool:
        """Tell whether what the database holds is what the platform takes."""
        lane = await self.lane()
        assert lane.sealed is not None
        kept = json.loads(self.vault.open(self.data_key, lane.sealed, grant_place(WORKSPACE, ACCOUNT)).reveal())
        return self.platform.accepts(kept["access_token"]) and kept["refresh_token"] == f"r{self.platform.now}"

    async def not_renewable(self) -> None:
        """Let the platform be one that gives no refresh tokens."""
        grant = await self.store.read(grants.get, WORKSPACE, ACCOUNT)
        assert grant is not None
        await self.store.write(grants.put, WORKSPACE, ACCOUNT, replace(grant, renew_at=None, look_at=grant.expires_at))
