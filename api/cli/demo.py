"""`chappe demo`: the main job on this machine alone, with real processes, real HTTP and a real database."""

from __future__ import annotations

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from api.actions.setup import set_up
from api.cli.main import EXIT_FAILED
from api.cli.progress import step
from api.cli.session import console, run
from api.cli.show import count
from api.demo import stage
from api.demo.cast import EVERY, House, Role, apply_mapping, cast, enter
from api.demo.watch import Arrival, Outside, View
from api.kinds import registry
from api.settings import Settings
from engine.clock import SystemClock
from engine.http_client import HttpClient
from engine.store import workspaces
from engine.store.unit import open_store
from engine.vault import KeyFile, Vault

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(add_completion=False)

LOOK_EVERY = 0.25
TITLE_CELLS = 34
ARRIVE_WITHIN = 40.0
LOOPBACK = "127.0.0.0/8"
NEWS = (
    "Nous recrutons : un·e chef·fe de chantier à Gand",
    "Vous aimez la mer, le vent et les équipes qui rient ? Venez poser des éoliennes avec nous.",
    ["recrutement", "Gand"],
)


@app.command()
def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Run without a person: wait, check, print who got what.")
    ] = False,
) -> None:
    """Watch posts travel from a feed to accounts, on this machine alone. Nothing leaves it.

    A feed of a made-up company is polled in the background. Its posts pass a mapping and arrive, transformed, signed
    and once, at the company's wall and at the accounts of those ambassadors who said yes.
    """
    done = run(_demo(once=once))
    if not done:
        raise typer.Exit(EXIT_FAILED)


async def _demo(*, once: bool) -> bool:
    clock = SystemClock()
    roles = cast()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chappe-demo-")))
        with step("Starting the outside: a feed, and a timeline for each account", console=console):
            sandbox = await stack.enter_async_context(stage.sandbox())
            http = await stack.enter_async_context(HttpClient(allow_private=[LOOPBACK]))
            outside = Outside(http, sandbox)
            await outside.furnish(roles)
        settings = Settings(data_dir=folder, allow_private=(LOOPBACK,), port=0)
        with step("Making a workspace: people, accounts, consents, and the mapping", console=console):
            await _furnish(settings, roles, sandbox)
        environment = {"CHAPPE_DATA_DIR": str(folder), "CHAPPE_ALLOW_PRIVATE": LOOPBACK, "CHAPPE_PORT": "0"}
        with step("Starting Chappe", console=console):
            page = await stack.enter_async_context(stage.up(environment, folder / "chappe.log"))
        _introduce(sandbox, page, folder)
        if once:
            return await _rehearse(outside, roles, clock)
        await _follow(outside, clock)
    return True


async def _furnish(settings: Settings, roles: tuple[Role, ...], sandbox: str) -> None:
    clock = SystemClock()
    await set_up(settings, clock, "acme")
    store = open_store(settings.database_url)
    try:
        workspace = await store.read(workspaces.by_name, "acme")
        house = House(store, workspace, Vault(KeyFile.load(settings.key_file)), clock)
        await enter(house, roles, sandbox)
        await apply_mapping(house, registry(), sandbox)
    finally:
        await store.close()


def _introduce(sandbox: str, page: str, folder: Path) -> None:
    console.print()
    console.print(
        Text.assemble((sandbox, "bold"), "  the timelines, and a box to publish as the company"), soft_wrap=True
    )
    console.print(Text.assemble((page, "bold"), "  Chappe itself"), soft_wrap=True)
    console.print(f"Look behind it in another terminal: CHAPPE_DATA_DIR={folder} chappe status", soft_wrap=True)
    console.print(f"The feed is polled every {int(EVERY.total_seconds())} s. Ctrl-C ends everything.\n")


async def _follow(outside: Outside, clock: SystemClock) -> None:
    """Say what arrives, until somebody ends it."""
    seen: set[Arrival] = set()
    while True:
        _report(await outside.look(), seen)
        await clock.sleep(LOOK_EVERY)


async def _rehearse(outside: Outside, roles: tuple[Role, ...], clock: SystemClock) -> bool:
    """Wait for what the feed holds, publish one more, wait for it, and check that nothing else arrived."""
    seen: set[Arrival] = set()
    view = await _until(outside, clock, seen, lambda view: not view.missing(roles))
    if view.missing(roles):
        return _verdict(view, roles)
    console.print(f"\nThe company publishes: {NEWS[0]}")
    key = await outside.publish(*NEWS)
    began = clock.monotonic()
    view = await _until(outside, clock, seen, lambda view: any(one.key == key for one in view.arrivals))
    first = clock.monotonic() - began
    view = await _until(outside, clock, seen, lambda view: not view.missing(roles))
    allowed = EVERY.total_seconds() + 2
    console.print(f"It reached the first timeline after {first:.1f} s (a poll interval and 2 s are {allowed:.0f} s).")
    await clock.sleep(EVERY.total_seconds())  # one more poll: whatever would come twice has come by then
    return _verdict(await outside.look(), roles)


async def _until(outside: Outside, clock: SystemClock, seen: set[Arrival], done: Callable[[View], bool]) -> View:
    """Look until it is so, or until the time is up; say what arrives meanwhile."""
    end = clock.monotonic() + ARRIVE_WITHIN
    while True:
        view = await outside.look()
        _report(view, seen)
        if done(view) or clock.monotonic() > end:
            return view
        await clock.sleep(LOOK_EVERY)


def _report(view: View, seen: set[Arrival]) -> None:
    for arrival in view.arrivals:
        if arrival not in seen:
            seen.add(arrival)
            line = Text.assemble("  → ", (f"{arrival.account:<10}", "bold"), " ".join(arrival.text.split()))
            console.print(line, no_wrap=True, overflow="ellipsis")


def _verdict(view: View, roles: tuple[Role, ...]) -> bool:
    """Print who received what, and what is missing or too much."""
    table = Table(title="Who received what", title_justify="left")
    table.add_column("Post of the company", no_wrap=True, overflow="ellipsis", max_width=TITLE_CELLS)
    for role in roles:
        table.add_column(role.account, justify="center", no_wrap=True, min_width=len(role.account))
    there = {(arrival.account, arrival.key) for arrival in view.arrivals}
    for key, (title, _) in view.entries.items():
        table.add_row(
            Text(title, no_wrap=True, overflow="ellipsis"),
            *("●" if (role.account, key) in there else "" for role in roles),
        )
    console.print()
    console.print(table)
    missing, surplus = view.missing(roles), view.surplus(roles)
    for line in missing:
        console.print(f"Missing: {line}", style="red")
    for line in surplus:
        console.print(f"Too much: {line}", style="red")
    if view.refused:
        many = count(view.refused, "message was", "messages were")
        console.print(f"{many} refused: the signature did not fit.", style="red")
    good = not (missing or surplus or view.refused)
    if good:
        total = len(view.arrivals)
        console.print(f"All {total} deliveries arrived, once each, signed, and nowhere else.", style="green")
    return good
