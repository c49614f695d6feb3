"""`chappe pause`: stop everything, a platform, an account or a mapping."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import pausing
from api.actions.pausing import Switch, Target
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json, when
from api.cli.show import say, table

app = typer.Typer(add_completion=False)

What = Annotated[
    str | None,
    typer.Argument(help="everything, workspace, platform, account or mapping.", show_default=False),
]
Which = Annotated[str | None, typer.Argument(help="The name of the platform, account or mapping.", show_default=False)]


@app.command()
def pause(
    what: What = None,
    name: Which = None,
    *,
    reason: Annotated[str, typer.Option(help="Why, for those who see it.")] = "",
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Stop something at once; what is being sent at this moment finishes. Without arguments: what is paused.

    `everything` stops the whole instance, `workspace` this workspace alone.

    With --json: a list of {"what", "since", "reason"}: everything that is paused now.

    Example: chappe pause account lea-hook --reason "on leave"
    """

    async def work(opened: Session) -> tuple[Target | None, list[Switch]]:
        store, here = opened.store, opened.workspace.id
        meant = await pausing.target(store, here, what, name) if what else None
        if meant:
            await pausing.pause(store, meant, reason, opened.clock.now())
        return meant, await pausing.switches(store, here)

    meant, switches = inside(workspace, work)
    if as_json:
        print_json(switches)
    elif meant is None:
        rows = [(each.what, when(each.since), each.reason) for each in switches]
        table(("Paused", "Since", "Why"), rows, empty="Nothing is paused.")
    else:
        say(f"Paused {meant.name}: nothing of it is sent until `chappe resume {' '.join(filter(None, (what, name)))}`.")
