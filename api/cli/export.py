"""`chappe export`: write what runs to files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.actions import exporting
from api.actions.reading import FileReadError
from api.cli.session import AsJson, InWorkspace, inside, print_json
from api.cli.show import table
from api.errors import UsageError

app = typer.Typer(add_completion=False)


@app.command()
def export(
    mappings: Annotated[list[str] | None, typer.Argument(help="The mappings.", show_default=False)] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="All that run.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="The folder to write to; else it is printed.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that say otherwise.")] = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Write the documents by which mappings run, comments included, as they were saved.

    Applied again, they change nothing. Parameters stand in them with their values; each file is NAME.yaml. Without
    --output one mapping is printed.

    With --json: a list of {"mapping", "version", "file", "what": new|changed|unchanged}; without --output of
    {"mapping", "version", "text"}.

    Example: chappe export --all -o mappings/
    """
    if bool(mappings) == all_:
        raise UsageError("Name mappings, or say --all.")
    if output is None and not as_json and (all_ or len(mappings or ()) > 1):
        raise UsageError("Say with --output where to write several mappings.")
    wanted = None if all_ else mappings
    found = inside(workspace, lambda opened: exporting.documents(opened.store, opened.workspace.id, wanted))
    if output is None:
        if as_json:
            print_json(found)
        else:
            sys.stdout.write("".join(one.text for one in found))
        return
    try:
        written = exporting.write(found, output, force=force)
    except OSError as error:
        raise FileReadError(f"{output} cannot be written to: {error.strerror}.") from error
    if as_json:
        print_json(written)
    else:
        rows = [(one.mapping, one.version, one.what, one.file) for one in written]
        table(("Mapping", "Version", "File is", "File"), rows, empty="No mapping runs.")
