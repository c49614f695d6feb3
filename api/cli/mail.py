"""`chappe mail`: try whether mails go out, and show what became of them."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import mail_test
from api.cli.session import AsJson, InWorkspace, Session, group_of, inside, print_json, run, when
from api.cli.show import say, table
from api.settings import load_settings
from api.wiring import make_mailer
from engine.clock import SystemClock
from engine.store import mails
from engine.store.mails import Mail

app = group_of("Try whether mails go out; show those that did, and those that could not.")


@app.command("test")
def try_(address: Annotated[str, typer.Argument(help="Whom to write to.")], *, as_json: AsJson = False) -> None:
    """Send one mail at once, and say what the server answered. Taken by a server is not yet delivered.

    With --json: {"address", "server", "answer"}.

    Example: chappe mail test lea@example.org
    """
    told = run(mail_test.try_one(make_mailer(load_settings()), address, SystemClock()))
    if as_json:
        print_json(told)
        return
    say(f"{told['server']} took the mail to {told['address']}: {told['answer']}")
    say("Look into the mailbox, and its spam folder: taken is not yet delivered.")


@app.command()
def status(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Show how many mails wait, were sent, refused or given up, and the newest of them.

    With --json: {"counts": {state: number}, "mails": [{"id", "kind", "address", "state", "tries", "created_at",
    "sent_at", "due_at", "note"}]}.

    Example: chappe mail status
    """

    async def work(opened: Session) -> tuple[dict[str, int], list[Mail]]:
        here = (opened.workspace.id, mails.INSTANCE)
        return await opened.store.read(mails.counts, here), await opened.store.read(mails.listed, here)

    counts, rows = inside(workspace, work)
    if as_json:
        names = ("id", "kind", "address", "state", "tries", "created_at", "sent_at", "due_at", "note")
        print_json({"counts": counts, "mails": [{name: getattr(row, name) for name in names} for row in rows]})
        return
    say(", ".join(f"{number} {state.replace('_', ' ')}" for state, number in counts.items()) + ".")
    shown = [(when(row.created_at), row.kind, row.address, row.state.replace("_", " "), row.note) for row in rows]
    table(("Made", "Kind", "To", "State", "Note"), shown, empty="No mail yet.")
