"""`chappe`: the entry point. Commands are loaded by name when they are called, so that `chappe --help` is quick."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from api.cli.words import CALLED, called_of
from api.errors import UsageError
from engine.errors import ChappeError, ConflictError, MappingError, NotFoundError

if TYPE_CHECKING:
    from typing import Self

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_FINDINGS = 3
EXIT_NOT_FOUND = 4
EXIT_CONFLICT = 5
EXIT_INTERRUPTED = 130
EXIT_CODES = {
    0: "Done.",
    EXIT_FAILED: "It failed, for the reason that was said; or a question was answered with no.",
    EXIT_USAGE: "The command was not written as it should be.",
    EXIT_FINDINGS: "A mapping has errors.",
    EXIT_NOT_FOUND: "What was named does not exist.",
    EXIT_CONFLICT: "It cannot be done as things stand: a name is taken, or a state does not allow it.",
    EXIT_INTERRUPTED: "Interrupted by Ctrl-C.",
}
"""Every exit code with what it means."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives, and the sentence that the list of commands shows."""

    module: str
    summary: str


COMMANDS: dict[str, Entry] = {
    "init": Entry("api.cli.init", "Make a workspace, its database and its key file."),
    "up": Entry("api.cli.up", "Run everything: scheduler, workers and the web page."),
    "serve": Entry("api.cli.serve", "Run the web page and the API alone, beside workers."),
    "work": Entry("api.cli.work", "Run a worker, beside others on any number of machines."),
    "demo": Entry("api.cli.demo", "Watch a company's page speak through its people, on this machine alone."),
    "migrate": Entry("api.cli.migrate", "Bring the database to this version."),
    "library": Entry("api.cli.library", "Begin a mapping from a ready-made one."),
    "lint": Entry("api.cli.lint", "Check mapping files, without a database or a network."),
    "test": Entry("api.cli.test", "Run the tests of mapping files, without a database or a network."),
    "capture": Entry("api.cli.capture", "Write stored posts to a file, for the tests of mappings."),
    "check": Entry("api.cli.check", "Check mapping files against the workspace too: accounts, groups, other mappings."),
    "plan": Entry("api.cli.plan", "Show what applying mapping files would change, and replay stored posts."),
    "apply": Entry("api.cli.apply", "Save mapping files as versions and make them run."),
    "sync": Entry("api.cli.sync", "Apply mappings that are kept in git or in a folder."),
    "export": Entry("api.cli.export", "Write the mappings that run to files."),
    "rollback": Entry("api.cli.rollback", "Apply an older version of a mapping again."),
    "history": Entry("api.cli.history", "Show the versions of a mapping."),
    "diff": Entry("api.cli.diff", "Show what a version or file says otherwise than another."),
    "fmt": Entry("api.cli.fmt", "Put mapping files into one order and layout."),
    "graph": Entry("api.cli.graph", "Draw a mapping, for Mermaid, Graphviz or a browser."),
    "preview": Entry("api.cli.preview", "Show what a mapping would publish of a post."),
    "status": Entry("api.cli.status", "Show what runs, and what waits for a person."),
    "mappings": Entry("api.cli.mappings", "List mappings, and show how each of their nodes does."),
    "sources": Entry("api.cli.sources", "List, poll and release sources."),
    "posts": Entry("api.cli.posts", "Show how far a post is, and call it off."),
    "deliveries": Entry("api.cli.deliveries", "List, approve, edit, retry, cancel and confirm deliveries."),
    "approvals": Entry("api.cli.approvals", "List, approve, edit and reject posts that wait for an editor."),
    "explain": Entry("api.cli.explain", "Say why a post went out, or why not: node by node, account by account."),
    "tap": Entry("api.cli.tap", "Show what passes a mapping, or one node of it, while it happens."),
    "pause": Entry("api.cli.pause", "Stop everything, a platform, an account or a mapping, at once."),
    "resume": Entry("api.cli.resume", "Let what was paused go on."),
    "workspaces": Entry("api.cli.workspaces", "List, make, suspend, export and delete workspaces."),
    "users": Entry("api.cli.users", "Say who may sign in, and as what."),
    "api-keys": Entry("api.cli.api_keys", "Make, list and revoke the keys with which programs call the API."),
    "people": Entry("api.cli.people", "Add people and groups; record and withdraw consent."),
    "accounts": Entry("api.cli.accounts", "Add, list and mend accounts."),
    "apps": Entry("api.cli.apps", "Say who we are on Facebook, LinkedIn and X."),
    "budget": Entry("api.cli.budget", "Show and set what may be spent; show what platforms still take."),
    "secrets": Entry("api.cli.secrets", "Set, list and remove secrets that mappings name."),
    "webhooks": Entry("api.cli.webhooks", "Tell others what happens, by signed messages."),
    "keys": Entry("api.cli.keys", "Show, rotate and retire the keys of the key file."),
    "catalogue": Entry("api.cli.catalogue", "Show every kind of source, operator and sink, and its settings."),
    "schema": Entry("api.cli.schema", "Write the JSON Schema of mappings, for editors."),
    "settings": Entry("api.cli.settings", "Show every setting and where it comes from."),
    "mail": Entry("api.cli.mail", "Try whether mails go out; show those that did, and those that could not."),
    "backup": Entry("api.cli.backup", "Copy everything but the key file, while it runs."),
    "restore": Entry("api.cli.restore", "Put a backup back; everything is paused then."),
    "audit": Entry("api.cli.audit", "Show who changed what."),
    "doctor": Entry("api.cli.doctor", "Look for what is wrong with this installation."),
}


