"""A kill takes nothing from LinkedIn that it had answered."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sandbox.journal import Journal
from sandbox.pictures import picture
from sandbox.world import World
from tests.sandbox.conftest import Clock, Sandbox
from tests.sandbox.linkedin.conftest import Member, client_of, member

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@asynccontextmanager
async def process(journal: Path) -> AsyncIterator[Sandbox]:
    """Give a sandbox that goes on where the last one with this journal stopped."""
    clock = Clock()
    world = World(Journal(journal), clock)
    async with client_of(world) as client:
        yield Sandbox(world, clock, client, 8090)
    world.close()


async def test_posts_images_and_tokens_outlive_the_process(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    async with process(journal) as first:
        lea = member(first, "lea")
        _, image = await lea.upload(picture("a"))
        urn = (await lea.post("Bravo (à tous)")).headers["x-restli-id"]
        before = (await first.client.get("/networks/linkedin")).json()
    async with process(journal) as second:
        again = Member(second, lea.urn, lea.token)
        after = (await second.client.get("/networks/linkedin")).json()
        duplicate = await again.post("Bravo (à tous)")
        illustrated = await again.post("Une image", content={"media": {"id": image}})

    assert after == before
    assert duplicate.json()["message"].endswith(urn)
    assert illustrated.status_code == 201
