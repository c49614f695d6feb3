"""`chappe init`: make a workspace, its database and its key file."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions.setup import set_up
from api.cli.session import AsJson, print_json, run
from api.cli.show import say
from api.settings import load_settings
from engine.clock import SystemClock

app = typer.Typer(add_completion=False)


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="The workspace: your company, or a client of your agency.")] = "main",
    *,
    as_json: AsJson = False,
) -> None:
    """Make a workspace, its database and its key file; what is there already stays as it is.

    With --json: {"workspace", "made": {"key_file": bool, "database": bool, "workspace": bool}, "key_file": path}.

    Example: chappe init acme
    """
    settings = load_settings()
    made = run(set_up(settings, SystemClock(), name))
    if as_json:
        print_json({"workspace": name, "made": made, "key_file": str(settings.key_file)})
        return
    parts = (
        ("Key file", made.key_file, str(settings.key_file)),
        ("Database", made.database, settings.database_url if "@" not in settings.database_url else "PostgreSQL"),
        ("Workspace", made.workspace, name),
    )
    for part, new, where in parts:
        say(f"{part:<10} {'made  ' if new else 'there '} {where}")
    say()
    if made.key_file:
        say("Keep a copy of the key file apart from the backups of the database: it opens every secret.")
    say("Next: `chappe accounts connect` (a webhook: `accounts add`), `chappe apply mapping.yaml`, then `chappe up`.")
