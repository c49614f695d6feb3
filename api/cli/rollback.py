"""`chappe rollback`: a mapping as it was before."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import naming, planning
from api.cli.applied import Wish, carry_out
from api.cli.session import AsJson, InWorkspace, Session, Yes
from mappings.changing.changes import Change

app = typer.Typer(add_completion=False)


@app.command()
def rollback(
    mapping: Annotated[str, typer.Argument(help="Which mapping.", show_default=False)],
    version: Annotated[
        int | None, typer.Argument(min=1, help="To which version; else to the one before.", show_default=False)
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Apply an older version of a mapping again: it becomes its newest version. Shows what changes, and asks.

    What is under way keeps the version it was planned with; what is published stays.

    With --json: as `chappe apply`.

    Example: chappe rollback news 3 --yes
    """

    async def change(opened: Session) -> Change:
        row = await naming.mapping(opened.store, opened.workspace.id, mapping)
        number, files = await planning.back(opened.store, row, version)
        return Change(opened.workspace.id, files, origin=f"rollback to version {number}", by=opened.by)

    question = f"Let {mapping} run by that version again?"
    carry_out(Wish(change, question=question, dry_run=dry_run, yes=yes, as_json=as_json), workspace)
