"""From the company's page to the first timeline: the demo's own processes, feed, mapping and accounts."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from api.actions.setup import set_up
from api.demo import stage
from api.demo.cast import EVERY, House, apply_mapping, cast, enter
from api.demo.watch import Outside
from api.kinds import registry
from bench.figures import Figure
from bench.scene import LOOPBACK, Scene
from engine.clock import SystemClock
from engine.http_client import HttpClient
from engine.store import workspaces
from engine.store.unit import open_store
from engine.vault import KeyFile, Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.demo.cast import Role
    from api.demo.watch import View
    from bench.setting import Bench

LOOK_EVERY = 0.05
PATIENCE = 40.0
# Different words each time: what is like an earlier post is taken for its echo.
TEXTS = (
    ("Une comptable pour Lille", "Les chiffres vous parlent, et vous leur répondez : rejoignez notre équipe du Nord."),
    ("Un·e chef·fe de chantier à Gand", "Vous aimez la mer et le vent ? Venez poser des éoliennes avec nous."),
    ("Deux soudeurs à Saint-Nazaire", "Nos mâts ont besoin de mains sûres ; nous vous formons au travail en hauteur."),
)


def measure(bench: Bench) -> Iterator[Figure]:
    """Publish some posts at moments that the poll does not know; the slowest counts."""
    took = asyncio.run(_publish(bench))
    seconds = EVERY.total_seconds()
    detail = f"polled every {seconds:g} s; {', '.join(f'{each:.1f}' for each in took)} s"
    yield Figure("post until the first timeline, the slowest", max(took), seconds + 2, unit="s", detail=detail)


async def _publish(bench: Bench) -> list[float]:
    clock, roles = SystemClock(), cast()
    scene = Scene(bench.folder / "demo")
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(stage.sandbox())
        outside = Outside(await stack.enter_async_context(HttpClient(allow_private=[LOOPBACK])), sandbox)
        await outside.furnish(roles)
        await _furnish(scene, roles, sandbox)
        settings = {"CHAPPE_DATA_DIR": str(scene.folder), "CHAPPE_ALLOW_PRIVATE": LOOPBACK, "CHAPPE_PORT": "0"}
        await stack.enter_async_context(stage.up(settings, scene.folder / "chappe.log"))
        await _until(outside, clock, lambda view: not view.missing(roles))
        took = []
        for number in range(1, bench.sizes.publications + 1):
            bench.say(f"post until timeline: {number} of {bench.sizes.publications}")
            title, text = TEXTS[number % len(TEXTS)]
            begun = clock.monotonic()
            key = await outside.publish(title, text, ["recrutement"])
            await _until(outside, clock, partial(_shows, key))
            took.append(clock.monotonic() - begun)
        return took


def _shows(key: str, view: View) -> bool:
    return any(arrival.key == key for arrival in view.arrivals)


async def _furnish(scene: Scene, roles: tuple[Role, ...], sandbox: str) -> None:
    clock, settings = SystemClock(), scene.settings
    await set_up(settings, clock, "acme")
    store = open_store(settings.database_url)
    try:
        workspace = await store.read(workspaces.by_name, "acme")
        house = House(store, workspace, Vault(KeyFile.load(settings.key_file)), clock)
        await enter(house, roles, sandbox)
        await apply_mapping(house, registry(), sandbox)
    finally:
        await store.close()


async def _until(outside: Outside, clock: SystemClock, there: Callable[[View], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not there(await outside.look()):
            await clock.sleep(LOOK_EVERY)
