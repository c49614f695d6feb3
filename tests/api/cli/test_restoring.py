"""A backup, more sends, a restore, more sends: by real processes, before receivers that keep what arrived.

Whatever the backup does not know is found by reading back, or asked about: nothing comes twice, and nothing is lost.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api.cli.conftest import Cli
from tests.peers.postgres import found_binaries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.soak, pytest.mark.timeout(100)]

RUN = "from api.cli.main import main; main()"
QUICK = {
    "CHAPPE_ALLOW_PRIVATE": "127.0.0.1", "CHAPPE_PORT": "0", "CHAPPE_QUARANTINE": "2s", "CHAPPE_SECOND_LOOK": "1s",
    "CHAPPE_LOG_LEVEL": "warning",
}  # fmt: skip
MODES = {"plain": "plain", "dedupe": "dedupe", "readback": "readback", "quiet": "readback"}
"""The receivers by their names; the account of `quiet` is paused until after the restore."""
MAPPING = """\
mapping: news
sources:
  blog: {{kind: feed, url: "{0}feeds/acme/"}}
sinks:
  plain: {{kind: webhook, from: blog, accounts: [plain]}}
  dedupe: {{kind: webhook, from: blog, accounts: [dedupe], receiver: deduplicates}}
  readback: {{kind: webhook, from: blog, accounts: [readback], read_back: "{0}receivers/readback/messages/{{id}}"}}
  quiet: {{kind: webhook, from: blog, accounts: [quiet], read_back: "{0}receivers/quiet/messages/{{id}}"}}
"""
TITLE = re.compile(r"(?:old|planned|after|later) \d")
BETWEEN = 0.3
"""Seconds between two looks."""


class Outside:
    """The sandbox: its blog, and receivers that keep what arrived."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self._process = process
        self._client = httpx.Client(base_url=url, trust_env=False)
        for name, mode in MODES.items():
            self._client.put(f"receivers/{name}", json={"mode": mode}).raise_for_status()

    def close(self) -> None:
        self._client.close()

    def publish(self, *titles: str) -> None:
        for title in titles:
            self._client.post("feeds/acme/entries", json={"title": title, "text": title}).raise_for_status()

    def arrived(self, name: str) -> Counter[str]:
        """Return how often each post arrived at a receiver, by its title."""
        messages = self._client.get(f"receivers/{name}").json()["messages"]
        return Counter(title for one in messages for title in set(TITLE.findall(json.dumps(one))))

    def until(self, holds: Callable[[], Any]) -> None:
        """Look again and again; the time-out of the test bounds it."""
        while not holds():
            with pytest.raises(subprocess.TimeoutExpired):
                self._process.wait(BETWEEN)


@pytest.fixture
def outside() -> Iterator[Outside]:
    """Give the outside as a process of its own."""
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    found = Outside(json.loads(process.stdout.readline())["url"], process)
    yield found
    found.close()
    process.kill()
    process.communicate()


@contextmanager
def _up(cli: Cli) -> Iterator[None]:
    """Let `chappe up` run; it must end well."""
    environment = os.environ | cli.environ | QUICK
    process = subprocess.Popen([sys.executable, "-c", RUN, "up"], env=environment)
    try:
        yield
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_is_sent_before_and_after_a_restore_arrives_once(
    request: pytest.FixtureRequest, tmp_path: Path, outside: Outside, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = _instances(request, tmp_path, database)
    monkeypatch.setenv("PATH", os.pathsep.join([*map(str, found_binaries()), os.environ["PATH"]]))
    file = str(tmp_path / "backup")
    _begin(first, outside)
    with _up(first):
        _poll(first, outside)
        outside.publish("old 1", "old 2")
        _poll(first, outside)
        outside.until(lambda: _each(outside, "old", 2, but="quiet"))
        first.out("pause", "platform", "webhook")
        outside.publish("planned 1", "planned 2")
        _poll(first, outside)
        outside.until(lambda: first.data("status")["deliveries"]["planned"] == 10)
        first.out("backup", file)
        first.out("resume", "platform", "webhook")
        outside.publish("after 1")
        _poll(first, outside)
        outside.until(lambda: _each(outside, "planned", 2, but="quiet") and _each(outside, "after", 1, but="quiet"))

    second.out("restore", file, "--yes")
    with _up(second):
        second.out("resume", "account", "quiet")
        second.out("resume", "platform", "webhook")
        second.out("resume", "everything")
        _poll(second, outside)  # what came after the backup is new again, and held
        assert second.data("sources", "list")[0]["state"] == "held"
        second.out("sources", "release", "blog", "--yes")
        outside.until(lambda: _asked(second) == {"plain": 3, "dedupe": 3, "readback": 1, "quiet": 1})
        _answer(second)
        outside.publish("later 1")
        _poll(second, outside)
        outside.until(lambda: _each(outside, "later", 1))

    titles = ("old 1", "old 2", "planned 1", "planned 2", "after 1", "later 1")
    assert {name: outside.arrived(name) for name in MODES} == {name: Counter(titles) for name in MODES}


def _instances(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> tuple[Cli, Cli]:
    """Return the instance before and after the restore: one folder, and in PostgreSQL a database each."""
    folder = tmp_path / "instance"
    if database == "sqlite":
        instance = Cli(folder, f"sqlite:///{folder}/chappe.db")
        return instance, instance
    server = request.getfixturevalue("postgres")
    urls = [server.create() for _ in range(2)]
    for url in urls:
        request.addfinalizer(partial(server.drop, url))
    return Cli(folder, urls[0]), Cli(folder, urls[1])


def _begin(cli: Cli, outside: Outside) -> None:
    cli.out("init", "acme")
    for name in MODES:
        cli.out("accounts", "add", "webhook", name, "--set", f"url={outside.url}receivers/{name}")
    cli.out("apply", cli.write("news.yaml", MAPPING.format(outside.url)))
    cli.out("pause", "account", "quiet")


def _poll(cli: Cli, outside: Outside) -> None:
    """Have the source read now, and wait until it was."""
    before = cli.data("sources", "list")[0]["last_poll_at"]
    cli.out("sources", "poll", "blog")
    outside.until(lambda: cli.data("sources", "list")[0]["last_poll_at"] != before)


def _each(outside: Outside, kind: str, count: int, but: str = "") -> bool:
    """Tell whether so many posts of a kind have arrived everywhere."""
    return all(sum(title.startswith(kind) for title in outside.arrived(name)) == count for name in MODES if name != but)


def _asked(cli: Cli) -> dict[str, int]:
    """Count what a person is asked about, by account."""
    return dict(Counter(row["account"] for row in cli.data("deliveries", "list", "--state", "check-needed")))


def _answer(cli: Cli) -> None:
    """Say what a person sees who looks at each account: all of it is there, but where nothing was sent."""
    for row in cli.data("deliveries", "list", "--state", "check-needed"):
        cli.out("deliveries", "confirm", row["id"], "--send" if row["account"] == "quiet" else "--is-there")
