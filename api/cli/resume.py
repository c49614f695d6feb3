"""`chappe resume`: let what was paused go on."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import pausing
from api.actions.pausing import Switch, Target
from api.cli.pause import What, Which
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, inside, print_json
from api.cli.show import count, say
from engine.errors import ConflictError
from engine.store.missed import Resumed

app = typer.Typer(add_completion=False)


@app.command()
def resume(  # each is an option
    what: What = "everything",
    name: Which = None,
    *,
    missed: Annotated[
        str | None,
        typer.Option(
            help="What becomes of posts that came in while a mapping was paused: run-all (so it is where nothing is "
            "said), run-last (the newest of each source goes on) or skip."
        ),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Let what was paused go on; what has become too late meanwhile is not sent any more.

    A platform that had asked us to wait is tried again at once, such as X after its credits were bought. With --missed
    it asks before posts end for good.

    With --json: {"what", "was_paused": bool, "was_held": bool, "still_paused": [{"what", "since", "reason"}]}; with
    --missed also {"missed": {"go_on": number, "skipped": number}}.

    Example: chappe resume mapping news --missed run-last
    """
    if missed is not None:
        _with_missed(workspace, (what or "everything", name), missed, yes=yes, as_json=as_json)
        return

    async def work(opened: Session) -> tuple[Target, tuple[bool, bool], list[Switch]]:
        store, here = opened.store, opened.workspace.id
        meant = await pausing.target(store, here, what or "everything", name)
        was = await pausing.resume(store, meant, opened.clock.now())
        return meant, was, await pausing.switches(store, here)

    meant, (was, held), still = inside(workspace, work)
    if as_json:
        print_json({"what": meant.name, "was_paused": was, "was_held": held, "still_paused": still})
        return
    _say_going(meant, was=was)
    if held:
        say("It had asked us to wait: what waits for it is tried again now.")
    _say_still(still)


def _with_missed(
    workspace: str | None, asked: tuple[str, str | None], policy: str, *, yes: bool, as_json: bool
) -> None:
    async def look(opened: Session) -> tuple[Target, Resumed]:
        meant = await pausing.target(opened.store, opened.workspace.id, *asked)
        return meant, await pausing.missed(opened.store, meant, policy)

    meant, ahead = inside(workspace, look)
    if not ahead.was_paused:
        raise ConflictError(f"{_title(meant)} is not paused: it has missed nothing.")
    if ahead.skipped:
        ends = count(ahead.skipped, "post ends", "posts end")
        goes = count(ahead.go_on, "goes on", "go on")
        confirmed(f"{_title(meant)}: {ends} for good, {goes}. Resume it?", yes=yes)

    async def work(opened: Session) -> tuple[Resumed, list[Switch]]:
        done = await pausing.resume_with(opened.store, meant, policy, opened.by, opened.clock.now())
        return done, await pausing.switches(opened.store, opened.workspace.id)

    done, still = inside(workspace, work)
    if as_json:
        said = {"go_on": done.go_on, "skipped": done.skipped}
        shown = {"what": meant.name, "was_paused": done.was_paused, "was_held": False, "still_paused": still}
        print_json(shown | {"missed": said})
        return
    _say_going(meant, was=done.was_paused)
    goes, ends = count(done.go_on, "goes on", "go on"), count(done.skipped, "has ended", "have ended")
    say(f"Of the posts that came in meanwhile {goes}, {ends}.")
    _say_still(still)


def _title(meant: Target) -> str:
    return f"{meant.name[0].upper()}{meant.name[1:]}"


def _say_going(meant: Target, *, was: bool) -> None:
    say(f"{_title(meant)} goes on." if was else f"{_title(meant)} was not paused.")


def _say_still(still: list[Switch]) -> None:
    for each in still:
        say(f"Still paused: {each.what}{f' ({each.reason})' if each.reason else ''}.")
