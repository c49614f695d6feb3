"""From the company's page to the timelines of its people: the demo's own processes, networks, mapping and accounts."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from api.demo import stage
from api.demo.cast import EVERY
from api.demo.house import apply_mapping, consent, house, lend, register_apps
from api.demo.news import BEFORE, PODCAST, TURBINE, Piece
from api.demo.outside import Outside
from api.demo.play import Play
from bench.figures import Figure
from bench.scene import LOOPBACK, Scene
from engine.clock import SystemClock
from engine.http_client import HttpClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.demo.outside import View
    from bench.setting import Bench

LOOK_EVERY = 0.05
PATIENCE = 40.0
# Different words each time: what is like an earlier post is taken for its echo.
FOREMAN = Piece(
    "page",
    "Un·e chef·fe de chantier à Gand",
    "Vous aimez la mer et le vent",
    text="Vous aimez la mer et le vent ? Venez poser des éoliennes avec nous.\n\n#recrutement",
)
PIECES = (TURBINE, FOREMAN, PODCAST)


def measure(bench: Bench) -> Iterator[Figure]:
    """Publish some posts at moments that the poll does not know; the slowest counts."""
    took = asyncio.run(_publish(bench))
    seconds = EVERY.total_seconds()
    detail = f"polled every {seconds:g} s; {', '.join(f'{each:.1f}' for each in took)} s"
    yield Figure("post until every timeline, the slowest", max(took), seconds + 2, unit="s", detail=detail)


async def _publish(bench: Bench) -> list[float]:
    clock, play, scene = SystemClock(), Play(), Scene(bench.folder / "demo")
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(stage.sandbox())
        http = await stack.enter_async_context(HttpClient(allow_private=[LOOPBACK]))
        outside = Outside(http, sandbox)
        await _furnish(scene, outside, http)
        settings = {"CHAPPE_DATA_DIR": str(scene.folder), "CHAPPE_ALLOW_PRIVATE": LOOPBACK, "CHAPPE_PORT": "0"}
        await stack.enter_async_context(stage.up(settings, scene.folder / "chappe.log"))
        play.published(*BEFORE, *(await outside.look()).blog)
        await _until(outside, clock, lambda view: not play.missing(view))
        took = []
        for number, piece in enumerate(PIECES[: bench.sizes.publications], 1):
            bench.say(f"post until timeline: {number} of {bench.sizes.publications}")
            begun = clock.monotonic()
            await outside.publish(piece)
            play.published(piece)
            await _until(outside, clock, lambda view: not play.missing(view))
            took.append(clock.monotonic() - begun)
        return took


async def _furnish(scene: Scene, outside: Outside, http: HttpClient) -> None:
    for piece in BEFORE:
        await outside.publish(piece)
    async with house(scene.settings, http, outside.url) as here:
        await outside.put_up_the_wall(here.wall_secret)
        await register_apps(here)
        await consent(here, await lend(here))
        await apply_mapping(here)


async def _until(outside: Outside, clock: SystemClock, there: Callable[[View], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not there(await outside.look()):
            await clock.sleep(LOOK_EVERY)
