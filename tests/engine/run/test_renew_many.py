"""Many accounts are renewed at the same instant: each by its own token, and a kill in the middle loses none."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from engine.contract.oauth import Tokens
from engine.ids import new_id
from engine.run import renew
from engine.run.keepsake import Keepsakes
from engine.run.opening import opened_account
from engine.run.renew import granted
from engine.run.sealing import app_place, grant_place
from engine.run.sweep import tick
from engine.store import accounts, apps, grants, lanes, workspaces
from engine.store.accounts import LIVE, AccountRow
from engine.store.apps import AppRow
from engine.store.workspaces import Workspace
from engine.wake import Kind
from tests.engine.run.mortal import Killed, MortalStore
from tests.engine.run.renewing import LIFE, WORKSPACE, Lives, Platform
from tests.engine.run.world import ScriptedSink

if TYPE_CHECKING:
    from pathlib import Path

    from engine.run.core import Core
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

MANY = 64


class Town(Platform):
    """A platform of many users, `<token>@<user>`; it answers the first requests when all of them have come."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.users = {str(n): Platform(clock) for n in range(MANY)}
        self.all_ask = asyncio.Barrier(MANY)

    async def renew(self, refresh: str) -> Tokens:
        token, who = refresh.split("@")
        if not self.users[who].asked:
            self.users[who].script = [self.all_ask.wait]
        new = await self.users[who].renew(token)
        return Tokens(f"{new.access}@{who}", f"{new.refresh}@{who}", new.expires_at, new.scopes)

    def takes(self, who: str, access: str, refresh: str) -> bool:
        user = self.users[who]
        return not user.dead and (access, refresh) == (f"a{user.now}@{who}", f"r{user.now}@{who}")


class Crowd(Lives):
    """Processes over a database with one account of each user."""

    def __init__(self, store: Store, clock: FakeClock, folder: Path) -> None:
        super().__init__(store, clock, folder)
        self.town = self.kind.platform = Town(clock)
        self.ids = {who: new_id() for who in self.town.users}

    async def begin(self) -> Crowd:
        now = self.clock.now()
        await self.store.write(workspaces.create, Workspace(WORKSPACE, "acme", self.data_key, now))
        app = self.vault.seal(self.data_key, '{"client_secret": "canary"}', app_place(WORKSPACE, "board"))
        await self.store.write(apps.put, AppRow(WORKSPACE, "board", '{"client_id": "we"}', app, now))
        await self.store.write(self._connected)
        return self

    def _connected(self, connection: Any) -> None:
        now = self.clock.now()
        for who, account in self.ids.items():
            accounts.add(connection, AccountRow(account, WORKSPACE, f"user-{who}", "board", now))
            tokens = Tokens(f"a1@{who}", f"r1@{who}", now + LIFE, ("write",))
            sealed = self.vault.seal(self.data_key, json.dumps(tokens.secrets()), grant_place(WORKSPACE, account))
            grant = granted(self.kind(), tokens, sealed, version=0, now=now, chance=random.Random(1))
            grants.put(connection, WORKSPACE, account, grant)

    async def opened(self, core: Core, who: str) -> Any:
        lane = await self.store.read(lanes.look, self.ids[who])
        assert lane is not None
        return await opened_account(core, lane, ScriptedSink())

    async def all_opened(self, core: Core) -> dict[str, Any]:
        """Use every account at once; what went wrong stands in the place of an account."""
        opened = await asyncio.gather(*(self.opened(core, who) for who in self.ids), return_exceptions=True)
        return dict(zip(self.ids, opened, strict=True))

    async def lost(self) -> list[str]:
        """Return the users whose account is lost, or whose kept tokens are not those that the platform takes."""
        found = await self.store.read(self._kept)
        return [who for who, (state, grant) in found.items() if state != LIVE or not self._works(who, grant)]

    def _kept(self, connection: Any) -> dict[str, Any]:
        where = {who: (WORKSPACE, account) for who, account in self.ids.items()}
        return {
            who: (accounts.get(connection, *place).state, grants.get(connection, *place))
            for who, place in where.items()
        }

    def _works(self, who: str, grant: Any) -> bool:
        opened = self.vault.open(self.data_key, grant.sealed, grant_place(WORKSPACE, self.ids[who])).reveal()
        kept = json.loads(opened)
        return self.town.takes(who, kept["access_token"], kept["refresh_token"])


@pytest.fixture
async def crowd(store: Store, clock: FakeClock, tmp_path: Path) -> Crowd:
    crowd = await Crowd(store, clock, tmp_path / "renewed").begin()
    clock.advance(LIFE)
    return crowd


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_sixty_four_accounts_at_once_get_their_own_new_tokens(crowd: Crowd) -> None:
    opened = await crowd.all_opened(crowd.core())

    assert {who: account.secrets["access_token"] for who, account in opened.items()} == {
        who: f"a2@{who}" for who in crowd.ids
    }
    assert {user.asked for user in crowd.town.users.values()} == {1}
    assert await crowd.lost() == []


class DyingStore(MortalStore):
    """A store whose process is dead from its n-th transaction on, whoever asks."""

    async def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        if self.lived >= self._nth - 1:
            raise Killed
        return await super().write(unit, *args, **kwargs)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_kill_between_sixty_four_answers_and_their_commits_loses_no_account(
    crowd: Crowd, clock: FakeClock, tmp_path: Path
) -> None:
    kept = MANY // 2
    dying: Any = DyingStore(crowd.store, MANY + kept + 1, after=False)
    opened = await crowd.all_opened(crowd.core(dying))
    assert [isinstance(one, Killed) for one in opened.values()].count(True) == MANY - kept
    assert len(await crowd.lost()) == MANY - kept

    born = crowd.core()
    await renew.recover(born)
    clock.advance(renew.LEASE)
    await tick(born)
    for account in born.wake.keys(Kind.RENEW):  # type: ignore[attr-defined]
        await renew.renew(born, account)

    assert await crowd.lost() == []
    assert {user.asked for user in crowd.town.users.values()} == {1}, "what was answered was asked for again"
    assert list(Keepsakes(tmp_path / "renewed").listed()) == []
