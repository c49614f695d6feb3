"""`chappe keys`: the keys of the key file, which seal every workspace's own key."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from api.actions import keys
from api.cli import called
from api.cli.progress import counted
from api.cli.session import AsJson, Yes, confirmed, group_of, operator, print_json, run
from api.cli.show import count, say, table
from api.recording import RecordingStore
from api.settings import load_settings
from engine.clock import SystemClock
from engine.store import migrate
from engine.store.lock import only_process
from engine.store.unit import open_store, sqlite_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from api.actions.keys import KeyUse, Rotated
    from api.settings import Settings
    from engine.store.unit import Store

app = group_of("Show, rotate and retire the keys of the key file.")

RUNNING = (
    "Is every `chappe up` of this database ended? One that still runs has read the former key file and could open "
    "nothing any more, until it is started again."
)


@app.command()
def show(*, as_json: AsJson = False) -> None:
    """Show the keys by their ids, and the workspaces whose data each of them seals.

    With --json: a list of {"id", "current": bool, "held": bool, "workspaces": [name]}.

    Example: chappe keys show
    """
    found = run(_uses(load_settings()))
    if as_json:
        print_json(found)
        return
    rows = [(use.id, _standing(use), ", ".join(use.workspaces)) for use in found]
    table(("Key", "State", "Workspaces"), rows)


@app.command()
def rotate(*, yes: Yes = False, as_json: AsJson = False) -> None:
    """Put a new key first in the key file, and seal every workspace's own key by it. Stop `chappe up` before.

    Killed on the way, it goes on where it was when it is run again. The former key stays in the file until it is
    retired.

    With --json: {"key": id, "made": bool, "rewrapped": number}.

    Example: chappe keys rotate
    """
    settings = load_settings()
    if sqlite_file(settings.database_url) is None:
        confirmed(RUNNING, yes=yes)
    with counted("Workspaces sealed by the new key", as_json=as_json) as told:
        done = run(_rotate(settings, told))
    if as_json:
        print_json(done)
        return
    what = "The new key is" if done.made else "An earlier rotation is finished: the current key is"
    say(f"{what} {done.key}; the data of {count(done.rewrapped, 'workspace')} is sealed by it now.")
    say(f"Keep a copy of {settings.key_file} apart from the backups of the database.")
    say("Next: `chappe up`, and `chappe keys retire` once the former key is needed no more.")


@app.command()
def retire(*, yes: Yes = False, as_json: AsJson = False) -> None:
    """Drop every key but the current one from the key file. Stop `chappe up` before.

    A backup of the database from before the rotation opens with the dropped key alone: keep the old key file with it.

    With --json: {"retired": [id]}.

    Example: chappe keys retire
    """
    settings = load_settings()
    old = [use.id for use in run(_uses(settings)) if use.held and not use.current]
    if old:
        confirmed(f"Drop {', '.join(old)}? A backup from before the rotation opens with it alone.", yes=yes)
    dropped = run(_retire(settings)) if old else ()
    if as_json:
        print_json({"retired": dropped})
    else:
        say(f"Dropped {', '.join(dropped)}." if dropped else "The key file holds the current key alone.")


def _standing(use: KeyUse) -> str:
    if not use.held:
        return "missing: put the key file back from your backup"
    return "current" if use.current else "former"


async def _uses(settings: Settings) -> list[KeyUse]:
    async with _opened(settings) as store:
        return await keys.uses(store, settings.key_file)


async def _rotate(settings: Settings, told: Callable[[int, int], None]) -> Rotated:
    async with _opened(settings) as store:
        with only_process(settings.database_url, SystemClock().now()):
            return await keys.rotate(store, settings.key_file, told)


async def _retire(settings: Settings) -> tuple[str, ...]:
    async with _opened(settings) as store:
        with only_process(settings.database_url, SystemClock().now()):
            return await keys.retire(store, settings.key_file)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store]:
    await migrate.check(settings.database_url)
    store = RecordingStore(open_store(settings.database_url))
    called.begin(SystemClock(), operator(), "")
    try:
        yield store
    finally:
        await store.close()
