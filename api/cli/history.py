"""`chappe history`: the versions of a mapping."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import versions
from api.actions.versions import Told
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json, when
from api.cli.show import say, table

app = typer.Typer(add_completion=False)


@app.command()
def history(
    mapping: Annotated[str, typer.Argument(help="Which mapping.", show_default=False)],
    *,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Show the versions of a mapping, newest first: who made them, from what, and what each changed.

    With --json: [{"number", "current": bool, "made_at", "made_by", "origin", "changes"}].

    Example: chappe history news
    """

    async def work(opened: Session) -> list[Told]:
        return await versions.history(opened.store, opened.workspace.id, mapping)

    found = inside(workspace, work)
    if as_json:
        print_json(found)
        return
    rows = [(_number(each), when(each.made_at), each.made_by, each.origin, each.changes) for each in found]
    table(("Version", "When", "By", "From", "Changes"), rows)
    if len(found) > 1:
        say()
        say(f"`chappe diff {mapping}@{found[1].number} {mapping}@{found[0].number}` shows it setting by setting.")


def _number(told: Told) -> str:
    return f"{told.number}{' (runs)' if told.current else ''}"
