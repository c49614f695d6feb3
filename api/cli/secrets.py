"""`chappe secrets`: the named secrets of a workspace."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from api.actions import secret_keeping
from api.cli.secret_input import SecretInputError, asked
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json, when
from api.cli.show import say, table
from api.cli.texts import say_going_on
from api.errors import UsageError
from api.kinds import registry
from engine.store import secrets

app = group_of("Set, list and remove secrets that mappings name.")

Name = Annotated[str, typer.Argument(help="The name that mappings use: secret://NAME.", show_default=False)]


@app.command("set")
def set_(name: Name, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Keep a secret, sealed: it is asked for without being shown, or read from a pipe.

    What a missing secret had blocked goes on. With --json: {"secret": name, "deliveries": number that go on}.

    Example: chappe secrets set hooks < key.txt
    """
    try:
        secret_keeping.check_name(name)
    except UsageError as error:
        raise SecretInputError(str(error)) from None
    kinds = registry()

    async def work(opened: Session) -> int:
        vault, value, now = opened.vault(), asked(name), opened.clock.now()
        return await secret_keeping.keep(
            opened.store, lambda: vault, opened.workspace, kinds, name=name, value=value, now=now
        )

    mended = inside(workspace, work)
    if as_json:
        print_json({"secret": name, "deliveries": mended})
        return
    say(f"The secret {name} is set. Mappings name it secret://{name}.")
    say_going_on(mended)


@app.command("list")
def list_(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List the names of the secrets; what they say is never shown.

    With --json: a list of {"name", "updated_at"}.

    Example: chappe secrets list
    """
    found: dict[str, datetime] = inside(
        workspace, lambda opened: opened.store.read(secrets.listed, opened.workspace.id)
    )
    if as_json:
        print_json([{"name": name, "updated_at": at} for name, at in found.items()])
    else:
        table(("Secret", "Set"), [(name, when(at)) for name, at in found.items()], empty="No secret is set.")


@app.command()
def remove(name: Name, *, yes: Yes = False, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Remove a secret: mappings that name it cannot publish until it is set again.

    With --json: {"removed": name}.

    Example: chappe secrets remove hooks
    """
    inside(workspace, lambda opened: secret_keeping.there(opened.store, opened.workspace.id, name))
    confirmed(f"Remove the secret {name}? It cannot be read back.", yes=yes)
    inside(workspace, lambda opened: secret_keeping.remove(opened.store, opened.workspace.id, name))
    if as_json:
        print_json({"removed": name})
    else:
        say(f"Removed the secret {name}.")
