"""`chappe demo`: the main job on this machine alone, with real processes, real HTTP and a real database."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from api.cli.main import EXIT_FAILED
from api.cli.progress import step
from api.cli.session import console, run
from api.cli.show import clean, count, heading, say, table
from api.demo import stage
from api.demo.cast import CAST, EVERY, INES, KARIM, NETWORKS
from api.demo.house import LOOPBACK, apply_mapping, consent, house, lend, register_apps
from api.demo.news import BEFORE
from api.demo.outside import Outside
from api.demo.reasons import EVERYBODY, Reason, reasons, waiting
from api.demo.rehearsal import ALLOWED, LOOK_EVERY, Rehearsal
from api.settings import Settings
from engine.http_client import HttpClient
from engine.ids import short
from engine.model.consent import Mode

if TYPE_CHECKING:
    from api.demo.cast import Role
    from api.demo.house import House
    from api.demo.news import Piece
    from api.demo.outside import View
    from api.demo.reasons import Reasons

app = typer.Typer(add_completion=False)

UNTOLD = "?"
"""Stands in the table where nothing says why."""
_STANCES = {
    Mode.POST_FOR_ME: "post for me",
    Mode.ASK_ME: "ask me for each post",
    Mode.TELL_FIRST: "tell me first",
    None: "never said yes, so nothing goes out in that name",
}


@app.command()
def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Run without a person: play it all, check, print who got what.")
    ] = False,
) -> None:
    """Watch a company's Facebook page speak through its people on LinkedIn and X, on this machine alone.

    Networks of a sandbox play the outside; nothing leaves this machine. Three ambassadors connected their accounts: two
    let Chappe post for them, one is asked for each post. A fourth never said yes, and gets nothing.
    """
    try:
        done = run(_demo(once=once))
    except asyncio.CancelledError:
        done = False
    if not done:
        raise typer.Exit(EXIT_FAILED)


async def _demo(*, once: bool) -> bool:
    task = asyncio.current_task()
    if task is not None:  # so that a plain kill, too, ends what was started
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chappe-demo-")))
        with step("Starting the outside: Facebook, LinkedIn, X, a blog and the company's screens", console=console):
            sandbox = await stack.enter_async_context(stage.sandbox())
            http = await stack.enter_async_context(HttpClient(allow_private=[LOOPBACK]))
            outside = Outside(http, sandbox)
            for number, piece in enumerate(BEFORE):
                await outside.publish(piece, minutes_ago=10 * (len(BEFORE) - number))
        settings = Settings(data_dir=folder, allow_private=(LOOPBACK,), port=0)
        here = await stack.enter_async_context(house(settings, http, sandbox))
        await _furnish(here, outside)
        environment = {"CHAPPE_DATA_DIR": str(folder), "CHAPPE_ALLOW_PRIVATE": LOOPBACK, "CHAPPE_PORT": "0"}
        with step("Starting Chappe", console=console):
            page = await stack.enter_async_context(stage.up(environment, folder / "chappe.log"))
        _introduce(sandbox, page, folder)
        rehearsal = Rehearsal(here, outside, environment, say, _show)
        if once:
            return await _verdict(rehearsal, await rehearsal.once())
        await _follow(rehearsal)
    return True


async def _furnish(here: House, outside: Outside) -> None:
    await outside.put_up_the_wall(here.wall_secret)
    with step("Registering the company's app at each network", console=console):
        await register_apps(here)
    with step("Connecting the page, and the accounts of four people: each signs in and agrees", console=console):
        lent = await lend(here)
    with step("Recording who said yes, and applying the mapping", console=console):
        await consent(here, lent)
        await apply_mapping(here)


def _introduce(sandbox: str, page: str, folder: Path) -> None:
    """Say where everything is, who allows what, and what can be tried."""
    heading("Where to look")
    say(f"  {sandbox}  the company's page with its box to publish, and everybody's timelines")
    say(f"  {page}  Chappe itself")
    heading("Who allows what, on LinkedIn and on X")
    for role in CAST:
        say(f"  {role.name:<6} {_STANCES[role.mode]}")
    heading("One switch is on for this rehearsal")
    say("  LinkedIn's terms forbid automatic posts of members without its permission. An operator who has it")
    say("  records it (`chappe apps set linkedin member_posts_permission=…`); without, each member is asked for each.")
    heading("What to try, in another terminal")
    chappe = _chappe()
    say(f"  export CHAPPE_DATA_DIR={folder} CHAPPE_ALLOW_PRIVATE={LOOPBACK}")
    for command, what in (
        ("status", "what runs, and what waits"),
        ("deliveries approve ID", f"{KARIM.name} says yes to a post"),
        (f"people consent withdraw {INES.name}", "nothing more goes out in her name"),
        ("explain", "what became of every post"),
    ):
        say(f"  {chappe} {command:<28}  {what}")
    say(f"\nThe page and the blog are read every {int(EVERY.total_seconds())} s. Ctrl-C ends everything.\n")


def _chappe() -> str:
    """Return how this command is called from where the person is."""
    beside = Path(sys.executable).with_name("chappe")
    if shutil.which("chappe") or not beside.exists():
        return "chappe"
    here = Path.cwd()
    return str(beside.relative_to(here) if beside.is_relative_to(here) else beside)


def _show(text: str = "", style: str = "") -> None:
    """Print one line, as much of it as fits."""
    console.print(Text(clean(text), style), no_wrap=True, overflow="ellipsis")


async def _follow(rehearsal: Rehearsal) -> None:
    """Say what arrives and what waits for a yes, until somebody ends it."""
    told: set[str] = set()
    while True:
        await rehearsal.look()
        for row in await waiting(rehearsal.here.desk):
            if row.id not in told:
                told.add(row.id)
                _show(f"  … {row.account:<15} waits: {_chappe()} deliveries approve {short(row.id)}", style="yellow")
        await rehearsal.here.desk.clock.sleep(LOOK_EVERY)


async def _verdict(rehearsal: Rehearsal, view: View) -> bool:
    """Print who received what and why others did not, and what is missing or too much."""
    play = rehearsal.play
    told = await reasons(rehearsal.here.desk, play.pieces)
    pieces = [piece for piece in play.pieces if piece.origin == "page"]
    cells = {(piece, role): _cell(view, piece, role, told) for piece in pieces for role in CAST}
    heading("Who received what")
    rows = [(piece.title, *(cells[piece, role] for role in CAST)) for piece in pieces]
    table(("Post of the page", *(role.name for role in CAST)), rows)
    shown = sum(bool(view.of(piece)) for piece in play.pieces if piece.origin == "blog")
    say(f"Beside it, {shown} of {len(play.pieces) - len(pieces)} entries of the blog stand on the company's screens.")
    heading("Why not")
    for who, why in sorted(_grouped(told)):
        say(f"  {who:<9} {why}")
    say()
    unexplained = [f"{piece.title}, for {role.name}" for (piece, role), cell in cells.items() if UNTOLD in cell]
    wrong = [("Nobody can tell why it is not there", line) for line in unexplained]
    wrong += [("Missing", line) for line in play.missing(view)]
    wrong += [("Too much", line) for line in play.surplus(view)]
    wrong += [("Not as it should be", line) for line in play.flaws(view)]
    if view.refused:
        wrong.append(("Refused", f"{count(view.refused, 'message')} whose signature did not fit"))
    for what, line in wrong:
        say(f"{what}: {line}", style="red")
    if not wrong:
        many = len(play.due)
        say(
            f"All {many} that should have arrived did, once each, each in other words, and nothing else.", style="green"
        )
    late = play.took is None or play.took > ALLOWED
    if late:
        say("Late: it took longer than a poll interval and 2 s from the page to the last timeline.", style="red")
    return not wrong and not late


def _cell(view: View, piece: Piece, role: Role, told: Reasons) -> str:
    """Return where somebody has a piece, and where not, in a word why."""
    there = {one.network for one in view.of(piece) if one.account == role.key}
    for_all = told.get((piece, EVERYBODY), Reason(UNTOLD, ""))
    words = [
        title if network in there else told.get((piece, role.account(network)), for_all).word
        for network, title in NETWORKS.items()
    ]
    return " + ".join(dict.fromkeys(words))


def _grouped(told: Reasons) -> list[tuple[str, str]]:
    """Return each reason once, with whose accounts it is and for which posts."""
    names = {role.account(network): role.name for role in CAST for network in NETWORKS}
    titles: dict[tuple[str, str], list[str]] = {}
    for (piece, account), why in told.items():
        line = titles.setdefault((names.get(account, account) or "everybody", why.sentence), [])
        line += [piece.title] if piece.title not in line else []
    return [(who, f"{why} ({'; '.join(line)})") for (who, why), line in titles.items()]
