"""What stands on the machines: a database, a receiver of each mode, and `chappe work` as real processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from engine.store.unit import open_store
from tests.kills.checker import Verdict, gather, judge
from tests.kills.scene import Scene, activate, admit, arrive, found, promise, receiving
from tests.kills.worker import unsettled
from tests.peers.machines import NETWORK, Machine
from tests.peers.receiver import MODES, Entry, read_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.kills.checker import Found
    from tests.peers.machines import Router
    from tests.peers.postgres import PostgresServer
    from tests.peers.receiver import Mode

ROOT = Path(__file__).resolve().parents[2]
READY = {"work": "Chappe works as ", "serve": "Chappe is ready: "}
"""What a process says when it is; its name, or its address, follows."""
LOOK_S = 0.1
START_WITHIN_S = 60.0
ACCOUNTS = 134
"""In each of three workspaces, five posts each: 2,010 deliveries, of which one process holds 128 lanes at most."""
POSTS = 5
ANSWERS_MS = 300.0
"""How long a receiver takes at most before it publishes, and again before it answers."""
LEASE_S = 45.0
DOUBTS = {"CHAPPE_QUARANTINE": "10s", "CHAPPE_SECOND_LOOK": "5s"}
"""Leases are as they are everywhere; only what is doubtful is looked at sooner."""


class Held(NamedTuple):
    """A lane that a worker holds: until when by the clock, and its delivery that is being sent, if there is one."""

    account_id: str
    until: float
    delivery_id: str | None


@dataclass
class Worker:
    """A `chappe work` that is ready, by the `name` that it leases by; or a `chappe serve`, by its address."""

    process: subprocess.Popen[bytes]
    log: Path
    name: str = ""

    def kill(self) -> float:
        """Kill it as the system does, and return when."""
        self.process.kill()
        self.process.wait()
        return time.time()

    @property
    def said(self) -> str:
        """What it has said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def at_work(
    home: Path, url: str, chosen: Mapping[str, str], entering: Sequence[str] = (), command: str = "work"
) -> Iterator[Worker]:
    """Give a `chappe work` on that database, with a folder of its own, once it is ready; kill it afterwards."""
    home.mkdir()
    settings = {"CHAPPE_DATA_DIR": str(home), "CHAPPE_DATABASE_URL": url, "CHAPPE_DISPATCH": "distributed", **chosen}
    log = home / "said"
    with log.open("wb") as saying, subprocess.Popen(
        [*entering, sys.executable, "-m", "api.cli.main", command],
        cwd=ROOT, env=os.environ | settings, stdin=subprocess.DEVNULL, stdout=saying, stderr=saying,
    ) as process:  # fmt: skip
        worker = Worker(process, log)
        try:
            until(lambda: READY[command] in worker.said, START_WITHIN_S, worker)
            worker.name = worker.said.split(READY[command])[1].split("  (")[0].rstrip("./")
            yield worker
        finally:
            process.kill()


def until(holds: Callable[[], object], seconds: float, *workers: Worker) -> float:
    """Wait until something holds, while the workers live, and return how long that took; raises TimeoutError."""
    began = time.monotonic()
    while not holds():
        for worker in workers:
            assert worker.process.poll() is None, worker.said[-3_000:]
        if time.monotonic() - began > seconds:
            message = f"After {seconds:.0f} s it does not hold."
            raise TimeoutError(message)
        wait([], LOOK_S)
    return time.monotonic() - began


