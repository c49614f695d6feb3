"""A database to measure on: ambassadors who said yes, each with a signed webhook account, and one mapping for them."""

from __future__ import annotations

import base64
import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, update

from api.actions.setup import set_up
from api.settings import Settings
from api.wiring import make_runtime
from engine.clock import SystemClock
from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.model.post import Link, Post
from engine.run.sealing import grant_place
from engine.store import accounts, consents, grants, mappings, people, posts, tables, workspaces
from engine.store.accounts import AccountRow
from engine.store.grants import Grant
from engine.store.joins import Reading
from engine.store.mappings import Draft
from engine.store.people import Person
from engine.store.posts import NEW, Incoming, Placed
from engine.store.unit import open_store
from engine.vault import KeyFile, Vault

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.runtime import Runtime
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace

CHAPPE = (sys.executable, "-m", "api.cli.main")
ACME = "acme"
EPOCH = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
LOOPBACK = "127.0.0.0/8"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
MAPPING = """
mapping: bench
sources:
  page: {kind: feed, url: "http://127.0.0.1:9/feed"}
sinks:
  people: {kind: webhook, from: page, audience: ambassadors, receiver: deduplicates}
"""
TEXT = (
    "Nous recrutons : un·e chef·fe de chantier à Gand. Vous aimez la mer, le vent et les équipes qui rient ? "
    "Venez poser des éoliennes avec nous. L'annonce, et ce que vous devriez savoir de nous : "
)


class Scene(NamedTuple):
    """A folder with a key file, and with the database where that is not PostgreSQL, whose address is named then."""

    folder: Path
    database: str = ""

    @property
    def settings(self) -> Settings:
        """What `chappe` would be told."""
        there = {"database_url": self.database, "dispatch": "distributed"} if self.database else {}
        return Settings(data_dir=self.folder, allow_private=(LOOPBACK,), port=0).model_copy(update=there)

    @property
    def environment(self) -> dict[str, str]:
        """The same as what a process is told."""
        there = {"CHAPPE_DATABASE_URL": self.database, "CHAPPE_DISPATCH": "distributed"} if self.database else {}
        own = {"CHAPPE_DATA_DIR": str(self.folder), "CHAPPE_PORT": "0", "CHAPPE_ALLOW_PRIVATE": LOOPBACK}
        return own | there

    @property
    def program(self) -> tuple[str, ...]:
        """The words that start the process which does its work."""
        return (*CHAPPE, "work" if self.database else "up")

    def copy(self, name: str) -> Scene:
        """Return a copy for one run beside this one; an earlier one of that name is replaced."""
        copy = self.folder.with_name(name)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder, copy)
        return Scene(copy)

    def runtime(self) -> Runtime:
        """Return a runtime over it, not started."""
        settings = self.settings
        return make_runtime(settings.database_url, key_file=settings.key_file, allow_private=settings.allow_private)


async def blank(folder: str, workspace: str = ACME, database: str = "") -> None:
    """Make a database with a workspace and nothing in it."""
    await set_up(Scene(Path(folder), database).settings, SystemClock(), workspace)


async def furnish(folder: str, receiver: str, size: int, name: str = ACME, database: str = "") -> None:
    """Make a workspace with so many ambassadors, whose accounts listen at the receiver, in a database of its own."""
    await blank(folder, name, database)
    settings = Scene(Path(folder), database).settings
    store = open_store(settings.database_url)
    try:
        workspace = await store.read(workspaces.by_name, name)
        await store.write(_audience, workspace, Vault(KeyFile.load(settings.key_file)), (receiver, size))
        await _mapping(store, workspace)
    finally:
        await store.close()


def _audience(connection: Connection, workspace: Workspace, vault: Vault, given: tuple[str, int]) -> None:
    receiver, size = given
    now = SystemClock().now()
    people.add_group(connection, workspace.id, "ambassadors")
    terms = Terms(mode=Mode.POST_FOR_ME, max_per_hour=60, max_per_day=200)
    ids = []
    for number in range(size):
        person, account = new_id(), new_id()
        ids.append(person)
        people.add(connection, Person(person, workspace.id, f"Ambassador {number}", now))
        settings = json.dumps({"url": f"{receiver}/{number}"})
        row = AccountRow(account, workspace.id, f"a{number}", "webhook", now, person_id=person, settings=settings)
        accounts.add(connection, row)
        place = grant_place(workspace.id, account)
        sealed = vault.seal(workspace.data_key, json.dumps({"signing": SECRET}), place)
        grants.put(connection, workspace.id, account, Grant(sealed, 0, None, now))
        consents.give(connection, workspace.id, person, account, terms, now)
    people.enter(connection, workspace.id, "ambassadors", ids)


async def _mapping(store: Store, workspace: Workspace) -> None:
    """Let the mapping be active; nobody polls its source, posts are put there by `arrive`."""
    now = SystemClock().now()
    saved = await store.write(mappings.save_version, workspace.id, Draft("bench", "", MAPPING, "hash"), now)
    reading = Reading("page", "feed", "page", "{}", timedelta(days=1))
    await store.write(mappings.activate, workspace.id, saved.version_id, "", [reading], now)
    await store.write(lambda connection: connection.execute(update(tables.sources).values(next_poll_at=None)))


def sample_post(number: int) -> Post:
    """Return a post as a company writes them."""
    url = f"https://acme.example/jobs/{number}"
    return Post(
        key=url, title=f"Nous recrutons {number} personnes", text=TEXT + url, links=(Link(url=url),), permalink=url,
        hashtags=("recrutement", "Gand"), language="fr", published_at=SystemClock().now(),
    )  # fmt: skip


async def arrive(store: Store, count: int, workspace: str = ACME, *, first: int = 0) -> list[str]:
    """Let posts arrive as a poll would write them, numbered from `first`, and return their ids."""
    now = SystemClock().now()
    placed = []
    for number in range(first, first + count):
        post = sample_post(number)
        incoming = Incoming(
            new_id(), post.key, post.content_hash, post.fingerprint, post.permalink, post.model_dump_json(), now
        )
        placed.append(Placed(incoming, NEW, ""))

    def write(connection: Connection) -> None:
        owner = workspaces.by_name(connection, workspace).id
        mine = select(tables.sources.c.id).where(tables.sources.c.workspace_id == owner)
        posts.insert(connection, owner, connection.execute(mine).scalar_one(), placed, now)

    await store.write(write)
    return [one.post.id for one in placed]
