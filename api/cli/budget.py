"""`chappe budget`: what may be spent in a month, and how full the windows of platforms are."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

import typer

from api.actions import budgeting
from api.actions.budgeting import Money
from api.cli.session import AsJson, InWorkspace, Session, group_of, inside, print_json, when
from api.cli.show import heading, say, table
from engine.model.budget import DOLLAR, dollars
from engine.store.budgets import Use

app = group_of("Show and set what may be spent; show what platforms still take.")


@app.command()
def show(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Show what was spent this month, of which limit, and how full the windows are that platforms set.

    With --json: {"spent": dollars, "limit": dollars or null, "until", "windows": [{"scope": account|app, "who", "name",
    "used", "cap", "ends_at"}]}.

    Example: chappe budget show
    """

    async def work(opened: Session) -> tuple[Money, list[Use]]:
        store, here, now = opened.store, opened.workspace.id, opened.clock.now()
        return await budgeting.money(store, here, now), await budgeting.windows(store, here, now)

    money, windows = inside(workspace, work)
    if as_json:
        limit = None if money.limit is None else money.limit / DOLLAR
        uses = [use._asdict() for use in windows]
        print_json({"spent": money.spent / DOLLAR, "limit": limit, "until": money.until, "windows": uses})
        return
    say(_spent(money))
    heading("Windows of platforms")
    rows = [(use.who, use.scope, use.name, f"{use.used} of {use.cap}", when(use.ends_at)) for use in windows]
    table(("Whose", "For", "Window", "Used", "Until"), rows, empty="None runs now: nothing that has one was sent.")


@app.command("set")
def set_(
    amount: Annotated[
        str, typer.Argument(help="Dollars a month, such as 25 or 12.50; none for no limit.", show_default=False)
    ],
    *,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Limit what platforms that charge for posts may cost in a month (UTC); what lacks money waits for the next.

    What is blocked for want of money goes on, as far as the new budget reaches.

    With --json: {"limit": dollars or null, "deliveries": number that go on}.

    Example: chappe budget set 25
    """

    async def work(opened: Session) -> tuple[Money, int]:
        store, here, now = opened.store, opened.workspace.id, opened.clock.now()
        going = await budgeting.allow(store, here, amount, now)
        return await budgeting.money(store, here, now), going

    money, going = inside(workspace, work)
    if as_json:
        limit = None if money.limit is None else money.limit / DOLLAR
        print_json({"limit": limit, "deliveries": going})
        return
    say(_spent(money))
    if going:
        say(f"{going} blocked {'delivery goes' if going == 1 else 'deliveries go'} on.")


def _spent(money: Money) -> str:
    month = f"{money.until.astimezone(UTC):%d %b}"
    if money.limit is None:
        return f"{dollars(money.spent)} spent this month; there is no limit (`chappe budget set 25` sets one)."
    return f"{dollars(money.spent)} of {dollars(money.limit)} spent this month; it begins anew on {month} (UTC)."
