"""Publishes against withdrawals at random instants: no claim commits after the withdrawal of its consent did.

Each transaction of the two sides ends by counting one row up, which nobody else can do before it has committed: so the
numbers are the order of the commits, on PostgreSQL too, where the transactions really overlap.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from sqlalchemy import text

from engine.model.consent import Mode, Terms
from engine.model.delivery import Doubt
from engine.store import consents, workspaces
from engine.store import tables as t
from engine.store.claims import turn
from engine.store.consents import Effect
from engine.store.unit import open_store
from tests.engine.run.world import WORKSPACE, ScriptedSink, World, put
from tests.journeys.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from engine.contract.context import SendContext
    from engine.contract.sink import Receipt
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock
    from tests.engine.run.world import Row

pytestmark = pytest.mark.long

PUBLISHES = 300
AT_ONCE = 25
EACH = 2
"""Deliveries of an account, so that there is something left to stop."""
YES = Terms(mode=Mode.POST_FOR_ME, max_per_hour=60, max_per_day=200)


@dataclass
class Orders:
    """What committed when, by account: claims and outcomes with their deliveries, and the withdrawal's answer."""

    claims: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    withdrawn: dict[str, tuple[int, Effect]] = field(default_factory=dict)

    def faults(self) -> list[str]:
        """Name every claim after its withdrawal, and every one under way that the withdrawal's answer did not name."""
        found = []
        for account, (order, effect) in self.withdrawn.items():
            claims = self.claims.get(account, [])
            found += [f"{one} was claimed after the withdrawal" for at, one in claims if at > order]
            under_way = [one for at, one in claims if at < order and self.outcomes.get(one, order + 1) > order]
            if under_way != ([effect.sending] if effect.sending else []):
                found.append(f"{under_way} were under way, and the answer named {effect.sending}")
        return found


class OrderingStore:
    """A store that notes in which order the units of both sides were committed."""

    def __init__(self, store: Store) -> None:
        self.dialect, self.read, self.close = store.dialect, store.read, store.close
        self.orders = Orders()
        self.turns = 0
        self._begun = asyncio.Condition()
        self._store = store

    async def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a unit; a claim, an outcome or a withdrawal is counted as the last thing in its transaction."""
        if unit not in (turn, consents.withdraw):
            return await self._store.write(unit, *args, **kwargs)
        if unit is turn:
            await self.advance(1)
        result, order = await self._store.write(_counted, unit, args)
        if unit is turn:
            self._turned(args[0].requests, result, order)
        else:
            self.orders.withdrawn[args[2]] = order, result
        return result

    async def advance(self, count: int) -> None:
        """Count what the drains have begun to write."""
        async with self._begun:
            self.turns += count
            self._begun.notify_all()

    async def until(self, count: int) -> None:
        """Wait until the drains have begun so many transactions."""
        async with self._begun:
            await self._begun.wait_for(lambda: self.turns >= count)

    def _turned(self, requests: Sequence[Any], answers: Any, order: int) -> None:
        for request in requests:
            if request.outcome is not None:
                self.orders.outcomes[request.outcome.delivery_id] = order
            if answers[request.account_id].claimed:
                claims = self.orders.claims.setdefault(request.account_id, [])
                claims.append((order, request.claim.delivery_id))


def _counted(connection: Connection, unit: Any, args: tuple[Any, ...]) -> tuple[Any, int]:
    result = unit(connection, *args)
    count = "UPDATE instance SET value = CAST(CAST(value AS integer) + 1 AS text) WHERE key = 'order' RETURNING value"
    return result, int(connection.execute(text(count)).scalar_one())


class Together:
    """Stands in for a store: keeps the rows that are put, to put them all at once."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    async def write(self, unit: Any, rows: Sequence[Row]) -> None:
        assert unit is put
        self.rows += rows


