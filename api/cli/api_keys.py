"""`chappe api-keys`: keys with which programs call the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer

from api.actions import api_keys as actions
from api.actions.api_keys import Made, Order
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json, when
from api.cli.show import say, table
from api.routes import ALL
from api.scopes import scopes_of
from engine.errors import NotFoundError
from engine.store import api_keys, users
from engine.store.api_keys import ApiKey

app = group_of("Make, list and revoke the keys with which programs call the API.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.", show_default=False)],
    *,
    user: Annotated[str, typer.Option(help="Whose key it is, by mail address.", show_default=False)],
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do; may be repeated.", show_default=False)],
    days: Annotated[int | None, typer.Option(min=1, help="How many days it holds; else until it is revoked.")] = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Make an API key of a user in the workspace; it is shown this once.

    With --json: {"id", "prefix", "token"}.

    Example: chappe api-keys create "nightly export" --user lea@example.org --scope mappings:read
    """
    known = scopes_of([route for router in ALL for route in router.routes])

    async def work(opened: Session) -> Made:
        owner = await opened.store.read(users.by_email, user)
        if owner is None:
            raise NotFoundError(f"There is no user with the address {user}: `chappe users list` lists them.")
        await opened.store.read(users.member, opened.workspace.id, owner.id)
        end = opened.clock.now() + timedelta(days=days) if days else None
        order = Order(opened.workspace.id, owner.id, name, frozenset(scope), end)
        return await actions.create(opened.store, opened.clock, order, known=known)

    made = inside(workspace, work)
    if as_json:
        print_json({"id": made.key.id, "prefix": made.key.prefix, "token": made.token})
        return
    say("Keep it now, it cannot be shown again:")
    say(made.token)


@app.command("list")
def list_(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List the API keys of the workspace, by the part that is no secret.

    With --json: a list of {"workspace_id", "id", "user_id", "name", "prefix", "scopes": [scopes], "created_at",
    "expires_at", "last_used_at", "revoked_at"}.

    Example: chappe api-keys list
    """
    found = inside(workspace, lambda opened: opened.store.read(api_keys.listed, opened.workspace.id))
    if as_json:
        print_json([_plain(one) for one in found])
        return
    rows = [(one.name, one.prefix, one.scopes, when(one.last_used_at), when(one.revoked_at)) for one in found]
    table(("Name", "Begins", "Scopes", "Last used", "Revoked"), rows, empty="There is no API key.")


@app.command()
def revoke(
    prefix: Annotated[str, typer.Argument(help="How the key begins: `chappe_` and eight characters.")],
    *,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """End an API key at once.

    With --json: what `list` says of it.

    Example: chappe api-keys revoke chappe_k3j9x2qa
    """

    async def work(opened: Session) -> ApiKey:
        here = opened.workspace.id
        found = [one for one in await opened.store.read(api_keys.listed, here) if one.prefix == prefix]
        if not found:
            raise NotFoundError(f"There is no API key {prefix}: `chappe api-keys list` lists them.")
        confirmed(f"Revoke the key {found[0].name}?", yes=yes)
        return await opened.store.write(api_keys.revoke, here, found[0].id, now=opened.clock.now())

    revoked = inside(workspace, work)
    if as_json:
        print_json(_plain(revoked))
        return
    say(f"The key {revoked.name} is revoked.")


def _plain(key: ApiKey) -> dict[str, Any]:
    return asdict(key) | {"scopes": key.scopes.split()}
