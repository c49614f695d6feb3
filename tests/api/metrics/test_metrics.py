"""Prometheus is told how much waits and what was done, by few series, and only who may know is told."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics.meter import FRESH_S, Meter
from api.metrics.serving import worker_app, worker_page
from api.settings import Settings
from engine.clock import AgreedClock
from engine.run.breaker import IN_A_ROW, Call, Place
from engine.store import events, gauges
from engine.store import tables as t
from engine.store.unit import open_store
from engine.testing.fakes import FakeClock
from tests.api.test_app import FakeServing
from tests.engine.run.routing import WORKSPACE, Routing
from tests.engine.sample_graph import graph, sink

if TYPE_CHECKING:
    from engine.store import Connection
    from engine.store.unit import Store

STATES = ("planned", "planned", "sending", "doubtful", "check_needed", "waiting", "blocked", "sent")


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Routing:
    """Give a delivery of each state that is told, of which two are due: one since an hour."""
    made = await Routing(store, clock).begin(graph(sink("board", "page", audience="ambassadors")))
    await made.audience(len(STATES))
    await made.route(await made.post())
    now = clock.now()
    later = now + timedelta(hours=1)
    for nth, ((delivery,), state) in enumerate(zip(await made.deliveries("id"), STATES, strict=True)):
        due = now - timedelta(hours=1) if nth == 0 else later if state == "doubtful" else now
        await made.execute(
            t.deliveries.update().where(t.deliveries.c.id == delivery).values(state=state, due_at=due)
        )  # fmt: skip
    await made.execute(
        t.budgets.insert().values(workspace_id=WORKSPACE, scope="platform", key="board", held_until=later)
    )
    return made


async def told(meter: Meter) -> dict[str, float]:
    """Return what the page says, by name and labels."""
    page, kind = await meter.page()
    assert kind.startswith("text/plain")
    return {
        f"{one.name}{{{','.join(one.labels[key] for key in sorted(one.labels))}}}"
        if one.labels
        else one.name: one.value
        for family in text_string_to_metric_families(page.decode())
        for one in family.samples
    }


async def test_what_waits_is_told_as_the_tables_have_it(world: Routing) -> None:
    said = await told(Meter(world.core))

    assert said["chappe_database_up"] == 1
    assert (said["chappe_deliveries_due"], said["chappe_queue_age_seconds"]) == (2, 3_600)
    for state in ("sending", "doubtful", "check_needed", "waiting", "blocked"):
        assert said[f"chappe_deliveries{{{state}}}"] == 1
    assert [said[f"chappe_routes{{{state}}}"] for state in ("new", "stuck", "routing")] == [0, 0, 0]
    assert said["chappe_buckets_held{platform}"] == 1
    assert said["chappe_events_behind"] == 0
    assert said["chappe_database_connections_max"] > 1
    assert said["process_resident_memory_bytes"] > 0


async def test_how_far_the_clock_is_from_the_databases_is_told_where_processes_share_one(world: Routing) -> None:
    assert "chappe_clock_ahead_seconds" not in await told(Meter(world.core))

    machine = FakeClock()
    world.core.clock = AgreedClock(machine)
    machine.jump_wall(-30)
    assert (await told(Meter(world.core)))["chappe_clock_ahead_seconds"] == -30


async def test_what_the_process_did_is_counted_by_platform_and_outcome(world: Routing) -> None:
    core = world.core
    core.tally.attempts["board", "sent"] += 3
    core.tally.polls["unchanged"] += 2
    for seconds in (0.2, 30.0):
        with core.tally.timed("board", core.clock):
            world.clock.advance(seconds)
    for _ in range(IN_A_ROW):
        core.breakers.seen(Call(Place(WORKSPACE, "board"), "lea", "transient", retry=False, at=core.clock.monotonic()))

    said = await told(Meter(core))

    assert said["chappe_publish_attempts_total{sent,board}"] == 3
    buckets = [said[f"chappe_publish_seconds_bucket{{{most},board}}"] for most in ("0.1", "0.25", "15.0", "+Inf")]
    assert buckets == [0, 1, 1, 2]
    assert said["chappe_publish_seconds_sum{board}"] == pytest.approx(30.2)
    assert [said[f"chappe_polls_total{{{outcome}}}"] for outcome in ("read", "unchanged", "failed")] == [0, 2, 0]
    assert said["chappe_breakers_open{account}"] == 1


class CountedReads:
    """A store that counts how often it is read, and may be away."""

    def __init__(self, store: Store) -> None:
        self.dialect, self.write, self.close, self._store = store.dialect, store.write, store.close, store
        self.reads, self.away = 0, False

    async def read(self, unit: object, *args: object) -> object:
        self.reads += 1
        if self.away:
            raise TimeoutError
        return await self._store.read(unit, *args)  # type: ignore[arg-type]


async def test_many_readers_ask_the_database_once_in_a_while_and_hear_when_it_is_away(world: Routing) -> None:
    store = CountedReads(world.store)
    world.core.store = store  # type: ignore[assignment]
    meter = Meter(world.core)
    for _ in range(5):
        await meter.page()
    assert store.reads == 1

    store.away = True
    world.clock.advance(FRESH_S)
    said = await told(meter)

    assert (store.reads, said["chappe_database_up"]) == (2, 0)
    assert "chappe_deliveries_due" not in said


async def test_each_number_is_counted_in_an_index(world: Routing) -> None:
    wanted = (gauges.DUE, gauges.ROUTES, gauges.HELD, *(one for one, _ in gauges.OPEN))
    statements = [str(one).replace(":now", "'2026-11-23'") for one in wanted]

    def plans(connection: Connection) -> list[str]:
        explain = "EXPLAIN QUERY PLAN"
        if connection.dialect.name == "postgresql":  # so few rows it reads whole, if it may
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN"
        rows = [connection.exec_driver_sql(f"{explain} {one}").fetchall() for one in statements]
        return ["; ".join(str(row[-1]) for row in plan) for plan in rows]

    said = await world.store.read(plans)

    assert ["ix_" in plan for plan in said] == [True] * 5, said


async def test_a_webhook_that_is_behind_is_told_by_its_events(world: Routing) -> None:
    assert 0 < await world.store.read(events.behind, events.START, 10_000) < 10_000
    assert await world.store.read(events.behind, events.START, 3) == 3


async def test_only_this_machine_or_who_shows_the_token_reads_the_page(world: Routing) -> None:
    meter, statuses = Meter(world.core), []
    for token, base, shown in (
        ("", "http://localhost", ""), ("", "http://chappe.example", ""), ("s3cret", "http://localhost", ""),
        ("s3cret", "http://chappe.example", "s3cret"), ("s3cret", "http://chappe.example", "other"),
    ):  # fmt: skip
        transport = httpx.ASGITransport(worker_app(FakeServing().reasons, meter, token))
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            headers = {"authorization": f"Bearer {shown}"} if shown else {}
            answer = await client.get("/metrics", headers=headers)
            statuses.append(answer.status_code)
            assert ("chappe_deliveries_due" in answer.text) == (answer.status_code == 200)
            assert (await client.get("/ready")).json()["status"] == "ready"

    assert statuses == [200, 401, 401, 200, 401]


async def test_a_process_without_a_web_page_answers_at_a_port_of_its_own_while_it_works(sqlite_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = Settings(database_url=sqlite_url, metrics_port=port)
    core = Routing(open_store(sqlite_url), FakeClock()).core
    async with worker_page(settings, FakeServing().reasons, core), httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"http://127.0.0.1:{port}/ready")).json() == {"status": "ready", "reasons": []}
        assert "chappe_database_up 1.0" in (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()
    await core.store.close()