class SlowSink(ScriptedSink):
    """A sink whose request takes a random number of turns of the event loop."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(Doubt.ASK)
        self.chance = chance

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        await turns(self.chance.randrange(20))
        return await super().commit(body, ctx)


async def turns(count: int) -> None:
    """Let the event loop turn so often."""
    for _ in range(count):
        await asyncio.sleep(0)


async def race(world: World, ordering: OrderingStore, names: list[str], longest: int, chance: random.Random) -> int:
    """Let accounts publish while their owners withdraw; returns how many transactions the publishing took."""
    together = Together()
    written, world.store = world.store, together  # type: ignore[assignment]
    accounts = [await world.account(name, YES) for name in names]
    for account in accounts * EACH:
        await world.delivery(account)
    world.store = written
    await world.put(together.rows)
    owners = {row["id"]: row["person_id"] for row in await world.rows(t.accounts, "id", "person_id")}
    beginning = ordering.turns

    async def withdraw(account: str) -> None:
        await ordering.until(beginning + chance.randint(0, longest))
        await turns(chance.randrange(10))
        await ordering.write(consents.withdraw, WORKSPACE, owners[account], account, world.clock.now())

    withdrawals = asyncio.gather(*map(withdraw, accounts))
    await world.drain(*accounts)
    took = ordering.turns - beginning
    await ordering.advance(longest)
    await withdrawals
    return took


@pytest.mark.timeout(300)
async def test_no_claim_commits_after_the_withdrawal_did(store: Store, clock: FakeClock) -> None:
    chance = random.Random(7)
    world = await World(store, clock, sink=SlowSink(chance)).begin()
    await store.write(workspaces.set_instance_value, "order", "0")
    world.core.store = ordering = OrderingStore(store)
    longest = 2 * EACH
    for number in range(PUBLISHES // AT_ONCE):
        names = [f"a{number}-{each}" for each in range(AT_ONCE)]
        longest = max(longest, await race(world, ordering, names, longest, chance))

    before = len(world.sink.begun)
    await world.drain(*ordering.orders.withdrawn)

    assert ordering.orders.faults() == []
    assert len(world.sink.begun) == before, "something was sent in the name of one who had withdrawn"
    assert len(ordering.orders.withdrawn) == PUBLISHES
    states = Counter(row["state"] for row in await world.rows(t.deliveries, "id", "state"))
    assert states == {"sent": before, "cancelled": EACH * PUBLISHES - before}
    named = [effect.sending for _, effect in ordering.orders.withdrawn.values() if effect.sending]
    assert min(states["cancelled"], before, len(named)) > PUBLISHES // 20, "the instants were not random"


async def test_a_claim_waits_for_a_withdrawal_that_has_begun(postgres_url: str, clock: FakeClock) -> None:
    store = open_store(postgres_url)
    world = await World(store, clock).begin()
    account = await world.account("lea", YES)
    await world.delivery(account)
    owner = await asyncpg.connect(postgres_url)

    async def waiting() -> int:
        return int(await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    async with owner.transaction():
        await owner.execute("SELECT 1 FROM consent_heads WHERE account_id = $1 FOR UPDATE", account)
        drain = asyncio.ensure_future(world.drain(account))
        await until(waiting, lambda seen: seen or drain.done(), 10)
        assert not drain.done()
        await owner.execute("UPDATE consent_heads SET given = false WHERE account_id = $1", account)
    await drain
    await owner.close()

    assert world.sink.begun == []
    assert [row["state"] for row in await world.rows(t.deliveries, "state")] == ["cancelled"]
    await store.close()


def test_the_judge_of_the_race_sees_what_it_is_there_to_see() -> None:
    good = Orders({"a": [(1, "d1"), (2, "d2")]}, {"d1": 2, "d2": 4}, {"a": (3, Effect(1, 0, "d2"))})
    late = Orders({"a": [(4, "d1")]}, {"d1": 5}, {"a": (3, Effect(1, 0, None))})
    unnamed = Orders({"a": [(1, "d1")]}, {"d1": 5}, {"a": (3, Effect(1, 0, None))})

    assert good.faults() == []
    assert late.faults() == ["d1 was claimed after the withdrawal"]
    assert unnamed.faults() == ["['d1'] were under way, and the answer named None"]
