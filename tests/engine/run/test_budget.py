"""What a claim takes, what it gives back, and what a platform's word means: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from engine.contract.sink import Fact, Limits, Window
from engine.contract.usage import Usage
from engine.model.budget import MONEY
from engine.model.delivery import State
from engine.model.post import Content
from engine.run.budget import LOOK_AGAIN, bounds, given_back, held_until, takes
from engine.store.lanes import Lane
from tests.engine.run.world import ScriptedSink

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
LANE = Lane(
    account_id="a", workspace_id="w", fence=1, name="acme", platform="x", settings="{}", person_id=None, sealed=None,
    data_key="",
)  # fmt: skip
WINDOW = Window(
    "posts", "account", 17, timedelta(hours=24), Fact("17 posts a day.", "https://x.example", date(2026, 11, 22))
)
HELLO = Content(text="Hello", post_key="p")


class Priced(ScriptedSink):
    """A sink with two windows, and a price for what has a link."""

    limits = Limits(windows=(WINDOW, replace(WINDOW, name="app", scope="app", cap=300)))

    def cost(self, content: Content) -> Decimal | None:
        return Decimal("0.2") if content.link else None


LINKED = Content(text="Hello", post_key="p", link="https://blog.example.org")


def test_a_sink_that_declares_nothing_takes_nothing() -> None:
    assert takes(ScriptedSink(), LINKED, LANE, None, NOW) == ()


def test_a_claim_takes_one_of_each_window_and_what_it_costs() -> None:
    found = takes(Priced(), LINKED, LANE, None, NOW)

    assert [(take.bucket.scope, take.bucket.key, take.amount, take.cap) for take in found] == [
        ("account", "a", 1, 17),
        ("app", "x", 1, 300),
        ("workspace", "w", 200_000, None),
    ]
    assert len(takes(Priced(), HELLO, LANE, None, NOW)) == 2


@pytest.mark.parametrize(("last", "pays"), [("doubtful", False), ("", False), ("transient", True), ("put_back", True)])
def test_a_try_that_may_be_out_has_paid_for_the_next_one(last: str, *, pays: bool) -> None:
    found = takes(Priced(), LINKED, LANE, last, NOW)

    assert (found[-1].bucket.name == MONEY) is pays


@pytest.mark.parametrize("state", list(State))
def test_only_the_money_of_what_was_not_published_comes_back(state: State) -> None:
    back = given_back(takes(Priced(), LINKED, LANE, None, NOW), state)

    assert [take.bucket.name for take in back] == ([MONEY] if state in {"planned", "rejected", "blocked"} else [])


def test_a_window_begins_with_its_first_post_or_at_midnight() -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)

    assert bounds(WINDOW, NOW) == (NOW, NOW + timedelta(hours=24))
    assert bounds(replace(WINDOW, resets="utc midnight"), NOW) == (midnight, midnight + timedelta(days=1))


@pytest.mark.parametrize(
    ("usage", "until"),
    [
        (Usage(), None),
        (Usage(left=1, until=NOW + timedelta(minutes=9)), None),
        (Usage(left=0, until=NOW + timedelta(minutes=9)), NOW + timedelta(minutes=9)),
        (Usage(left=0, until=NOW), None),
        (Usage(left=0, wait=timedelta(minutes=3)), NOW + timedelta(minutes=3)),
        (Usage(left=0), NOW + LOOK_AGAIN),
        (Usage(percent=94.9), None),
        (Usage(percent=95), NOW + LOOK_AGAIN),
        (Usage(left=0, until=NOW + timedelta(days=900)), NOW + timedelta(days=7)),
    ],
)
def test_a_bucket_is_held_once_nothing_or_nearly_nothing_is_left(usage: Usage, until: datetime | None) -> None:
    assert held_until(usage, NOW) == until
