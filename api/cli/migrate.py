"""`chappe migrate`: bring the database to this version."""

from __future__ import annotations

import typer

from api.cli.progress import step
from api.cli.session import AsJson, console, print_json, run
from api.settings import load_settings
from engine.store import migrate as migrations

app = typer.Typer(add_completion=False)


@app.command()
def migrate(*, as_json: AsJson = False) -> None:
    """Bring the database to this version. Back it up first; stop `chappe up` while it runs.

    With --json: {"before": revision or null, "after": revision}.

    Example: chappe migrate
    """
    url = load_settings().database_url
    before = run(migrations.current_revision(url))
    with step("Bringing the database to this version", as_json=as_json):
        run(migrations.upgrade(url))
    after = run(migrations.current_revision(url))
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        console.print(f"The database is up to date (revision {after}).")
    else:
        console.print(f"The database went from revision {before or 'none'} to {after}.")
