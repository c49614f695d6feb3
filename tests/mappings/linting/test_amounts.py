"""How much came lately is counted with, and what is let go at once is played through owners' caps."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from connectors.feed.source import Feed
from connectors.shipped import ALL as CONNECTORS
from engine.contract.registry import Registry
from engine.model.consent import Terms
from mappings.known import Known
from mappings.linting.lint import lint
from mappings.operators import ALL as OPERATORS
from mappings.rules.sample import sample

SHIPPED = Registry([*CONNECTORS, *OPERATORS])
BLOG = SHIPPED.sources["feed"](Feed.Config.model_validate({"url": "https://example.org/feed"})).identity()
NOON = "noon: {kind: slots, from: blog, at: '12:30', timezone: Europe/Paris}"
STORE = "store: {kind: tank, from: blog, every: 4h}"
MONDAY = "monday: {kind: slots, from: blog, days: mon, between: '09:00-18:00', timezone: Europe/Paris}"


def found(text: str, weekly: int | None = None, terms: Terms | None = None, money: str = "") -> list[tuple[str, str]]:
    rates = {(BLOG, ""): Fraction(weekly)} if weekly is not None else {}
    known = Known(
        accounts={"lea": "linkedin", "acme": "x"},
        terms={"lea": terms} if terms else {},
        money=Decimal(money) if money else None,
        rates=rates,
    )
    return [(one.code, one.sentence) for one in lint(text, "n", SHIPPED, known=known)]


def lea(operators: str = "", feeds: str = "blog", title: str = "") -> str:
    return sample(operators, feeds=feeds, kind="linkedin_member", sink="account: lea", title=title)


@pytest.mark.parametrize(("weekly", "said"), [
    (None, []),
    (7, []),
    (8, ["Lately, 8 posts a week came from `blog`, and at most 7 can leave `noon`."]),
])  # fmt: skip
def test_what_came_lately_piles_up_where_less_can_leave(weekly: int | None, said: list[str]) -> None:
    sentences = [sentence for _, sentence in found(sample(NOON, feeds="noon"), weekly)]
    assert [sentence.removesuffix(" The others wait longer and longer.") for sentence in sentences] == said


def test_a_store_gives_no_more_than_came_and_a_kept_post_as_often_as_it_says() -> None:
    two = Terms(max_per_day=2)
    again = STORE.replace("4h", "4h, publications: 2")
    kept = f"jobs: {{kind: keep, from: blog, hashtag: x}}\n{STORE.replace('blog', 'jobs')}"

    assert [code for code, _ in found(lea(STORE, "store"), None, two)] == ["CH310"]
    assert found(lea(STORE, "store"), 14, two) == []
    assert found(lea(again, "store"), 7, two) == []
    assert [said for _, said in found(lea(again, "store"), 8, two)] == [
        "Lately, 16 posts a week came from `blog`; the owners of 1 account allow at most 14."
    ]
    assert found(lea(kept, "store"), 14, two) == []
    assert [said for _, said in found(lea(kept, "store"), 15, two)] == [
        "Up to 15 posts a week come from `store`; the owners of 1 account allow at most 14."
    ]


def test_what_came_lately_is_held_against_owners_hours_and_the_months_money() -> None:
    hours = Terms(hours=("09:00-10:30",), days=("mon", "wed"), zone="Europe/Paris")
    text = sample(kind="x_post", sink="account: acme")

    assert hours.per_week == 8
    assert found(lea(), 8, hours) == []
    assert [code for code, _ in found(lea(), 9, hours)] == ["CH310"]
    assert found(text, 7, money="0.45") == []
    ((code, said),) = found(text, 7, money="0.44")
    assert code == "CH311"
    assert said.startswith("Lately, 7 posts a week came from `blog`, for 1 account: at $0.015 each or more, $0.45 in")


@pytest.mark.parametrize(("terms", "weekly"), [
    (Terms(), 56), (Terms(max_per_hour=0), 0), (Terms(hours=("00:00-24:00",), zone="UTC"), 56),
    (Terms(hours=("22:00-01:00",), days=("sat",), zone="UTC", max_per_hour=1), 3),
])  # fmt: skip
def test_the_most_of_a_week_follows_from_caps_days_and_hours(terms: Terms, weekly: int) -> None:
    assert terms.per_week == weekly


def test_the_networks_own_window_is_kept_to_without_a_workspace() -> None:
    often = lea(STORE.replace("4h", "9m"), "store")
    [finding] = lint(often, "n", SHIPPED)

    assert (finding.code, finding.path) == ("CH221", "sinks.hook")
    assert finding.sentence == (
        "Up to 1120 posts a week come from `store`; LinkedIn member takes at most 1050 of an account."
    )


@pytest.mark.parametrize(("text", "weekly", "terms", "late"), [
    (lea(MONDAY, "monday"), 20, Terms(max_per_day=2), ["CH310"]),  # too many whenever they go
    (lea(MONDAY, "monday"), 20, Terms(), ["CH312"]),  # all on Monday, and 8 of them on time
    (lea(MONDAY, "monday"), None, Terms(), []),  # nobody knows how many come
    (lea(MONDAY, "monday"), 8, Terms(), []),
    (lea(MONDAY, "monday", "News\nmax_age: 3d"), 20, Terms(), []),
    (lea(MONDAY.replace("mon,", "mon-sun,"), "monday"), 20, Terms(), []),
    (lea(f"{MONDAY}\nx: {{kind: keep, from: monday, hashtag: x}}", "x"), 20, Terms(), []),
])  # fmt: skip
def test_what_is_let_go_at_once_is_too_late_for_the_caps_of_the_day(
    text: str, weekly: int | None, terms: Terms, late: list[str]
) -> None:
    assert [code for code, _ in found(text, weekly, terms)] == late


def test_how_many_are_too_late_is_said_with_the_reason() -> None:
    ((_, said),) = found(lea(MONDAY, "monday"), 20, Terms())

    assert said == (
        "`monday` lets several posts go at once, and the owner of 1 account allows 2 an hour and 8 a day: of 20 posts "
        "a week, 11 would wait longer than `max_age` (1d), and never go out."
    )


@pytest.mark.parametrize(("every", "age", "said"), [
    ("25h", "24h", "`blog` is read every 25h: a post that was published longer than 1d before is never taken."),
    ("24h", "24h", ""),
    ("", "10m", "`blog` is read every 15m: a post that was published longer than 10m before is never taken."),
])  # fmt: skip
def test_a_source_that_is_read_too_seldom_is_named_with_both_times(every: str, age: str, said: str) -> None:
    source = f"blog: {{kind: feed, url: https://example.org/feed{f', every: {every}' if every else ''}}}"
    sentences = [one.sentence for one in lint(sample(source=source, title=f"News\nmax_age: {age}"), "n", SHIPPED)]

    assert [sentence.startswith(said) for sentence in sentences] == ([True] if said else [])
