"""What every command needs: settings, the database, the workspace, and a way to say things to people and programs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console

from api.actions.desk import Desk, DueTick
from api.cli import called
from api.kinds import registry
from api.recording import RecordingStore
from api.settings import load_settings, unknown_variables
from engine.clock import Loop, SystemClock
from engine.errors import ChappeError, ConflictError, NotFoundError
from engine.store import migrate, workspaces
from engine.store.unit import open_store
from engine.vault import KeyFile, Vault
from mappings.findings import did_you_mean
from mappings.findings import listed as names_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from api.settings import Settings
    from engine.clock import Clock
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
InWorkspace = Annotated[
    str | None, typer.Option("--workspace", "-w", envvar="CHAPPE_WORKSPACE", help="Which workspace; else the only one.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it is done.")]


class UnansweredError(ChappeError):
    """A question was asked where nobody can answer it."""


def group_of(summary: str) -> typer.Typer:
    """Return an app for several commands under one name."""
    return typer.Typer(add_completion=False, no_args_is_help=True, help=summary)


console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Session:
    """An open database and the workspace that a command works in."""

    settings: Settings
    store: Store
    workspace: Workspace
    clock: Clock

    @property
    def by(self) -> str:
        """Name who acts, for the record: the user of this machine."""
        return operator()

    def desk(self) -> Desk:
        """Return what a person's decision needs."""
        return Desk(self.store, self.clock, DueTick(), registry())

    def vault(self) -> Vault:
        """Open the key file; raises VaultLockedError."""
        return Vault(KeyFile.load(self.settings.key_file))


def operator() -> str:
    """Name who acts, for the record: the user of this machine."""
    return os.environ.get("USER") or "an operator"


@asynccontextmanager
async def session(workspace: str | None) -> AsyncIterator[Session]:
    """Open what the settings name, and close it; warns of settings that do not exist."""
    settings = load_settings()
    for sentence in unknown_variables(os.environ):
        errors.print(f"Note: {sentence}", style="yellow")
    await migrate.check(settings.database_url)
    store = RecordingStore(open_store(settings.database_url))
    try:
        opened = Session(settings, store, await _chosen(store, workspace), SystemClock())
        called.begin(opened.clock, opened.by, opened.workspace.id)
        yield opened
    finally:
        await store.close()


async def _chosen(store: Store, name: str | None) -> Workspace:
    found = await store.read(workspaces.listed)
    named = {workspace.name: workspace for workspace in found}
    if name is not None and found:
        if name not in named:
            advice = did_you_mean(name, named) or f" There {'is' if len(named) == 1 else 'are'} {names_of(named)}."
            raise NotFoundError(f"There is no workspace {name}.{advice}")
        return named[name]
    if not found:
        message = "There is no workspace yet: run `chappe init`."
        raise NotFoundError(message)
    if len(found) > 1:
        names = ", ".join(workspace.name for workspace in found)
        message = f"There are several workspaces: say which with --workspace ({names})."
        raise ConflictError(message)
    return found[0]


def inside(workspace: str | None, work: Callable[[Session], Awaitable[T]]) -> T:
    """Do a command's work in an open workspace, and return what it gives."""

    async def body() -> T:
        async with session(workspace) as opened:
            return await work(opened)

    given: T = run(body())
    return given


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a command's work to its end, by limits that count also while the machine is suspended."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(work)


def print_json(value: Any) -> None:
    """Print a value for programs: dataclasses as objects, times as RFC 3339."""
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False, indent=2) + "\n")


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def when(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """Show a time to the minute with its zone, which is this machine's where none is named; a dash for no time."""
    return f"{moment.astimezone(zone):%d %b %Y %H:%M %Z}" if moment else "–"


def confirmed(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone; a no ends the command.

    Raises UnansweredError where nobody is there to answer.
    """
    if yes:
        return
    try:
        typer.confirm(question, abort=True, err=True)
    except typer.Abort as abort:
        if not isinstance(abort.__context__, EOFError):
            raise
        sys.stderr.write("\n")
        message = "Nothing was changed: nobody is there to answer. Where that is so, say --yes beforehand."
        raise UnansweredError(message) from None
