"""Explain says of a digest what it was made of, of a post where it went, and of a tank what waits there until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.wiring import make_core
from engine.run.hold import release
from engine.run.route import route
from engine.store import holds, posts, workspaces
from engine.store.posts import DERIVED

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli

MAPPING = """
mapping: press
timezone: Europe/Paris
sources: {blog: {kind: feed, url: https://blog.example.org}}
operators:
  stock: {kind: tank, from: blog, every: 1d, publications: 2, gap: 2d}
  pair: {kind: digest, from: blog, posts: 2, title: "{{ posts.size }} news"}
sinks:
  wall: {kind: webhook, from: pair, account: acme-hook}
  board: {kind: webhook, from: stock, url: https://hooks.example.org/board}
"""


def _release(cli: Cli) -> str:
    """Ask the nodes, let what they made go on, and return the end of its id."""

    async def work(store: Store) -> str:
        core: Any = make_core(store, key_file=cli.folder / "chappe.key", allow_private=())
        for key in await store.read(holds.due, core.clock.now(), 10):
            await release(core, key)
        workspace = (await store.read(workspaces.listed))[0]
        (made,) = [row.id for row in await store.read(posts.newest, workspace.id) if row.state == DERIVED]
        await route(core, made)
        return made[-8:]

    end: str = cli.inside(work)
    return end


def test_a_digest_names_its_posts_and_they_name_it(cli: Cli) -> None:
    cli.out("accounts", "add", "webhook", "acme-hook", "--set", "url=https://hooks.example.org/acme")
    cli.out("apply", cli.write("press.yaml", MAPPING))
    last = cli.arrive("We are hiring", times=2)
    made = _release(cli)
    brief = {post["id"][-8:]: post for post in cli.data("explain")}
    (first,) = brief.keys() - {last, made}

    said = cli.out("explain", made)
    assert "It was made here of other posts." in said
    assert f"Made of 2 posts: {first}, {last}." in said
    assert "Planned for 1 of 1 account." in said
    assert f"It went into the post {made}, with 1 other." in cli.out("explain", last)
    assert brief[made]["title"] == "2 news"
    assert brief[last]["before"] == {"held": 1, "in_a_digest": 1}
    assert brief[first]["deliveries"] == {"planned": 1}
    assert "1 held, 1 in a digest" in cli.out("explain")
    (stay,) = [stay for way in cli.data("explain", last)["ways"] for stay in way["waits"]]
    assert (stay["node"], stay["reason"]) == ("stock", "Waits in the tank: one post goes on every 1d.")
    assert stay["until"] > stay["since"]
