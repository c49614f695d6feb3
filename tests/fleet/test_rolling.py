"""Renewing without a pause, as docs/scale.md says: workers one after the other, then the web process, under load.

The receiver publishes whatever comes, so what is sent twice is there twice. It prints its figures (`pytest -s`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from engine.clock import SystemClock
from tests.fleet.load import GONE, SOON_S, Load, Watch, loaded, reading, ready
from tests.kills.checker import judge
from tests.machines.ground import ROOT, at_work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.machines.ground import Worker
    from tests.peers.postgres import PostgresServer

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

QUIET_S = 10.0
"""How long both workers work before and after, so that it is known what a pause is where nothing happens."""
END_S = 25.0
"""So soon a process that is told to end has ended: docs/scale.md says 20 s."""
TIMES, MORE_S = 5, 2.0
"""The longest pause may be so many times the one where nothing happens, and so much more: processes start meanwhile."""
TAKEN_OVER_S = 15.0
"""So long at most nothing arrives for an account: what is not given back is another's after 25 s at the earliest."""


def test_workers_and_the_web_process_are_replaced_and_nothing_pauses(
    postgres: PostgresServer, postgres_template: str, tmp_path: Path
) -> None:
    url = postgres.create(postgres_template)
    with loaded(tmp_path, url) as load, ExitStack() as ends:
        fleet = Fleet(load, url, ends)
        old, web = [fleet.work("one"), fleet.work("two")], fleet.serve("web")
        load.run(5.0, *old)
        calm = load.run(QUIET_S, *old)
        with fleet.asking(web) as asking:
            began = SystemClock().now().timestamp()
            fleet.drain(old[0])
            first = fleet.work("three")
            fleet.end(old[1])
            fleet.work("four")
            fleet.replace(web, asking)
            load.run(QUIET_S, first)
            pause = load.pause(began, SystemClock().now().timestamp())
        check_api(asking)
        load.stop(300, first)
        check(load)
    tell(f"longest pause {pause:.2f} s, {calm:.2f} s where nothing happened, {silence(load):.2f} s for an account")
    assert pause < TIMES * calm + MORE_S
    postgres.drop(url)


class Fleet:
    """Processes on one database, each with a folder of its own and a port that tells whether it is ready."""

    def __init__(self, load: Load, url: str, ends: ExitStack) -> None:
        self._load, self._url, self._ends = load, url, ends
        self._ports: dict[str, int] = {}

    def work(self, name: str) -> Worker:
        """Start a worker, and wait until it is ready."""
        return self._start(name, "work")

    def serve(self, name: str) -> Worker:
        """Start a web process, and wait until it is ready."""
        return self._start(name, "serve")

    def drain(self, worker: Worker) -> None:
        """End the workers of a folder by the command for it."""
        chosen = self._chosen(worker.log.parent.name) | {"CHAPPE_DATA_DIR": str(worker.log.parent)}
        with self._ending(worker):
            subprocess.run(
                [sys.executable, "-m", "api.cli.main", "work", "--drain"],
                cwd=ROOT, env=os.environ | chosen, check=True, timeout=END_S + 30,
            )  # fmt: skip

    def end(self, worker: Worker) -> None:
        """End a process by SIGTERM."""
        with self._ending(worker):
            worker.process.send_signal(signal.SIGTERM)

    def replace(self, web: Worker, asking: Watch) -> None:
        """Put another web process beside one, and end that."""
        other = self.serve("web-2")
        asking.addresses.append(reading(other.name, self._load.key)[0])
        self._load.run(1.0)
        self.end(web)

    def asking(self, web: Worker) -> Watch:
        """Read from the API of a web process, again and again."""
        address, headers = reading(web.name, self._load.key)
        return Watch(address, headers=headers, every_s=SOON_S)

    @contextmanager
    def _ending(self, worker: Worker) -> Iterator[None]:
        """See that a process says that it is not ready from when it is told to end, and ends well."""
        port = self._ports.get(worker.log.parent.name)
        with ready(f"http://127.0.0.1:{port}" if port else worker.name) as watch:
            self._load.until(lambda: watch.seen, 10, worker)
            self._load.more()
            yield
            self._load.until(lambda: worker.process.poll() is not None, END_S)
        said = [status for (_, status), *_ in (list(one.items()) for one in watch.seen)]
        tell(f"{worker.name}: ready as it said {sorted(set(said))}, in {len(said)} looks")
        assert worker.process.returncode == 0, worker.said[-3_000:]
        assert said[0] == 200
        turned = next(number for number, status in enumerate(said) if status != 200)
        assert 200 not in said[turned:], "it was ready again while it ended"
        assert 503 in said or not port, "a worker that still sends did not say that it is not ready"

    def _start(self, name: str, command: str) -> Worker:
        home = self._load.folder / name
        chosen = self._chosen(name)
        if command == "work":
            with socket.create_server(("127.0.0.1", 0)) as listening:
                self._ports[name] = listening.getsockname()[1]
            chosen |= {"CHAPPE_METRICS_PORT": str(self._ports[name])}
        self._load.more()
        return self._ends.enter_context(at_work(home, self._url, chosen, command=command))

    def _chosen(self, name: str) -> dict[str, str]:
        return {
            "CHAPPE_DATA_DIR": str(self._load.folder / name),
            "CHAPPE_DATABASE_URL": self._url,
            "CHAPPE_DISPATCH": "distributed",
            "CHAPPE_KEY_FILE": str(self._load.folder / "key"),
            "CHAPPE_ALLOW_PRIVATE": "127.0.0.1",
            "CHAPPE_PORT": "0",
            "CHAPPE_RATE_LIMIT": "1000000",
        }


def check(load: Load) -> None:
    """Each delivery was tried once and sent, and is there once."""
    found, entries = load.found(), load.entries()
    verdict = judge(found, entries, "plain")
    tell(str(verdict))
    assert verdict.faults == ()
    assert {row.state for row in found.deliveries} == {"sent"}
    assert [one.outcome for one in found.attempts] == ["sent"] * len(found.deliveries)
    assert len({one.key for one in entries}) == len(entries) == len(found.deliveries)
    assert silence(load) < TAKEN_OVER_S


def check_api(asking: Watch) -> None:
    """One web process answered in each round, and the other did too, said that it cannot, or was gone: none failed."""
    assert [one for one in asking.seen if 200 not in one.values()] == []
    assert {status for one in asking.seen for status in one.values()} <= {200, 503, GONE}


def silence(load: Load) -> float:
    """Return the longest time in which nothing arrived for an account."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    for one in load.entries():
        times[one.path].append(one.at)
    return max(later - earlier for one in times.values() for earlier, later in pairwise(one))


def tell(figures: str) -> None:
    sys.stdout.write(f"{figures}\n")
