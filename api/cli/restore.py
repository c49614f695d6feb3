"""`chappe restore`: put a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.actions import backing_up
from api.cli.progress import step
from api.cli.session import AsJson, Yes, confirmed, print_json, run, when
from api.cli.show import count, say
from api.errors import UsageError
from api.settings import load_settings
from engine.clock import SystemClock
from engine.store.unit import sqlite_file

if TYPE_CHECKING:
    from api.actions.backing_up import Restored

app = typer.Typer(add_completion=False)


@app.command()
def restore(
    file: Annotated[Path | None, typer.Argument(help="What `chappe backup` has made.", show_default=False)] = None,
    *,
    in_place: Annotated[bool, typer.Option("--in-place", help="It was read back by `pg_restore` already.")] = False,
    moved: Annotated[bool, typer.Option("--moved", help="It was moved here, and the one before has ended.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of the database, which is kept aside; with PostgreSQL, into an empty one.

    End `chappe up` before.

    Everything is paused then: what was unsent at the backup may have gone out since. It is looked up where the network
    can be read, and asked about elsewhere, so that nothing goes out twice.

    A database that PostgreSQL's own tools have read back sends nothing before --in-place has done the same with it.

    With --json: {"made", "doubtful", "waiting", "paused_mappings": [name], "aside": file or null}; with --moved
    {"moved": true}.

    Example: chappe restore /backups/chappe.db
    """
    if [file is not None, in_place, moved].count(True) != 1:
        message = "Restore what? Name a file that `chappe backup` made, or add --in-place or --moved."
        raise UsageError(message)
    if moved:
        _believe(as_json=as_json, yes=yes)
        return
    if file is not None:
        _tell(_put_back(file, yes=yes, as_json=as_json), as_json=as_json)
    else:
        _tell(run(backing_up.reconcile_here(load_settings(), SystemClock())), as_json=as_json)


def _believe(*, as_json: bool, yes: bool) -> None:
    confirmed("Has the database before ended for good, and was nothing sent with it since the move?", yes=yes)
    run(backing_up.moved(load_settings()))
    if as_json:
        print_json({"moved": True})
        return
    say("This database is believed as it is: start `chappe up`.")


def _put_back(file: Path, *, yes: bool, as_json: bool) -> Restored:
    settings, clock = load_settings(), SystemClock()
    found = run(backing_up.look(settings, file))
    database = sqlite_file(settings.database_url)
    if database is not None and database.exists():
        confirmed(f"Put the backup of {when(found.made)} in the place of {database}?", yes=yes)
    with step("Restoring", as_json=as_json):
        done: Restored = run(backing_up.restore(settings, clock, file, found))
    return done


def _tell(done: Restored, *, as_json: bool) -> None:
    kept = done.reconciled
    if as_json:
        numbers = {"doubtful": kept.doubtful, "waiting": kept.waiting, "paused_mappings": list(kept.mappings)}
        print_json({"made": done.made, **numbers, "aside": str(done.aside) if done.aside else None})
        return
    say(f"Restored as it was {when(done.made)}; everything is paused.")
    if done.aside:
        say(f"The database before is {done.aside}: delete it when you do not need it any more.")
    if kept.doubtful:
        say(f"{count(kept.doubtful, 'delivery', 'deliveries')} may have gone out since: looked for, or asked about.")
    if kept.waiting:
        say(f"{count(kept.waiting, 'delivery waits', 'deliveries wait')} for a yes: look what is out before.")
    for name in kept.mappings:
        say(f"The mapping {name} holds what may have gone out since: look, then `chappe resume mapping {name}`.")
    say("Consents that were withdrawn, and users and keys that were removed since the backup, are back: do it again.")
    say("Then start `chappe up`, look at `chappe status`, and let it go on with `chappe resume everything`.")
