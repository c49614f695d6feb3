"""Where rows of lives are lived: before a receiver of a mode, or before a network of the sandbox.

A ground says who receives, what is set up for it, and what has arrived there by the end.
"""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from engine.clock import SystemClock
from engine.http_client import HttpClient
from sandbox.world import World
from tests.kills.connected import PLACES, Desk
from tests.kills.scene import Scene, activate, found, receiving, set_the_scene
from tests.peers.networks import Networks, read_asked
from tests.peers.receiver import MODES, Entry, read_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault
    from tests.kills.checker import Found
    from tests.peers.receiver import Mode

ROOT: Final = Path(__file__).resolve().parents[2]
RECEIVER_MS: Final = 15.0
NETWORK_MS: Final = 80.0
"""The longest wait before and after a commit."""
ASKED: Final = "asked.jsonl"
JOURNAL: Final = "journal.jsonl"
POST: Final = re.compile(r"number[ +]([0-9a-f]{32})")
WORDS: Final = "{{{{ post.text }}}} – {}"
PEOPLE: Final = {
    "facebook_page": (("nadia",), ()),
    "linkedin_member": (("lea", "karim", "ines"), ("omar",)),
    "x_post": (("lea", "karim"), ("omar",)),
}
"""Who publishes at once, and who a second later; there are words for each of them, as X asks for."""


@dataclass(frozen=True)
class Ground:
    """What is before the workers of a row of lives; `mode` is how they are judged.

    `posts` are how many arrive for each life, at least and at most: so many that a kill meets a send. `asked` is the
    file to which the receiver adds each publishing request before it answers, and `answers_s` how long it may take to
    answer; without them nobody can aim.
    """

    name: str
    mode: Mode
    receiving: Callable[[Path, int], AbstractContextManager[str]]
    set_the_scene: Callable[[Store, Path, str], Coroutine[Any, Any, Scene]]
    arrived: Callable[[Path, Found, Scene], list[Entry]]
    posts: tuple[int, int] = (1, 2)
    asked: str = ""
    answers_s: float = 0.0


def before_receiver(mode: Mode) -> Ground:
    """Return the ground before a receiver of that mode."""

    def receive(folder: Path, seed: int) -> AbstractContextManager[str]:
        return receiving(mode, folder / JOURNAL, seed=seed, delay_ms=RECEIVER_MS)

    def arrived(folder: Path, found_: Found, scene: Scene) -> list[Entry]:
        del found_, scene
        return read_journal(folder / JOURNAL)

    async def scene_of(store: Store, key_file: Path, url: str) -> Scene:
        return await set_the_scene(store, key_file, mode, url)

    return Ground(mode, mode, receive, scene_of, arrived, asked=JOURNAL, answers_s=RECEIVER_MS / 1_000)


def before_network(kind: str) -> Ground:
    """Return the ground before the network that a kind of sink publishes at."""
    mode: Mode = "plain" if kind == "linkedin_member" else "readback"
    posts = (4, 5) if len(PEOPLE[kind][0]) == 1 else (2, 3)
    published = partial(_published, PLACES[kind].network)
    return Ground(kind, mode, networking, partial(_members, kind), published, posts, ASKED, 2 * NETWORK_MS / 1_000)


@contextmanager
def networking(folder: Path, seed: int, *options: str) -> Iterator[str]:
    """Run the networks as a process of its own and give its URL."""
    program = [sys.executable, "-m", "tests.peers.networks", "--seed", str(seed), "--delay-ms", str(NETWORK_MS)]
    files = ["--journal", str(folder / JOURNAL), "--asked", str(folder / ASKED)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([*program, *files, *options], text=True, cwd=ROOT, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["url"])
        process.communicate(timeout=10)


async def _members(kind: str, store: Store, key_file: Path, url: str) -> Scene:
    """Connect the accounts of a network, and let a mapping publish there."""
    workspace, vault = await found(store, key_file)
    people = (*PEOPLE[kind][0], *PEOPLE[kind][1])
    made = await connected(kind, url, people, store=store, vault=vault, workspace=workspace)
    return Scene(workspace.id, await activate(store, workspace, _document(kind)), made)


async def connected(
    kind: str, url: str, people: Sequence[str], *, store: Store, vault: Vault, workspace: Workspace
) -> dict[str, str]:
    """Connect people's accounts at the network of a kind of sink; returns the accounts' ids by the network's own."""
    no_tls, made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), {}
    async with (
        httpx.AsyncClient(base_url=url, verify=no_tls) as browser,
        HttpClient(allow_private=["127.0.0.1"], tls=no_tls) as http,
    ):
        desk = Desk(store, vault, workspace, Networks(World(), SystemClock(), url, http, browser))
        for name in people:
            row = await desk.connect(replace(PLACES[kind], person=name))
            made[row.remote_id or ""] = row.id
    return made


def _document(kind: str) -> str:
    at_once, held = PEOPLE[kind]
    sinks = {"out": _sink(kind, "real", at_once)} | ({"late": _sink(kind, "later", held)} if held else {})
    later = {"later": {"kind": "delay", "from": "real", "for": "1s"}} if held else {}
    mapping = {
        "mapping": "kills",
        "sources": {"page": {"kind": "feed", "url": "http://127.0.0.1:9/feed"}},
        "operators": {"real": {"kind": "drop", "from": "page", "text": {"contains": "advertisement"}}} | later,
        "sinks": sinks,
    }
    return json.dumps(mapping)


def _sink(kind: str, feed: str, people: tuple[str, ...]) -> dict[str, object]:
    words = [WORDS.format(name.title()) for name in people]
    return {"kind": kind, "from": feed, "accounts": list(people), "variants": words}


def _published(network: str, folder: Path, found_: Found, scene: Scene) -> list[Entry]:
    """Return every publishing request that came whole; it has published where the network's timeline has it.

    The networks refuse the same words again, so a repetition is counted by its request: it would be there twice.
    """
    keys = {(row.post_id, row.account_id): row.id for row in found_.deliveries}

    def key_of(account: str, text: str) -> str:
        post = POST.search(text)
        return keys.get((post.group(1) if post else "", scene.accounts.get(account, "")), f"{account}: {text}")

    lines = (folder / JOURNAL).read_text(encoding="utf-8").rpartition("\n")[0].splitlines()
    events = [event for event in map(json.loads, lines) if event.get("what") == "publication"]
    there = {key_of(one["record"]["account"], one["record"]["text"]) for one in events if one["network"] == network}
    asked = [(key_of(one.account, one.body), one) for one in read_asked(folder / ASKED)]
    return [Entry(key, one.network, one.sha256, one.at, published=key in there) for key, one in asked]


RECEIVERS: Final[Mapping[str, Ground]] = {mode: before_receiver(mode) for mode in MODES}
NETWORKS: Final[Mapping[str, Ground]] = {kind: before_network(kind) for kind in PLACES}
