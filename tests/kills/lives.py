"""A row of lives: work arrives, a worker begins, and is killed at a random instant; the last one lives to the end."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from engine.run.core import RunSettings
from engine.store.unit import StoreError, open_store
from tests.kills.checker import Verdict, gather, judge
from tests.kills.scene import arrive
from tests.kills.worker import Life, live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

    from engine.store.unit import Store
    from tests.kills.grounds import Ground
    from tests.kills.scene import Scene
    from tests.kills.worker import Bug

QUICK = RunSettings(quarantine=timedelta(seconds=0.3), second_look=timedelta(seconds=0.05))
PATIENT = replace(QUICK, quarantine=timedelta(seconds=4))
"""Before the networks of the sandbox, which take seconds to publish what they were given where the machine is busy."""
SHORT_LEASES = replace(
    QUICK,
    lease=timedelta(seconds=2.0),
    lease_reserve=timedelta(seconds=1.2),
    send_timeout=timedelta(seconds=1.0),
)
"""On PostgreSQL nobody ends the leases of a killed worker before their time."""
SHORTEST_S = 0.150
BEGINNINGS = 1.2
"""A life lasts, from ready on, at most so many times as long as its beginning took: long on a machine that is slow."""
EARLY = 0.1
"""So many of the lives end before their worker is ready."""
AIMED = 0.4
"""So many of the others end while a request is under way, where somebody can see it; the rest at any instant."""
PATIENT_AIM = 3.0
"""So many times as long as it would have lived at most, a life is spared until it makes that request."""
LOOK_S = 0.002
PATIENCE_S = 60.0
BACKLOG_S = 3.0
"""So much longer the last life may take for each life that was cut short, on a machine that is slow."""
LEAST_S, MOST_S = 0.5, 2.5
"""How long after posts have arrived those are disturbed who send them."""
BESIDE = 3
PRELOADED = [
    "tests.kills.worker",
    "anyio._backends._asyncio",
    "anyio.streams.tls",
    "apscheduler.executors.asyncio",
    "certifi",
    "tests.kills.rehearsed",
]
"""What the fork server imports once: the worker, and what its libraries import only when they are used."""
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Plan:
    """What a row of lives is like; the same seed kills after the same delays.

    `beside` workers live through all of it, and take over what the killed ones leave. `disturb` is done instead of
    killing, while all of them work.
    """

    ground: Ground
    kills: int
    seed: int
    bug: Bug = ""
    beside: int = 0
    disturb: Callable[[], None] | None = None
    settings: RunSettings = field(default_factory=lambda: QUICK)


@dataclass
class Row:
    """What the lives of a row share."""

    plan: Plan
    life: Life
    store: Store
    scene: Scene
    chance: random.Random
    runner: asyncio.Runner
    folder: Path
    beginning: float = 0.1


def row_of_lives(plan: Plan, url: str, folder: Path) -> Verdict:
    """Live and die as planned over an empty, migrated database, and return the verdict."""
    life = Life(url, folder / "key", folder / "worker.log", plan.settings, plan.bug)
    began = time.monotonic()
    with (
        plan.ground.receiving(folder, plan.seed) as receiver,
        asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner,
    ):
        store = open_store(url)
        scene = runner.run(plan.ground.set_the_scene(store, life.key_file, receiver))
        row = Row(plan, life, store, scene, random.Random(plan.seed), runner, folder)
        with ExitStack() as others:
            for _ in range(plan.beside):
                _ready(*others.enter_context(_worker(life)), life)
            for _ in range(plan.kills):
                _one_disturbance(row, plan.disturb) if plan.disturb else _one_life(row)
            _last_life(row)
        found = runner.run(gather(store, scene.workspace_id, scene.accounts.values()))
        runner.run(store.close())
    verdict = judge(found, plan.ground.arrived(folder, found, scene), plan.ground.mode)
    took = time.monotonic() - began
    name = f"{plan.ground.name} {plan.bug or 'sound'} seed {plan.seed}"
    sys.stdout.write(f"{name}: {plan.kills} kills in {took:.0f} s, {verdict}\n")
    return verdict


def rows_of_lives(plans: Sequence[Plan], urls: Sequence[str], folder: Path) -> list[Verdict]:
    """Live rows beside each other, each over a database of its own."""

    def row(number: int) -> Verdict:
        own = folder / f"row{number}"
        own.mkdir()
        return row_of_lives(plans[number], urls[number], own)

    _start_fork_server()
    with ThreadPoolExecutor(BESIDE) as pool:
        return list(pool.map(row, range(len(plans))))


def _one_life(row: Row) -> None:
    share = 1 + row.plan.beside  # the others take theirs
    row.runner.run(arrive(row.store, row.scene, share * row.chance.randint(*row.plan.ground.posts)))
    early, aimed, instant = row.chance.random() < EARLY, row.chance.random() < AIMED, row.chance.random()
    began = time.monotonic()
    with _worker(row.life) as (process, pipe):
        if not early:
            _ready(process, pipe, row.life)
            row.beginning = time.monotonic() - began
        longest = row.beginning if early else max(SHORTEST_S, BEGINNINGS * row.beginning)
        if row.plan.ground.asked and aimed and not early and _asks(row, process, PATIENT_AIM * longest):
            longest = row.plan.ground.answers_s
        if wait([process.sentinel], instant * longest):
            _ended_by_itself(process, row.life)


def _one_disturbance(row: Row, disturb: Callable[[], None]) -> None:
    """Let posts arrive, and disturb those who send them."""
    try:
        row.runner.run(arrive(row.store, row.scene, row.chance.randint(*row.plan.ground.posts)))
    except StoreError:  # our own connections broke with the last disturbance, and are new now
        row.runner.run(arrive(row.store, row.scene, row.chance.randint(*row.plan.ground.posts)))
    wait([], row.chance.uniform(LEAST_S, MOST_S))
    disturb()


def _asks(row: Row, process: ForkServerProcess, longest: float) -> bool:
    """Wait, for so long at most, until the worker makes a publishing request."""
    file = row.folder / row.plan.ground.asked
    before, end = file.stat().st_size, time.monotonic() + longest
    while time.monotonic() < end and not wait([process.sentinel], LOOK_S):
        if file.stat().st_size > before:
            return True
    return False


def _last_life(row: Row) -> None:
    life = replace(row.life, to_the_end=True)
    with _worker(life) as (process, pipe):
        _ready(process, pipe, life)
        process.join(PATIENCE_S + row.plan.kills * BACKLOG_S)
        if process.exitcode != 0:
            _ended_by_itself(process, life)


def _start_fork_server() -> None:
    """Let the server that workers are forked from import what they need, before anything is timed."""
    _CONTEXT.set_forkserver_preload(PRELOADED)
    first = _CONTEXT.Process(target=os.getpid)
    first.start()
    first.join()


@contextmanager
def _worker(life: Life) -> Iterator[tuple[ForkServerProcess, Connection]]:
    """Give a worker, and kill it afterwards."""
    mine, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=live, args=(life, theirs))
    process.start()
    theirs.close()
    try:
        yield process, mine
    finally:
        process.kill()
        process.join()
        process.close()
        mine.close()


def _ready(process: ForkServerProcess, pipe: Connection, life: Life) -> None:
    wait([process.sentinel, pipe], PATIENCE_S)
    if not pipe.poll():
        _ended_by_itself(process, life)
    pipe.recv()


def _ended_by_itself(process: ForkServerProcess, life: Life) -> None:
    said = life.log.read_text(encoding="utf-8", errors="replace")[-3_000:] if life.log.exists() else ""
    message = f"The worker stands at exit code {process.exitcode}, and it should not. It said:\n{said}"
    raise AssertionError(message)
