"""`chappe apply`: save mapping files as versions and make them run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.actions import planning, reading
from api.actions.parameters import Given, fill
from api.cli.applied import Wish, carry_out
from api.cli.lint import Parameters, Values
from api.cli.session import AsJson, InWorkspace, Session, Yes
from api.errors import UsageError
from mappings.changing.changes import Change

app = typer.Typer(add_completion=False)


@app.command()
def apply(  # noqa: PLR0913  # each is an option
    files: Annotated[
        list[Path] | None, typer.Argument(help="Mapping files, or folders of them.", show_default=False)
    ] = None,
    *,
    plan: Annotated[
        str | None,
        typer.Option("--plan", metavar="FILE|ID", help="Apply only what that plan showed: a file of it, or its name."),
    ] = None,
    param: Parameters = None,
    values: Values = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Lint mapping files, then save and activate them together: all of them, or none.

    What is under way keeps the version it was planned with. Where posts wait at a node that goes away, it shows the
    plan and asks. A file that `chappe plan --out` wrote needs no other files. It ends with 3 where a file has errors,
    and with 5 where the plan does not hold any more.

    With --json: {"applied": bool, "plan": id, "mappings": [{"mapping", "file", "what": new|changed|unchanged,
    "version", "sources", "operators", "sinks", "added", "removed", "altered"}], "older_posts": number, "findings":
    [...], "missing_secrets": [names], "unfit_secrets": [{"secret", "mapping", "node", "why"}], "kept": {mapping:
    repository}}.

    Example: chappe apply mappings/ --dry-run
    """
    held_to = planning.read(Path(plan)) if plan is not None and Path(plan).is_file() else plan
    filled = fill(param, values)
    contents = _contents(files, values, held_to, filled)

    async def change(opened: Session) -> Change:
        return Change(opened.workspace.id, contents, filled.parameters, by=opened.by)

    wish = Wish(change, filled.remarks, held_to, dry_run=dry_run, yes=yes, as_json=as_json)
    carry_out(wish, workspace)


def _contents(
    files: list[Path] | None, values: Path | None, held_to: str | planning.Kept | None, filled: Given
) -> dict[str, bytes]:
    if files:
        return reading.contents(files, values)
    if not isinstance(held_to, planning.Kept):
        raise UsageError("Say what to apply: mapping files, folders of them, or --plan with a file of a plan.")
    if filled.parameters:
        raise UsageError("A plan holds its parameters: they are not given again.")
    return {name: text.encode() for name, text in held_to.documents.items()}
