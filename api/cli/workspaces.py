"""`chappe workspaces`: the workspaces of this instance."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, TextIO

import typer

from api.actions import workspace_export
from api.actions import workspaces as actions
from api.cli.progress import step
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json, when
from api.cli.show import count, say, table
from engine.errors import ConflictError
from engine.store import workspaces
from engine.store.workspaces import Workspace

app = group_of("List, suspend, export and delete workspaces; `chappe init NAME` makes one.")


@app.command("list")
def list_(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List the workspaces of this instance.

    With --json: a list of {"name", "created_at", "suspended_at"}.

    Example: chappe workspaces list -w acme
    """
    found = inside(workspace, lambda opened: opened.store.read(workspaces.listed))
    if as_json:
        print_json([_plain(one) for one in found])
        return
    rows = [(one.name, when(one.created_at), when(one.suspended_at) if one.suspended_at else "") for one in found]
    table(("Name", "Since", "Suspended since"), rows)


@app.command()
def suspend(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Stop a workspace: nothing of it is polled or sent, and its members are kept out of the API.

    With --json: {"name", "created_at", "suspended_at"}.

    Example: chappe workspaces suspend -w acme
    """
    done = inside(workspace, lambda opened: actions.suspend(opened.store, opened.clock, opened.workspace.name))
    _said(done, f"{done.name} is suspended until `chappe workspaces let-in -w {done.name}`.", as_json=as_json)


@app.command("let-in")
def let_in(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Let a suspended workspace go on; what was paused in it before stays paused.

    With --json: {"name", "created_at", "suspended_at"}.

    Example: chappe workspaces let-in -w acme
    """
    done = inside(workspace, lambda opened: actions.let_in(opened.store, opened.clock, opened.workspace.name))
    _said(done, f"{done.name} goes on.", as_json=as_json)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The file to make.", show_default=False)],
    *,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Write everything that a workspace holds, secrets excepted, to a file of JSON lines.

    With --json: {"file", "lines"}.

    Example: chappe workspaces export acme.ndjson -w acme
    """

    async def work(opened: Session) -> int:
        number = 0
        with _new(file) as out:
            async for part in workspace_export.lines(opened.store, opened.clock, opened.workspace):
                out.write(part)
                number += part.count("\n")
        return number

    with step(f"Writing {file}", as_json=as_json):
        number = inside(workspace, work)
    if as_json:
        print_json({"file": str(file), "lines": number})
    else:
        say(f"{file} holds {count(number, 'line')}; it names people and holds their posts, so keep it as they would.")


@app.command()
def delete(*, yes: Yes = False, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Delete a workspace with everything in it, for good.

    With --json: {"name", "created_at", "suspended_at"}, as it was.

    Example: chappe workspaces delete -w acme
    """

    async def work(opened: Session) -> Workspace:
        here = opened.workspace
        confirmed(f"Delete {here.name} with everything in it? Nothing but a backup brings it back.", yes=yes)
        await actions.delete(opened.store, here, here.name, opened.settings.data_dir)
        return here

    done = inside(workspace, work)
    _said(done, f"{done.name} is gone.", as_json=as_json)


def _new(file: Path) -> TextIO:
    try:
        return os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8")
    except OSError as error:
        message = f"{file} cannot be made: {error.strerror}."
        raise ConflictError(message) from error


def _said(workspace: Workspace, sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_plain(workspace))
    else:
        say(sentence)


def _plain(workspace: Workspace) -> dict[str, object]:
    return {
        "name": workspace.name,
        "created_at": workspace.created_at,
        "suspended_at": workspace.suspended_at,
    }