class LazyGroup(TyperGroup):
    """A group whose commands are modules with an `app`, imported only when one is called."""

    _listing = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note whether JSON is asked for: then errors are JSON too."""
        ctx.meta["json"] = "--json" in args
        ctx.meta["words"] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what goes wrong is said in a sentence."""
        with Explained(as_json=ctx.meta["json"]):
            return super().invoke(ctx)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command; while help is listed, a name and a sentence will do."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if self._listing:
            return TyperCommand(name=cmd_name, help=entry.summary)
        command = _loaded(entry.module, cmd_name)
        if ctx is not None:  # the reference asks for commands that nobody calls
            CALLED.set(called_of(command, ctx.meta.get("words", ())))
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """List the commands without loading them."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


@cache
def _loaded(module: str, name: str) -> Any:
    command = get_command(importlib.import_module(module).app)
    command.name = name
    _dress(command)
    return command


def _dress(command: Any) -> None:
    """Let help show brackets as they are written, which the markup of rich would eat, and arguments in capitals."""
    command.rich_markup_mode = "markdown"
    for parameter in command.params:
        if parameter.param_type_name == "argument" and parameter.metavar is None:
            parameter.metavar = parameter.name.rstrip("_").upper()
    for inner in getattr(command, "commands", {}).values():
        _dress(inner)


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Chappe relays a company's posts through the accounts of the people who volunteer to carry them.",
)


@app.callback()
def root() -> None:
    """Chappe relays a company's posts through the accounts of the people who volunteer to carry them."""


class Explained:
    """Turn our errors into a sentence on stderr and an exit code; anything else is a defect and shows its trace."""

    def __init__(self, *, as_json: bool = False) -> None:
        self._as_json = as_json

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Say what happened, and end with the code for it."""
        if isinstance(error, ChappeError):
            self._say(error, str(error), exit_code(error))
            raise SystemExit(exit_code(error)) from error
        if isinstance(error, typer.TyperException) and self._as_json:
            self._say(error, error.format_message(), error.exit_code)
            raise SystemExit(error.exit_code) from error
        if isinstance(error, KeyboardInterrupt):
            sys.stderr.write("chappe: interrupted.\n")
            raise SystemExit(EXIT_INTERRUPTED) from error

    def _say(self, error: Exception, message: str, code: int) -> None:
        if not self._as_json:
            name = "" if hasattr(error, "findings") else "chappe: "
            sys.stderr.write(f"{name}{message}\n")
            return
        said: dict[str, Any] = {"kind": type(error).__name__.removesuffix("Error"), "message": message, "exit": code}
        if findings := getattr(error, "findings", ()):
            said["findings"] = [finding.as_dict() for finding in findings]
        sys.stderr.write(json.dumps({"error": said}, ensure_ascii=False) + "\n")


def exit_code(error: ChappeError) -> int:
    """Return the documented exit code of an error."""
    match error:
        case UsageError():
            return EXIT_USAGE
        case MappingError():
            return EXIT_FINDINGS
        case NotFoundError():
            return EXIT_NOT_FOUND
        case ConflictError():
            return EXIT_CONFLICT
        case _:
            return EXIT_FAILED


def main() -> None:
    """Run the command line."""
    with Explained():
        app()


if __name__ == "__main__":
    main()
