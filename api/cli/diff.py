"""`chappe diff`: what one version of a mapping says otherwise than another."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import versions
from api.actions.versions import Document
from api.cli.diff_shown import show_diff
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json
from api.cli.show import say

app = typer.Typer(add_completion=False)

_NAMED = "A file, a mapping by its name (what runs of it), or a version of it as NAME@NUMBER."


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help=_NAMED, show_default=False)],
    new: Annotated[str, typer.Argument(help=_NAMED, show_default=False)],
    *,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Show what a mapping says otherwise than another: nodes, arrows, and settings from old to new.

    Comments, layout and order do not count. Two files need no database.

    With --json: {"old", "new", "same": bool, "settings": [{"path", "before", "after"}], "nodes": [{"role", "name",
    "kind", "what": added|removed|changed, "settings"}], "arrows_added": [{"feed", "node"}], "arrows_removed": [...]}.

    Example: chappe diff news@3 news@4
    """
    first, second = named(old, new, workspace=workspace)
    found = versions.compared(first, second)
    if as_json:
        print_json({"old": first.label, "new": second.label, "same": not found} | found.as_dict())
        return
    if not found:
        say(f"{first.label} and {second.label} say the same.")
        return
    say(f"From {first.label} to {second.label}:")
    show_diff(found)


def named(*asked: str, workspace: str | None) -> list[Document]:
    """Return files and versions by what was typed; the database is opened where one of them is no file."""
    files = [versions.file_named(each) for each in asked]

    async def work(opened: Session) -> list[Document]:
        return [
            file or await versions.document(opened.store, opened.workspace.id, each)
            for file, each in zip(files, asked, strict=True)
        ]

    found = [file for file in files if file is not None]
    return found if len(found) == len(files) else inside(workspace, work)
