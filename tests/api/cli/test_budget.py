"""What may be spent, and what platforms still take, on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.clock import SystemClock
from engine.model.budget import DOLLAR, MONEY, Bucket, Take, month
from engine.model.delivery import Reason, State
from engine.store import budgets, deliveries, workspaces
from engine.store.deliveries import Change

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli


def test_a_budget_is_set_shown_and_lifted(cli: Cli) -> None:
    assert cli.out("budget", "show").startswith("$0.00 spent this month; there is no limit")
    assert cli.out("budget", "set", "12.50").startswith("$0.00 of $12.50 spent this month; it begins anew on 01 ")
    assert cli.data("budget", "show")["limit"] == 12.5
    assert cli.data("budget", "set", "none") == {"limit": None, "deliveries": 0}


@pytest.mark.parametrize("amount", ["much", "-1", "1e9", "nan", ""])
def test_what_is_no_amount_is_refused_with_how_to_write_one(cli: Cli, amount: str) -> None:
    assert cli.refused(2, "budget", "set", "--", amount) == (
        f"chappe: “{amount}” is no budget: write dollars a month, such as 25 or 12.50, or `none` for no limit.\n"
    )


def test_what_lacks_money_is_named_in_the_standing_and_goes_on_when_there_is_more(cast: Cli) -> None:
    cast.arrive("We are hiring")
    cast.inside(_spend_everything)

    assert {each["what"]: each["sentence"] for each in cast.data("status")["waiting"]}["money"] == (
        "1 delivery waits for money: the budget of this month is spent."
    )
    found = cast.data("budget", "show")
    assert (found["spent"], found["limit"]) == (1.0, 1.0)
    assert [(each["who"], each["used"], each["cap"]) for each in found["windows"]] == [("acme-hook", 1, 17)]
    assert "1 of 17" in cast.out("budget", "show")
    assert cast.out("budget", "set", "$25").endswith("1 blocked delivery goes on.\n")
    [row] = cast.data("deliveries", "list", "--account", "acme-hook")
    assert row["state"] == "planned"


async def _spend_everything(store: Store) -> None:
    workspace = (await store.read(workspaces.listed))[0].id
    now = SystemClock().now()
    [row] = await store.read(deliveries.listed, workspace, account="acme-hook")
    takes = [
        Take(Bucket(workspace, "workspace", workspace, MONEY), DOLLAR, None, *month(now)),
        Take(Bucket(workspace, "account", row.account_id, "posts"), 1, 17, *month(now)),
    ]
    await store.write(budgets.set_money, workspace, DOLLAR, month(now))
    assert await store.write(budgets.refusals, {row.id: takes}, now) == {}
    await store.write(budgets.spend, takes)
    blocked = Change(State.BLOCKED, "It costs $1.00.", Reason.MONEY)
    await store.write(deliveries.settle_planned, row.id, blocked, now)
