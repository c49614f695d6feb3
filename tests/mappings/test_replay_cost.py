"""What a replay says that a version costs: what the platform charges for each account, and for a month of such days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from connectors.shipped import ALL as CONNECTORS
from connectors.x.limits import COST_OF_POST
from engine.contract.registry import Registry
from engine.model.post import Post
from mappings.compiling import compile_document
from mappings.operators import ALL as OPERATORS
from mappings.rehearsal.events import Arrival
from mappings.rehearsal.replay import Replay, Side, Whom, played

MONDAY = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
TEXT = """\
mapping: news
sources:
  blog: {kind: feed, url: https://example.org/feed}
sinks:
  x: {kind: x_post, from: blog, account: acme}
"""
SHIPPED = Registry([*CONNECTORS, *OPERATORS])


def side(text: str, sink: str, accounts: dict[str, str]) -> Side:
    posts = [Arrival(f"p{nth}", "blog", Post(key=f"p{nth}", text="News"), MONDAY) for nth in range(3)]
    whom = Whom({sink: list(accounts)}, accounts)
    return played(compile_document(text, SHIPPED), posts, whom, version_id="v1", until=MONDAY + timedelta(days=5))


def test_each_account_is_charged_for_each_post_and_five_days_are_a_sixth_of_a_month() -> None:
    price = COST_OF_POST
    one, two = (side(TEXT, "x", names) for names in ({"a": "acme"}, {"a": "acme", "b": "acme-be"}))
    replay = Replay(MONDAY, MONDAY + timedelta(days=5), 3, one, two, ())

    assert (one.cost, two.cost) == (price * 3, price * 6)
    assert (replay.monthly(one), replay.monthly(two)) == (price * 18, price * 36)
    assert Decimal(replay.as_dict()["after"]["cost_per_month"]) == price * 36


def test_what_charges_nothing_costs_nothing() -> None:
    free = side(TEXT.replace("x: {kind: x_post", "page: {kind: facebook_page"), "page", {"a": "acme"})
    replay = Replay(MONDAY, MONDAY + timedelta(days=5), 3, free, free, ())

    assert len(free.outgoing) == 3
    assert (free.cost, replay.monthly(free)) == (None, None)
