"""A crowd with accounts at X, for whom several `chappe work` publish, and what X and the database say of it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import text

from engine.clock import SystemClock
from engine.model.budget import Bucket, Take
from engine.store import budgets
from engine.store.unit import open_store
from tests.kills.grounds import ASKED, connected, networking
from tests.kills.scene import Scene, activate, arrive, found
from tests.machines.ground import Worker, at_work, until
from tests.peers.networks import read_asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from engine.contract.sink import Window
    from engine.store.unit import Store
    from tests.peers.networks import Asked

KIND = "x_post"
ANSWERS_MS = 60
"""How long X takes at most before it publishes, and again before it answers: requests of several processes meet."""


@dataclass
class Crowd:
    """The sandbox's X, a database, workers, and mappings by name that publish for parts of the crowd."""

    folder: Path
    store: Store
    runner: asyncio.Runner
    workspace_id: str
    accounts: dict[str, str]
    scenes: dict[str, Scene]
    workers: list[Worker] = field(default_factory=list)
    at_once: int = 0
    """How many processes had lanes at the same moment, at most, as far as was looked."""

    def arrive(self, mapping: str, posts: int) -> None:
        """Let so many posts come for a mapping."""
        self.runner.run(arrive(self.store, self.scenes[mapping], posts))

    def rest(self, within: float) -> None:
        """Wait until every lane rests: nothing goes out now, and nothing is due before some later time."""

        def resting() -> bool:
            self.at_once = max(self.at_once, len(self.ask(_AT_WORK)))
            return not self.ask(_BUSY)

        until(resting, within, *self.workers)

    def asked(self) -> list[Asked]:
        """Return the publishing requests that came, in order."""
        return read_asked(self.folder / ASKED)

    def outcomes(self) -> Counter[str]:
        """Return how many attempts ended how."""
        return Counter(row.outcome for row in self.ask("SELECT outcome FROM attempts"))

    def states(self) -> Counter[str]:
        """Return how many deliveries are in each state."""
        return Counter(row.state for row in self.ask("SELECT state FROM deliveries"))

    def waiting(self) -> list[Any]:
        """Return for each account with deliveries that wait: when its lane is due, and what its first one says."""
        return self.ask(_WAITING)

    def ask(self, query: str) -> list[Any]:
        """Ask the database."""
        return self.runner.run(self.store.read(_rows, query))


@contextmanager
def before_x(folder: Path, url: str, parts: dict[str, int], app_has_left: int) -> Iterator[Crowd]:
    """Set the scene: parts of a crowd by name, of so many people each, for whom a mapping of that name publishes.

    The app has used up its day at X but for so many requests.
    """
    with ExitStack() as ends:
        options = ("--delay-ms", str(ANSWERS_MS), "--crowd", str(sum(parts.values())))
        at = ends.enter_context(networking(folder, 1, *options))
        httpx.put(f"{at}/networks/x/windows", json={"tweets/app": app_has_left}).raise_for_status()
        runner = ends.enter_context(asyncio.Runner(loop_factory=asyncio.new_event_loop))
        store = open_store(url)
        ends.callback(lambda: runner.run(store.close()))
        yield runner.run(_furnished(folder, store, runner, at, parts))


@contextmanager
def workers(crowd: Crowd, url: str, many: int) -> Iterator[None]:
    """Let so many workers stand before X, each with a folder of its own."""
    chosen = {"CHAPPE_ALLOW_PRIVATE": "127.0.0.1", "CHAPPE_KEY_FILE": str(crowd.folder / "key")}
    with ExitStack() as ends:
        homes = [crowd.folder / f"worker-{number}" for number in range(many)]
        crowd.workers = [ends.enter_context(at_work(home, url, chosen)) for home in homes]
        yield


def use_up(crowd: Crowd, window: Window, left: int) -> None:
    """Let the database know of a window of the app that it is used up but for so many requests."""
    assert window.cap is not None
    now = SystemClock().now()
    bucket = Bucket(crowd.workspace_id, "app", "x", window.name)
    take = Take(bucket, window.cap - left, window.cap, now, now + window.period)
    crowd.runner.run(crowd.store.write(_take, take))


def _take(connection: Connection, take: Take) -> None:
    assert budgets.refusals(connection, {"": [take]}, take.starts_at) == {}
    budgets.spend(connection, [take])


async def _furnished(folder: Path, store: Store, runner: asyncio.Runner, at: str, parts: dict[str, int]) -> Crowd:
    workspace, vault = await found(store, folder / "key")
    names = [f"p{number}" for number in range(sum(parts.values()))]
    made = await connected(KIND, at, names, store=store, vault=vault, workspace=workspace)
    scenes, left = {}, list(names)
    for part, many in parts.items():
        people, left = left[:many], left[many:]
        source = await activate(store, workspace, _mapping(part, people), part)
        scenes[part] = Scene(workspace.id, source, made)
    return Crowd(folder, store, runner, workspace.id, made, scenes)


def _mapping(name: str, people: list[str]) -> str:
    """Return a mapping with words for each: X asks for that."""
    variants = [f"{{{{ post.text }}}} – {person}" for person in people]
    sink = {"kind": KIND, "from": "page", "accounts": people, "variants": variants}
    source = {"kind": "feed", "url": "http://127.0.0.1:9/feed"}
    return json.dumps({"mapping": name, "sources": {"page": source}, "sinks": {"out": sink}})


def _rows(connection: Connection, query: str) -> list[Any]:
    return list(connection.execute(text(query)))


_AT_WORK = "SELECT DISTINCT lease_owner FROM lanes WHERE lease_until > now()"
_BUSY = (
    "SELECT 1 FROM posts WHERE state = 'new'"
    " UNION SELECT 1 FROM routes WHERE state <> 'routed'"
    " UNION SELECT 1 FROM deliveries WHERE state IN ('sending', 'doubtful')"
    " UNION SELECT 1 FROM lanes WHERE lease_until > now() OR next_due_at < now() + interval '1 minute'"
)
_WAITING = (
    "SELECT l.account_id, l.next_due_at, d.detail FROM lanes l JOIN LATERAL"
    " (SELECT detail FROM deliveries d WHERE d.account_id = l.account_id AND d.state = 'planned'"
    " ORDER BY d.due_at, d.id LIMIT 1) d ON true"
)
