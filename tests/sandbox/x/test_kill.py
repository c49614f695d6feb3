"""A kill takes nothing from X that it had answered."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sandbox.journal import Journal
from sandbox.pictures import picture
from sandbox.world import World
from tests.sandbox.conftest import Clock, Sandbox
from tests.sandbox.x.conftest import User, client_of, user

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


async def test_posts_media_tokens_and_the_bill_outlive_the_process(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    async with process(journal) as first:
        lea = user(first, "lea")
        _, media = await lea.upload(picture("a"))
        await lea.post("Voir https://acme.com")
        await first.client.put("/networks/x/credits", json={"dollars": "0.5"})
        before = (await first.client.get("/networks/x")).json()
    async with process(journal) as second:
        again = User(second, lea.id, lea.token)
        after = (await second.client.get("/networks/x")).json()
        duplicate = await again.post("Voir https://acme.com")
        illustrated = await again.post("Une image", media={"media_ids": [media]})
        bill = (await second.client.get("/networks/x/bill")).json()

    assert after == before
    assert (duplicate.status_code, illustrated.status_code) == (403, 201)
    assert (bill["spent"], bill["limit"]) == ("$0.215", "$0.500")