@dataclass
class Ground:
    """A database at which this process looks by its socket, with a workspace before each receiver."""

    folder: Path
    far_url: str
    store: Store
    runner: asyncio.Runner
    scenes: dict[Mode, Scene]
    router: Router = field(init=False)
    data: Machine = field(init=False)
    one: Machine = field(init=False)
    two: Machine = field(init=False)

    @contextmanager
    def worker(self, machine: Machine) -> Iterator[Worker]:
        """Give a worker on a machine, and kill it afterwards."""
        chosen = {"CHAPPE_ALLOW_PRIVATE": NETWORK, "CHAPPE_KEY_FILE": str(self.folder / "key"), **DOUBTS}
        with at_work(self.folder / machine.namespace, self.far_url, chosen, machine.entering) as worker:
            yield worker

    def until(self, holds: Callable[[], object], seconds: float, *workers: Worker) -> float:
        """Wait until something holds, while the workers live, and return how long that took."""
        try:
            return until(holds, seconds, *workers)
        except TimeoutError as error:
            raise AssertionError(f"{error} {self.states()}") from error

    def arrive(self, posts: int = POSTS) -> None:
        """Let so many posts arrive in each workspace."""
        for scene in self.scenes.values():
            self.runner.run(arrive(self.store, scene, posts))

    def entries(self) -> list[Entry]:
        """Return what the receivers have published, in order."""
        return sorted((one for mode in MODES for one in read_journal(self.journal(mode))), key=lambda one: one.at)

    def journal(self, mode: Mode) -> Path:
        """Return the file of a receiver."""
        return self.folder / f"{mode}.jsonl"

    def account(self, entry: Entry) -> str:
        """Return whose a publication is."""
        _, mode, name = entry.path.split("/")
        return self.scenes[mode].accounts[name]  # type: ignore[index]

    def held(self, worker: str) -> list[Held]:
        """Return the lanes that a worker of this name holds."""
        rows = self._ask(_HELD, owner=worker)
        return [Held(row.account_id, row.until.timestamp(), row.delivery_id) for row in rows]

    def sending(self, deliveries: set[str]) -> set[str]:
        """Return those of these deliveries that are not yet doubtful."""
        return deliveries & {row.id for row in self._ask(_SENDING)}

    def states(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        return {row.state: row.many for row in self._ask(_STATES)}

    def is_settled(self) -> bool:
        """Tell whether nothing is left to do but for a person."""
        return self.runner.run(self.store.read(unsettled)) == 0

    def verdicts(self) -> dict[Mode, Verdict]:
        """Judge each workspace."""
        return {mode: self._verdict(mode, scene) for mode, scene in self.scenes.items()}

    def _verdict(self, mode: Mode, scene: Scene) -> Verdict:
        seen = self.runner.run(gather(self.store, scene.workspace_id, scene.accounts.values()))
        journal = read_journal(self.journal(mode))
        verdict = judge(seen, journal, mode)
        return replace(verdict, faults=(*verdict.faults, *_late(seen, journal)))

    def _ask(self, query: str, **given: Any) -> list[Any]:
        return self.runner.run(self.store.read(_rows, query, given))


@contextmanager
def before_receivers(folder: Path, server: PostgresServer, url: str, net: Machine) -> Iterator[Ground]:
    """Set the scene: a receiver of each mode on one machine, and a workspace for each."""
    with ExitStack() as ends:
        runner = ends.enter_context(asyncio.Runner(loop_factory=asyncio.new_event_loop))
        store = open_store(url)
        ends.callback(lambda: runner.run(store.close()))
        ground = Ground(folder, server.from_afar(url), store, runner, {})
        for mode in MODES:
            server_of_mode = receiving(mode, ground.journal(mode), seed=1, delay_ms=ANSWERS_MS, machine=net)
            at = ends.enter_context(server_of_mode)
            ground.scenes[mode] = runner.run(_scene(store, folder / "key", mode, at))
        yield ground


async def _scene(store: Store, key_file: Path, mode: Mode, url: str) -> Scene:
    workspace, _ = await found(store, key_file, mode)
    made = await admit(store, workspace, f"{url}/{mode}", [f"a{number}" for number in range(ACCOUNTS)])
    sink = f"out: {{kind: webhook, from: page, accounts: [{', '.join(made)}]{promise(mode, url)}}}"
    source = 'page: {kind: feed, url: "http://127.0.0.1:9/feed"}'
    mapping = f"mapping: kills\nsources:\n  {source}\nsinks:\n  {sink}\n"
    return Scene(workspace.id, await activate(store, workspace, mapping), made)


def _late(seen: Found, journal: list[Entry]) -> Iterator[str]:
    """Give what came when no attempt of it had a lease any more."""
    begun: defaultdict[str, list[float]] = defaultdict(list)
    for one in seen.attempts:
        begun[one.key].append(one.started_at)
    for entry in journal:
        if not any(at <= entry.at <= at + LEASE_S for at in begun[entry.key]):
            yield f"{entry.key} came from {entry.peer} after the lease of its attempt."


def _rows(connection: Connection, query: str, given: dict[str, Any]) -> list[Any]:
    return list(connection.execute(text(query), given))


_HELD = (
    "SELECT l.account_id, l.lease_until AS until, d.id AS delivery_id FROM lanes l"
    " LEFT JOIN deliveries d ON d.account_id = l.account_id AND d.state = 'sending' WHERE l.lease_owner = :owner"
)
_SENDING = "SELECT id FROM deliveries WHERE state = 'sending'"
_STATES = "SELECT state, count(*) AS many FROM deliveries GROUP BY state"
