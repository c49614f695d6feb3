"""The stage of a kill test: a workspace with accounts at one receiver, a mapping with a hold, and posts that come."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import update

from engine.clock import SystemClock
from engine.ids import new_id
from engine.model.duration import Duration
from engine.model.post import Post
from engine.store import accounts, mappings, posts, tables, workspaces
from engine.store.accounts import AccountRow
from engine.store.joins import Reading
from engine.store.mappings import Draft
from engine.store.posts import NEW, Incoming, Placed
from engine.store.workspaces import Workspace
from engine.vault import KeyFile, Vault
from tests.peers import receiver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.peers.machines import Machine
    from tests.peers.receiver import Mode

MAPPING = """
mapping: kills
sources:
  page: {{kind: feed, url: "http://127.0.0.1:9/feed"}}
operators:
  real: {{kind: drop, from: page, text: {{contains: advertisement}}}}
  signed: {{kind: write, from: real, suffix: " – Acme"}}
  later: {{kind: delay, from: signed, for: 1s}}
sinks:
  out: {{kind: webhook, from: signed, accounts: [{at_once}]{promise}}}
  late: {{kind: webhook, from: later, accounts: [{held}]{promise}}}
"""
AT_ONCE = tuple(f"a{number}" for number in range(8))
HELD = ("b0", "b1")


@dataclass(frozen=True)
class Scene:
    """What was set up: ids by name."""

    workspace_id: str
    source_id: str
    accounts: dict[str, str]


@contextmanager
def receiving(
    mode: Mode, journal: Path, *, seed: int, delay_ms: float, machine: Machine | None = None
) -> Iterator[str]:
    """Run a receiver as a process of its own, here or on another machine, and give its URL."""
    host, entering = (machine.address, machine.entering) if machine else ("127.0.0.1", ())
    program = [*entering, sys.executable, str(Path(receiver.__file__)), "--with-parent", "--host", host]
    options = ["--mode", mode, "--journal", str(journal), "--seed", str(seed), "--delay-ms", str(delay_ms)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([*program, *options], text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout is not None
        yield f"http://{host}:{json.loads(process.stdout.readline())['port']}"
        process.communicate(timeout=10)


def document(mode: Mode, url: str) -> str:
    """Return the mapping for a receiver of that mode."""
    return MAPPING.format(at_once=", ".join(AT_ONCE), held=", ".join(HELD), promise=promise(mode, url))


def promise(mode: Mode, url: str) -> str:
    """Return what the settings of a sink say of a receiver of that mode."""
    return {
        "plain": "",
        "dedupe": ", receiver: deduplicates",
        "readback": f', read_back: "{url}/messages/{{id}}"',
    }[mode]


async def set_the_scene(store: Store, key_file: Path, mode: Mode, url: str) -> Scene:
    """Fill an empty database; nothing polls its source, the posts are put there by `arrive`."""
    workspace, _ = await found(store, key_file)
    made = await admit(store, workspace, url, (*AT_ONCE, *HELD))
    return Scene(workspace.id, await activate(store, workspace, document(mode, url)), made)


async def admit(store: Store, workspace: Workspace, url: str, names: Sequence[str]) -> dict[str, str]:
    """Make accounts of these names at a receiver; returns their ids."""
    made = {}
    for name in names:
        settings = json.dumps({"url": f"{url}/{name}"})
        account = AccountRow(new_id(), workspace.id, name, "webhook", workspace.created_at, settings=settings)
        await store.write(accounts.add, account)
        made[name] = account.id
    return made


async def found(store: Store, key_file: Path, name: str = "acme") -> tuple[Workspace, Vault]:
    """Make a workspace, and, with the first one, the key that seals what is secret in it."""
    vault = _vault(key_file)
    workspace = Workspace(new_id(), name, vault.new_data_key(), SystemClock().now())
    await store.write(workspaces.create, workspace)
    return workspace, vault


def _vault(key_file: Path) -> Vault:
    return Vault(KeyFile.load(key_file) if key_file.exists() else KeyFile.create(key_file))


async def activate(store: Store, workspace: Workspace, mapping: str, name: str = "kills") -> str:
    """Let a mapping, of that name and text, be in force; returns the id of its source, which nobody polls."""
    now = SystemClock().now()
    saved = await store.write(mappings.save_version, workspace.id, Draft(name, "", mapping, "hash"), now)
    reading = Reading("page", "feed", name, "{}", Duration.parse("1d"))
    joined = await store.write(mappings.activate, workspace.id, saved.version_id, "", [reading], now)
    await store.write(_rest, joined.sources["page"])
    return joined.sources["page"]


async def arrive(store: Store, scene: Scene, count: int) -> None:
    """Let posts arrive as a poll would write them."""
    placed = []
    for _ in range(count):
        post_id = new_id()
        post = Post(key=post_id, text=f"News number {post_id} for everybody")
        incoming = Incoming(post_id, post.key, post.content_hash, post.fingerprint, None, post.model_dump_json(), None)
        placed.append(Placed(incoming, NEW, ""))
    await store.write(posts.insert, scene.workspace_id, scene.source_id, placed, SystemClock().now())


def _rest(connection: Connection, source_id: str) -> None:
    """Let nobody poll the source."""
    connection.execute(update(tables.sources).where(tables.sources.c.id == source_id).values(next_poll_at=None))
