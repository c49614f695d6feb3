"""`chappe accounts`: add, list and mend accounts."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from api.actions import accounts as actions
from api.actions import naming
from api.actions.connecting import calls_of
from api.actions.reading import pairs_of
from api.cli.connect import Paste, Port, Way, browser_kind, connect, going_on, reconnected
from api.cli.secret_input import HELP, given
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json
from api.cli.show import count, say, short_text, table
from api.errors import UsageError
from api.kinds import registry
from engine.contract.account import AccountKind
from engine.store import accounts, people
from engine.store.accounts import AccountRow

app = group_of("Add, list and mend accounts.")

Name = Annotated[str, typer.Argument(help="The account's name.", show_default=False)]
Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Settings of its kind, as many as it takes.", show_default=False),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="The same as KEY=VALUE behind the name.")
]
Secret = Annotated[list[str] | None, typer.Option("--secret", metavar="NAME=@FILE", help=HELP)]


@app.command()
def add(  # noqa: PLR0913  # each is an option
    kind: Annotated[str, typer.Argument(help="What it is an account of: see `chappe catalogue`.", show_default=False)],
    name: Name,
    settings: Settings = None,
    *,
    set_: Set = None,
    secret: Secret = None,
    person: Annotated[
        str | None, typer.Option(help="Whose account it is, by name; without it, it is the company's own.")
    ] = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Add an account: the company's own, or with --person somebody's, who must consent before it is used.

    With --json: {"id", "name", "platform", "person": name or null}.

    Example: chappe accounts add webhook acme-hook url=https://hooks.example.org/in --secret signing=@key.txt
    """
    found = actions.kind_of(registry(), kind)
    checked = actions.checked_settings(found, _pairs(settings, set_))
    secrets = _secrets(found, checked, secret)

    async def work(opened: Session) -> AccountRow:
        owner = await naming.person(opened.store, opened.workspace.id, person) if person else None
        made = actions.new_account(
            opened.workspace,
            kind,
            name,
            settings=checked,
            person_id=owner.id if owner else None,
            now=opened.clock.now(),
        )
        return await actions.add(opened.store, opened.vault, opened.workspace, made, secrets)

    made = inside(workspace, work)
    if as_json:
        print_json({"id": made.id, "name": made.name, "platform": made.platform, "person": person})
        return
    whose = f"used in the name of {person}" if person else "the company's own"
    say(f"Added the account {made.name} ({kind}), {whose}.")
    if person:
        say(f"It is used once {person} consents: `chappe people consent give {shlex.quote(person)} --evidence …`.")


@app.command("list")
def list_(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List the accounts, and which of them must be connected again.

    With --json: a list of {"id", "name", "platform", "person", "state": live|lost, "note", "implicit", "created_at",
    "calls": whether its platform was asked to call when there is news, null where none does}.

    Example: chappe accounts list
    """

    async def work(opened: Session) -> tuple[list[AccountRow], dict[str, str]]:
        rows = await opened.store.read(accounts.listed, opened.workspace.id)
        everybody = await opened.store.read(people.listed, opened.workspace.id)
        return rows, {each.id: each.name for each in everybody}

    rows, names = inside(workspace, work)
    if as_json:
        keys = ("id", "name", "platform", "state", "note", "implicit", "created_at")
        print_json(
            [
                {key: getattr(row, key) for key in keys}
                | {"person": names.get(row.person_id or ""), "calls": calls_of(row)}
                for row in rows
            ]
        )
        return
    shown = [(row.name, row.platform, _owner(row, names), row.state, _note(row)) for row in rows]
    table(
        ("Account", "Kind", "Whose", "State", "Note"),
        shown,
        empty="No account yet: `chappe accounts connect` or `add`.",
    )


@app.command()
def remove(name: Name, *, yes: Yes = False, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Remove an account with its secrets, its consent and all its deliveries. This cannot be undone.

    With --json: {"removed": name, "still_sending": [delivery ids]}.

    Example: chappe accounts remove old-hook
    """
    row = inside(workspace, lambda opened: naming.account(opened.store, opened.workspace.id, name))
    confirmed(f"Remove the account {row.name} with all its deliveries? This cannot be undone.", yes=yes)

    async def work(opened: Session) -> list[str]:
        return await opened.store.write(accounts.remove, opened.workspace.id, [row.id])

    under_way = inside(workspace, work)
    if as_json:
        print_json({"removed": name, "still_sending": under_way})
        return
    say(f"Removed {name}.")
    if under_way:
        say(f"{count(len(under_way), 'delivery', 'deliveries')} had already begun and may still go out.")


@app.command("set")
def change(
    name: Name,
    settings: Settings = None,
    *,
    set_: Set = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Change settings of an account; those that are not named stay as they are.

    With --json: {"account": name, "settings": {...}}.

    Example: chappe accounts set acme-hook url=https://hooks.example.org/new
    """
    pairs, kinds = _pairs(settings, set_), registry()
    if not pairs:
        raise UsageError(f"What shall change? Write KEY=VALUE behind {name}.")

    async def work(opened: Session) -> tuple[AccountRow, dict[str, Any]]:
        row = await naming.account(opened.store, opened.workspace.id, name)
        return row, await actions.change(opened.store, kinds, row, pairs)

    row, now = inside(workspace, work)
    if as_json:
        print_json({"account": name, "settings": now})
        return
    say(f"Changed {name}: {', '.join(f'{key}={now.get(key)}' for key in pairs)}.")
    if row.state == accounts.LOST:
        say(f"It is lost: `chappe accounts reconnect {name}` uses it again.")


app.command()(connect)


@app.command()
def reconnect(  # noqa: PLR0913  # each is an option
    name: Name,
    *,
    secret: Secret = None,
    port: Port = None,
    paste: Paste = False,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Use a lost account again: what was blocked goes on.

    One of Facebook, LinkedIn or X is connected in the browser again, by the same identity; others take new secrets
    where they have changed. With --json: {"account": name, "deliveries": number that go on}.

    Example: chappe accounts reconnect acme-hook --secret signing=@new-key.txt
    """
    kinds = registry()

    async def work(opened: Session) -> int:
        row = await naming.account(opened.store, opened.workspace.id, name)
        if (browser := browser_kind(row)) is not None and not secret:
            return await reconnected(opened, row, browser, Way(port=port, paste=paste, choose=None, yes=yes))
        secrets = _secrets(actions.kind_of(kinds, row.platform), row.settings, secret) if secret else {}
        now = opened.clock.now()
        return await actions.reconnect(opened.store, opened.vault, opened.workspace, row, secrets, now)

    moved = inside(workspace, work)
    if as_json:
        print_json({"account": name, "deliveries": moved})
        return
    say(going_on(name, moved))


def _pairs(settings: list[str] | None, options: list[str] | None) -> dict[str, str]:
    return pairs_of([*(settings or ()), *(options or ())])


def _secrets(kind: type[AccountKind], settings: str, options: list[str] | None) -> dict[str, str]:
    """Read the secrets that are given, whose names and forms must be those of the kind."""
    actions.check_secret_names(kind, [pair.partition("=")[0] for pair in options or ()])
    secrets = given(options or ())
    actions.check_secrets(kind, settings, secrets)
    return secrets


def _note(row: AccountRow) -> str:
    return short_text(row.note) or ("its platform calls when there is news" if calls_of(row) else "")


def _owner(row: AccountRow, names: dict[str, str]) -> str:
    if row.implicit:
        return "its sink"
    return names.get(row.person_id or "", "the company")
