"""`chappe apps`: who we are on each platform, and where it is."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from api.actions import apps as actions
from api.actions.naming import missing
from api.actions.reading import pairs_of
from api.cli.secret_input import HELP, given
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json, when
from api.cli.show import say, table
from api.cli.texts import say_going_on
from api.kinds import registry
from engine.contract.account import AccountKind
from engine.run.apps import public_app
from engine.store import apps
from engine.store.apps import AppRow

app = group_of("Say who we are on Facebook, LinkedIn and X: the app that accounts are connected with.")

Platform = Annotated[str, typer.Argument(help="`facebook`, `linkedin` or `x`.", show_default=False)]
Settings = Annotated[
    list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="Settings of the app.", show_default=False)
]
Secret = Annotated[list[str] | None, typer.Option("--secret", metavar="NAME=@FILE", help=HELP)]


@app.command("set")
def set_(
    platform: Platform,
    settings: Settings = None,
    *,
    secret: Secret = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Set the app of a platform; what is not named stays, and KEY= brings a default back.

    What a missing or wrong app had blocked goes on, and where the platform had us wait, it is tried again at once.
    With --json: {"platform", "deliveries": number that go on, "was_held": bool}.

    Example: chappe apps set x client_id=M1M5R3BMVy13 --secret client_secret=@x-secret.txt
    """
    kind = actions.kind_of(registry(), platform)
    pairs, secrets = pairs_of(settings or ()), given(secret or ())

    async def work(opened: Session) -> tuple[int, bool]:
        return await actions.change(
            opened.store, opened.vault, opened.workspace, kind, settings=pairs, secrets=secrets, now=opened.clock.now()
        )

    moved, held = inside(workspace, work)
    if as_json:
        print_json({"platform": kind.kind, "deliveries": moved, "was_held": held})
        return
    say(f"The app of {kind.title} is set. `chappe accounts connect {platform}` connects accounts with it.")
    say_going_on(moved)
    if held:
        say("It had asked us to wait: what waits for it is tried again now.")


@app.command("list")
def list_(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List the platforms that need an app, and whether one is set.

    With --json: a list of {"platform", "title", "set": bool, "client_id", "updated_at"}.

    Example: chappe apps list
    """
    kinds = {name: kind for name, kind in registry().accounts.items() if kind.AppSettings is not None}
    rows = {row.platform: row for row in inside(workspace, _listed)}
    found = [_line(kind, rows.get(name)) for name, kind in sorted(kinds.items())]
    if as_json:
        print_json(found)
        return
    lines = [(each["platform"], each["title"], each["client_id"], when(each["updated_at"])) for each in found]
    table(("Platform", "Title", "Our id there", "Set"), lines, empty="No connector that is installed needs an app.")


@app.command()
def show(platform: Platform, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Show the app of a platform, defaults included; of its secrets only whether they are set.

    With --json: {"platform", "settings": {...}, "secrets": bool, "updated_at"}.

    Example: chappe apps show linkedin
    """
    kind = actions.kind_of(registry(), platform)
    row = inside(workspace, lambda opened: opened.store.read(apps.get, opened.workspace.id, kind.kind))
    if row is None:
        raise missing("app of", kind.kind, (), f"`chappe apps set {platform}` sets one.")
    settings = dict(public_app(kind.AppSettings, row.settings)) if kind.AppSettings else {}
    if as_json:
        secrets = {"secrets": row.sealed is not None, "updated_at": row.updated_at}
        print_json({"platform": kind.kind, "settings": settings} | secrets)
        return
    set_here = json.loads(row.settings)
    lines = [(name, value, "" if name in set_here else "default") for name, value in settings.items()]
    table(("Setting", "Value", ""), lines)
    say(f"Its secrets are {'set, and never shown' if row.sealed else 'not set'}.")


@app.command()
def remove(platform: Platform, *, yes: Yes = False, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Remove the app of a platform: its accounts stay, and cannot be renewed or connected until one is set.

    With --json: {"removed": platform}.

    Example: chappe apps remove x
    """
    kind = actions.kind_of(registry(), platform)
    confirmed(f"Remove the app of {kind.title}, with its secrets?", yes=yes)
    gone = inside(workspace, lambda opened: opened.store.write(apps.remove, opened.workspace.id, kind.kind))
    if not gone:
        raise missing("app of", kind.kind, (), f"`chappe apps set {platform}` sets one.")
    if as_json:
        print_json({"removed": kind.kind})
        return
    say(f"Removed the app of {kind.title}.")


async def _listed(opened: Session) -> list[AppRow]:
    return await opened.store.read(apps.listed, opened.workspace.id)


def _line(kind: type[AccountKind], row: AppRow | None) -> dict[str, Any]:
    client = json.loads(row.settings).get("client_id") if row else None
    named = {"platform": kind.kind, "title": kind.title, "set": row is not None}
    return named | {"client_id": client, "updated_at": row.updated_at if row else None}
