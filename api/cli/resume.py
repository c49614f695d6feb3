"""`chappe resume`: let what was paused go on."""

from __future__ import annotations

import typer

from api.actions import pausing
from api.actions.pausing import Target
from api.cli.pause import What, Which
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json
from api.cli.show import say

app = typer.Typer(add_completion=False)


@app.command()
def resume(
    what: What = "everything", name: Which = None, *, as_json: AsJson = False, workspace: InWorkspace = None
) -> None:
    """Let what was paused go on; what has become too late meanwhile is not sent any more.

    A platform that had asked us to wait is tried again at once, such as X after its credits were bought.

    With --json: {"what", "was_paused": bool, "was_held": bool, "still_paused": [{"what", "since", "reason"}]}.

    Example: chappe resume account lea-hook
    """

    async def work(opened: Session) -> tuple[Target, tuple[bool, bool], list[pausing.Switch]]:
        store, here = opened.store, opened.workspace.id
        meant = await pausing.target(store, here, what or "everything", name)
        was = await pausing.resume(store, meant, opened.clock.now())
        return meant, was, await pausing.switches(store, here)

    meant, (was, held), still = inside(workspace, work)
    if as_json:
        print_json({"what": meant.name, "was_paused": was, "was_held": held, "still_paused": still})
        return
    title = f"{meant.name[0].upper()}{meant.name[1:]}"
    say(f"{title} goes on." if was else f"{title} was not paused.")
    if held:
        say("It had asked us to wait: what waits for it is tried again now.")
    for each in still:
        say(f"Still paused: {each.what}{f' ({each.reason})' if each.reason else ''}.")
