"""`chappe backup`: copy everything but the key file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.actions import backing_up
from api.cli.progress import step
from api.cli.session import AsJson, print_json, run
from api.cli.show import say
from api.settings import load_settings
from engine.clock import SystemClock

app = typer.Typer(add_completion=False)


@app.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="The file to make, else one that is named by the time.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Copy the database to a new file, while Chappe may go on running; PostgreSQL's by `pg_dump`.

    The key file is not in it: without it, no secret of the backup can be opened. Keep a copy of it somewhere else.

    With --json: {"file", "bytes", "key_file"}.

    Example: chappe backup /backups/chappe.db
    """
    settings, clock = load_settings(), SystemClock()
    target = file or Path(backing_up.default_name(clock.now(), settings.database_url))
    with step(f"Copying to {target}", as_json=as_json):
        size = run(backing_up.back_up(settings, clock, target))
    if as_json:
        print_json({"file": str(target), "bytes": size, "key_file": str(settings.key_file)})
        return
    say(f"{target} holds everything as it was a moment ago ({size:,} bytes), read back and found sound.")
    say(f"The key file {settings.key_file} is not in it: keep a copy of that apart from the backups.")
