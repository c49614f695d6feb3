"""An instance in a temporary folder, and the command line run in this process against it."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.wiring import make_core
from engine.ids import new_id
from engine.model.post import Link, Post
from engine.run.route import route
from engine.store import posts, routes, sources, workspaces
from engine.store.posts import HELD, NEW, Incoming, Placed
from engine.store.unit import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from typer.testing import Result

    from engine.store.unit import Store

MAPPING = """\
mapping: news
title: News to partners
sources:
  blog: {kind: feed, url: https://blog.example.org/feed.xml}
operators:
  jobs:
    kind: keep
    from: blog
    any:
      - text: {contains: [hiring]}
sinks:
  partners:
    kind: webhook
    from: jobs
    accounts: [acme-hook]
  friends:
    kind: webhook
    from: jobs
    audience: ambassadors
"""


@dataclass(frozen=True)
class Cli:
    """Runs commands; `environ` says where the instance is."""

    folder: Path
    url: str

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CHAPPE_DATA_DIR": str(self.folder),
            "CHAPPE_DATABASE_URL": self.url,
            "USER": "Ada",
            "COLUMNS": "200",
        }

    def run(self, *arguments: str, given: str | None = None, **environ: str) -> Result:
        """Run a command and return how it ended."""
        result = CliRunner().invoke(app, list(arguments), input=given, env=self.environ | environ)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def out(self, *arguments: str, given: str | None = None) -> str:
        """Run a command that must succeed, and return what it printed."""
        result = self.run(*arguments, given=given)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def data(self, *arguments: str) -> Any:
        """Run a command that must succeed with --json, and return what it printed."""
        return json.loads(self.out(*arguments, "--json"))

    def refused(self, code: int, *arguments: str, given: str | None = None) -> str:
        """Run a command that must end with this code, and return what it said."""
        result = self.run(*arguments, given=given)
        assert result.exit_code == code, result.output
        return result.stderr

    def write(self, name: str, text: str) -> str:
        """Write a file beside the instance, and return its path."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def inside(self, work: Callable[[Store], Coroutine[Any, Any, Any]]) -> Any:
        """Do something to the database."""

        async def body() -> Any:
            store = open_store(self.url)
            try:
                return await work(store)
            finally:
                await store.close()

        return asyncio.run(body())

    def arrive(self, text: str, *, state: str = NEW, times: int = 1, walked: bool = True) -> str:
        """Let posts come in, route them (where they are not `walked`, begin to), and return the end of the last id."""

        async def work(store: Store) -> str:
            workspace = (await store.read(workspaces.listed))[0]
            source = (await store.read(sources.listed, workspace.id))[0]
            core = make_core(store, key_file=self.folder / "chappe.key", allow_private=())
            now = core.clock.now()
            last = ""
            for _ in range(times):
                last = new_id()
                link = f"https://blog.example.org/{last}"
                post = Post(key=last, text=text, permalink=link, links=(Link(url=link),))
                incoming = Incoming(last, last, post.content_hash, post.fingerprint, link, post.model_dump_json(), now)
                placed = [Placed(incoming, state, "")]
                await store.write(posts.insert, workspace.id, source.id, placed, now)
                if state == HELD:
                    await store.write(sources.remark, source.id, now, note="Many at once.", held=True)
                elif walked:
                    await route(core, last)
                else:
                    await store.write(routes.begin, last, now, new_id)
            return last[-8:]

        end: str = self.inside(work)
        return end


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Give an instance on SQLite with a workspace, which tests copy and never change."""
    folder = tmp_path_factory.mktemp("made") / "instance"
    instance = Cli(folder, f"sqlite:///{folder}/chappe.db")
    instance.out("init", "acme")
    return instance


@pytest.fixture(scope="session")
def played(made: Cli, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Give an instance on SQLite with its cast, which tests copy and never change."""
    instance = _copied(made, tmp_path_factory.mktemp("played"))
    enter(instance)
    return instance


@pytest.fixture
def cli(made: Cli, tmp_path: Path) -> Cli:
    """Give an instance with a workspace."""
    return _copied(made, tmp_path)


@pytest.fixture
def cast(played: Cli, tmp_path: Path) -> Cli:
    """Give an instance with a company's account, two people of whom one consented, and an active mapping."""
    return _copied(played, tmp_path)


@pytest.fixture
def bare(tmp_path: Path) -> Cli:
    """Give an instance of which nothing is made yet."""
    folder = tmp_path / "bare"
    return Cli(folder, f"sqlite:///{folder}/chappe.db")


@pytest.fixture
def either(tmp_path: Path, database_url: str) -> Cli:
    """Give an instance with its cast, once on each database."""
    instance = Cli(tmp_path / "either", database_url)
    instance.out("init", "acme")
    enter(instance)
    return instance


def enter(cli: Cli) -> None:
    """Let the cast enter: the company's account, two people of whom one consents, and an active mapping."""
    cli.out("accounts", "add", "webhook", "acme-hook", "--set", "url=https://hooks.example.org/acme")
    cli.out("people", "group", "add", "ambassadors")
    for name, account in (("Léa", "lea-hook"), ("Karim", "karim-hook")):
        cli.out("people", "add", name, "-g", "ambassadors")
        url = f"url=https://hooks.example.org/{account}"
        cli.out("accounts", "add", "webhook", account, "--set", url, "--person", name)
    cli.out("people", "consent", "give", "Léa", "--evidence", "mail of 3 May")
    cli.out("apply", cli.write("news.yaml", MAPPING))


def _copied(instance: Cli, folder: Path) -> Cli:
    there = folder / "instance"
    shutil.copytree(instance.folder, there)
    return Cli(there, f"sqlite:///{there}/chappe.db")
