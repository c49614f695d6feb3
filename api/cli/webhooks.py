"""`chappe webhooks`: who is told what happens."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.actions import webhooks as actions
from api.actions.webhooks import USUAL, Place
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json, when
from api.cli.show import say, table
from engine.http_client import HttpClient
from engine.store import webhooks

if TYPE_CHECKING:
    from api.actions.webhooks import Made
    from engine.store.webhooks import Call, Webhook

app = group_of("Tell others what happens, by signed messages to their addresses.")

Name = Annotated[str, typer.Argument(help="What the webhook is called.", show_default=False)]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="A kind of event, as `delivery.sent`; again for each.")]


@app.command("list")
def list_(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List the addresses that are called.

    With --json: a list of {"id", "name", "url", "kinds", "state", "note", "failing_since"}.

    Example: chappe webhooks list
    """
    rows = inside(workspace, lambda opened: opened.store.read(webhooks.listed, opened.workspace.id))
    if as_json:
        print_json([_plain(row) for row in rows])
        return
    lines = [(row.name, row.url, row.state, ", ".join(json.loads(row.kinds)), row.note) for row in rows]
    table(("Name", "Address", "State", "Kinds", ""), lines, empty="Nobody is told of what happens.")


@app.command()
def add(
    name: Name,
    url: Annotated[str, typer.Argument(help="What is called.", show_default=False)],
    *,
    kind: Kinds = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Call an address with what happens from now on, and show the secret that signs, once.

    With --json: as `list` shows it, and "secret".

    Example: chappe webhooks add crm https://crm.example.org/chappe --kind delivery.sent --kind account.lost
    """
    made = inside(workspace, lambda opened: actions.add(_place(opened), name, url, kind or USUAL))
    _say_made(made, as_json=as_json)


@app.command("set")
def set_(
    name: Name,
    *,
    url: Annotated[str | None, typer.Option("--url", help="Another address.")] = None,
    kind: Kinds = None,
    enable: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Call it again from now on, or no more.")
    ] = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Change the address or the kinds of events, disable it, or enable it again.

    With --json: as `list` shows it.

    Example: chappe webhooks set crm --enable
    """
    row = inside(workspace, lambda opened: actions.change(_place(opened), name, url=url, kinds=kind, live=enable))
    if as_json:
        print_json(_plain(row))
        return
    say(f"{row.name} is {row.state}, at {row.url}, for {', '.join(json.loads(row.kinds))}.")


@app.command()
def rotate(name: Name, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Make a new signing secret; for 24 hours each message carries the signatures of both.

    With --json: as `list` shows it, and "secret".

    Example: chappe webhooks rotate crm
    """
    _say_made(inside(workspace, lambda opened: actions.rotate(_place(opened), name)), as_json=as_json)


@app.command("test")
def ping(name: Name, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Send a message `webhook.test` now, once, and say what was answered.

    With --json: the message as `log` shows it.

    Example: chappe webhooks test crm
    """

    async def work(opened: Session) -> Call:
        async with HttpClient(allow_private=opened.settings.allow_private) as http:
            return await actions.test(_place(opened), name, http, random.Random())  # noqa: S311  # jitter

    call = inside(workspace, work)
    if as_json:
        print_json(call)
        return
    say(f"It was accepted: {call.status}." if call.state == webhooks.DELIVERED else f"It was not accepted. {call.note}")


@app.command()
def log(
    name: Name,
    *,
    state: Annotated[str | None, typer.Option("--state", help="`waiting`, `delivered` or `failed`.")] = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Show the newest 50 messages to an address, and what was answered.

    With --json: a list of {"id", "kind", "state", "tries", "status", "note", "next_at", "body", …}.

    Example: chappe webhooks log crm --state failed
    """

    async def work(opened: Session) -> list[Call]:
        row = await opened.store.read(webhooks.by_name, opened.workspace.id, name)
        return await opened.store.read(webhooks.calls, row, state=state)

    calls = inside(workspace, work)
    if as_json:
        print_json(calls)
        return
    lines = [
        (call.id, call.kind, call.state, str(call.tries), str(call.status or "–"), when(call.next_at), call.note)
        for call in calls
    ]
    table(("Message", "Kind", "State", "Tries", "Answer", "Again", ""), lines, empty="Nothing was sent there yet.")


@app.command()
def redeliver(
    name: Name,
    message: Annotated[str, typer.Argument(help="The message, by its id in the log.", show_default=False)],
    *,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Send a message of the log again soon, with the same id.

    With --json: the message as `log` shows it.

    Example: chappe webhooks redeliver crm 0196a1b2c3d47e5f8a9b0c1d2e3f4a5b
    """
    call = inside(workspace, lambda opened: actions.redeliver(_place(opened), name, message))
    if as_json:
        print_json(call)
        return
    say("`chappe up` sends it again within seconds.")


@app.command()
def remove(name: Name, *, yes: Yes = False, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Call an address no more, and forget its log.

    With --json: {"removed": name}.

    Example: chappe webhooks remove crm
    """
    confirmed(f"Remove the webhook {name}, with its log?", yes=yes)
    inside(workspace, lambda opened: actions.remove(_place(opened), name))
    if as_json:
        print_json({"removed": name})
        return
    say(f"Removed the webhook {name}.")


def _place(opened: Session) -> Place:
    return Place(opened.store, opened.clock, opened.vault(), opened.workspace)


def _plain(row: Webhook) -> dict[str, Any]:
    names = ("id", "name", "url", "state", "note", "failing_since")
    return {name: getattr(row, name) for name in names} | {"kinds": json.loads(row.kinds)}


def _say_made(made: Made, *, as_json: bool) -> None:
    if as_json:
        print_json(_plain(made.webhook) | {"secret": made.secret})
        return
    say(f"{made.webhook.name} signs with {made.secret}")
    say("Keep it at the receiver: it is not shown again.")
