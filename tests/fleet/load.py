"""A steady load before several processes: accounts at a receiver that takes its time, and posts before they run out."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import httpx
from sqlalchemy import text

from api import credentials
from engine.clock import SystemClock
from engine.ids import new_id
from engine.store import access, api_keys, users, workspaces
from engine.store.api_keys import ApiKey
from engine.store.unit import open_store
from tests.kills.checker import Found, gather
from tests.kills.scene import Scene, activate, admit, arrive, found, receiving
from tests.machines.ground import until
from tests.peers.receiver import read_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.machines.ground import Worker
    from tests.peers.receiver import Entry

ACCOUNTS = 24
POSTS = 10
"""So many come whenever less than half of what the last ones made is left."""
ANSWERS_MS = 600.0
WORKSPACE = "acme"
LOOK_S = 0.1
SOON_S = 0.02
GONE, CUT = 0, -1


@dataclass
class Load:
    """The receiver's journal, the database, and the key with which the API is asked."""

    folder: Path
    store: Store
    runner: asyncio.Runner
    scene: Scene
    key: str

    def keep(self) -> None:
        """Let posts arrive, where what waits runs out."""
        if self.count("planned") < POSTS * ACCOUNTS // 2:
            self.runner.run(arrive(self.store, self.scene, POSTS))

    def until(self, holds: Callable[[], object], seconds: float, *workers: Worker) -> float:
        """Wait until something holds, under the load, while these workers live."""

        def held() -> object:
            self.keep()
            return holds()

        return until(held, seconds, *workers)

    def run(self, seconds: float, *workers: Worker) -> float:
        """Let it run so long; returns the longest time in which nothing arrived."""
        since, clock = SystemClock().now().timestamp(), SystemClock()
        end = clock.monotonic() + seconds
        self.until(lambda: clock.monotonic() >= end, seconds + 30, *workers)
        return self.pause(since, clock.now().timestamp())

    def more(self) -> None:
        """Put enough there for a while in which nobody looks after it: a process starts."""
        self.runner.run(arrive(self.store, self.scene, 2 * POSTS))

    def stop(self, seconds: float, *workers: Worker) -> None:
        """Let nothing else arrive, and wait until all is out."""
        until(lambda: not self.count("planned", "sending", "doubtful"), seconds, *workers)

    def pause(self, since: float, to: float) -> float:
        """Return the longest time in which nothing arrived between two moments."""
        times = [since, *(one.at for one in self.entries() if since < one.at < to), to]
        return max(later - earlier for earlier, later in pairwise(times))

    def entries(self) -> list[Entry]:
        """Return what has arrived, in order."""
        return read_journal(self.folder / "journal.jsonl")

    def count(self, *states: str) -> int:
        """Return how many deliveries are in these states, or will be."""
        return self.runner.run(self.store.read(_count, states))

    def found(self) -> Found:
        """Return what the database says in the end."""
        return self.runner.run(gather(self.store, self.scene.workspace_id, self.scene.accounts.values()))


@contextmanager
def loaded(folder: Path, url: str) -> Iterator[Load]:
    """Set the scene: a receiver that publishes whatever comes, so that a repetition is there twice."""
    with ExitStack() as ends:
        journal = folder / "journal.jsonl"
        at = ends.enter_context(receiving("plain", journal, seed=1, delay_ms=ANSWERS_MS))
        runner = ends.enter_context(asyncio.Runner(loop_factory=asyncio.new_event_loop))
        store = open_store(url)
        ends.callback(lambda: runner.run(store.close()))
        yield runner.run(_furnished(folder, store, runner, at))


async def _furnished(folder: Path, store: Store, runner: asyncio.Runner, at: str) -> Load:
    workspace, _ = await found(store, folder / "key", WORKSPACE)
    made = await admit(store, workspace, at, [f"a{number}" for number in range(ACCOUNTS)])
    sink = f"out: {{kind: webhook, from: page, accounts: [{', '.join(made)}]}}"
    source = 'page: {kind: feed, url: "http://127.0.0.1:9/feed"}'
    mapping = f"mapping: kills\nsources:\n  {source}\nsinks:\n  {sink}\n"
    scene = Scene(workspace.id, await activate(store, workspace, mapping), made)
    return Load(folder, store, runner, scene, await store.write(_key, workspace.id))


def _key(connection: Connection, workspace_id: str) -> str:
    """Make an owner with a key to read deliveries."""
    now, token = SystemClock().now(), "t" * 64
    user = users.User(new_id(), "Léa", "lea@acme.example", admin=True, state=users.ACTIVE, created_at=now)
    workspaces.set_instance_value(connection, access.SETUP_TOKEN, token)
    assert access.make_first(connection, user, token)
    shown = credentials.new_key()
    key = ApiKey(workspace_id, new_id(), user.id, "watch", shown.prefix, "deliveries:read", now)
    api_keys.add(connection, key, credentials.hash_of(shown.token))
    return shown.token


def _count(connection: Connection, states: Sequence[str]) -> int:
    query = text("SELECT count(*) FROM deliveries WHERE state = ANY(:states)")
    coming = text("SELECT count(*) FROM posts WHERE state = 'new'")
    routing = text("SELECT count(*) FROM routes WHERE state <> 'routed'")
    there = connection.execute(query, {"states": list(states)}).scalar_one()
    return int(there) + ACCOUNTS * sum(int(connection.execute(one).scalar_one()) for one in (coming, routing))


class Watch:
    """Asks addresses again and again, in a thread of its own: `seen` is what each said in each round.

    That is a status, GONE where nobody listens any more, or CUT where a connection ended before its answer.
    """

    def __init__(self, *addresses: str, headers: dict[str, str] | None = None, every_s: float = LOOK_S) -> None:
        self.addresses = list(addresses)
        self.seen: list[dict[str, int]] = []
        self._headers = headers or {}
        self._every_s = every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def said(self, address: str) -> list[int]:
        """Return what an address said, in order."""
        return [one[address] for one in self.seen if address in one]

    def _look(self) -> None:
        with httpx.Client(headers=self._headers, timeout=10) as client:
            while not self._over.wait(self._every_s):
                self.seen.append({address: _status(client, address) for address in list(self.addresses)})


def ready(address: str) -> Watch:
    """Watch closely whether a process is ready."""
    return Watch(f"{address}/ready", every_s=SOON_S)


def _status(client: httpx.Client, address: str) -> int:
    try:
        return client.get(address).status_code
    except httpx.TransportError as error:
        return GONE if isinstance(error, httpx.ConnectError) else CUT


def reading(address: str, key: str) -> tuple[str, dict[str, Any]]:
    """Return what of the API is read at a web process, and by what."""
    return f"{address}/api/v1/workspaces/{WORKSPACE}/deliveries?limit=1", {"authorization": f"Bearer {key}"}
