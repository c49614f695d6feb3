"""`chappe demo`: the main job on this machine alone, with real processes, real HTTP and a real database."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.main import EXIT_FAILED
from api.cli.progress import step
from api.cli.session import console, run
from api.cli.show import count, heading, say, table
from api.demo import stage
from api.demo.cast import CAST, EVERY, KARIM, NETWORKS
from api.demo.house import LOOPBACK, apply_mapping, consent, house, lend, register_apps
from api.demo.news import BEFORE
from api.demo.outside import Outside
from api.demo.reasons import EVERYBODY, reasons, waiting
from api.demo.rehearsal import ALLOWED, LOOK_EVERY, Rehearsal
from api.settings import Settings
from engine.http_client import HttpClient
from engine.ids import short

if TYPE_CHECKING:
    from api.demo.cast import Role
    from api.demo.house import House
    from api.demo.news import Piece
    from api.demo.outside import View

app = typer.Typer(add_completion=False)


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
    done = run(_demo(once=once))
    if not done:
        raise typer.Exit(EXIT_FAILED)


async def _demo(*, once: bool) -> bool:
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
        rehearsal = Rehearsal(here, outside, environment, say)
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
    heading("Who allows what")
    for role in CAST:
        say(f"  {role.name:<6} {_stance(role)}")
    say(
        "  LinkedIn's terms forbid automatic posts of members without its permission. The operator's switch for that "
        "permission\n  (member_posts_permission) is on in this rehearsal; with an app of yours it is off, and every "
        "member releases each post."
    )
    heading("What to try, in another terminal")
    chappe = _chappe()
    say(f"  export CHAPPE_DATA_DIR={folder} CHAPPE_ALLOW_PRIVATE={LOOPBACK}")
    for command, what in (
        ("status", "what runs, and what waits"),
        ("deliveries approve ID", f"{KARIM.name} says yes to a post"),
        ("people consent withdraw Inès", "nothing more goes out in her name"),
        ("explain", "what became of every post; with a post's id: why"),
    ):
        say(f"  {f'{chappe} {command}':<{len(chappe) + 30}} {what}")
    say(f"\nThe page and the blog are read every {int(EVERY.total_seconds())} s. Ctrl-C ends everything.\n")


def _stance(role: Role) -> str:
    mode = role.mode.value.replace("_", " ") if role.mode else "never said yes"
    return f"{mode:<14} LinkedIn and X"


def _chappe() -> str:
    """Return how this command is called from where the person is."""
    beside = Path(sys.executable).with_name("chappe")
    if shutil.which("chappe") or not beside.exists():
        return "chappe"
    here = Path.cwd()
    return str(beside.relative_to(here) if beside.is_relative_to(here) else beside)


async def _follow(rehearsal: Rehearsal) -> None:
    """Say what arrives and what waits for a yes, until somebody ends it."""
    told: set[str] = set()
    while True:
        await rehearsal.look()
        for row in await waiting(rehearsal.here.desk):
            if row.id not in told:
                told.add(row.id)
                say(
                    f"  … {row.account:<18} waits for a yes: {_chappe()} deliveries approve {short(row.id)}",
                    style="yellow",
                )
        await rehearsal.here.desk.clock.sleep(LOOK_EVERY)


async def _verdict(rehearsal: Rehearsal, view: View) -> bool:
    """Print who received what and why others did not, and what is missing or too much."""
    play = rehearsal.play
    pieces = [piece for piece in play.pieces if piece.origin == "page"]
    told = await reasons(rehearsal.here.desk, play.pieces)
    heading("Who received what")
    rows = [(piece.title, *(_cell(view, piece, role, told) for role in CAST)) for piece in pieces]
    table(("Post of the page", *(role.name for role in CAST)), rows)
    shown = sum(bool(view.of(piece)) for piece in play.pieces if piece.origin == "blog")
    say(f"Beside it, {shown} of {len(play.pieces) - len(pieces)} entries of the blog stand on the company's screens.")
    heading("Why not")
    for who, why in sorted(_grouped(told)):
        say(f"  {who:<9} {why}")
    wrong = [
        *(("Missing", line) for line in play.missing(view)),
        *(("Too much", line) for line in play.surplus(view)),
        *(("Not as it should be", line) for line in play.flaws(view)),
    ]
    if view.refused:
        wrong.append(("Refused", f"{count(view.refused, 'message')} whose signature did not fit"))
    if play.took is not None and play.took > ALLOWED:
        wrong.append(("Late", f"{play.took:.1f} s from the page to the last timeline, of {ALLOWED:.0f} s"))
    say()
    for what, line in wrong:
        say(f"{what}: {line}", style="red")
    if not wrong:
        say(
            f"All {len(play.due)} that should have arrived did, once each, in words of their own, and nothing else.",
            style="green",
        )
    return not wrong


def _cell(view: View, piece: Piece, role: Role, told: dict[tuple[Piece, str], str]) -> str:
    there = [NETWORKS[one.network] for one in view.of(piece) if one.account == role.key]
    if there:
        return " + ".join(there)
    if (piece, EVERYBODY) in told:
        return "dropped"
    return "waits" if role is KARIM else "not asked" if role.mode is None else "withdrew"


def _grouped(told: dict[tuple[Piece, str], str]) -> list[tuple[str, str]]:
    """Return each reason once, with whose accounts it is and for which posts."""
    names = {role.account(network): role.name for role in CAST for network in NETWORKS}
    titles: dict[tuple[str, str], list[str]] = {}
    for (piece, account), why in told.items():
        line = titles.setdefault((names.get(account, account) or "everybody", why), [])
        line += [piece.title] if piece.title not in line else []
    return [(who, f"{why} ({'; '.join(line)})") for (who, why), line in titles.items()]
