"""What does nothing is remarked on, and what only looks like it is not."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from connectors.shipped import ALL as CONNECTORS
from connectors.x.limits import LIMITS
from engine.contract.registry import Registry
from engine.model.consent import Terms
from mappings.changing.changes import Change, check_all
from mappings.known import Known
from mappings.linting.lint import lint
from mappings.operators import ALL as OPERATORS
from mappings.rules.sample import sample

SHIPPED = Registry([*CONNECTORS, *OPERATORS])
TODAY = date(2026, 11, 22)
JOBS = "jobs: {kind: keep, from: blog, hashtag: hiring}"
STORE = "a: {kind: tank, from: blog, every: 1d}"
ZONE = "timezone: Europe/Paris"
PAGE = "page: {kind: facebook_page, account: acme}"


def codes(text: str, today: date = TODAY) -> list[str]:
    return [finding.code for finding in lint(text, "news.yaml", SHIPPED, today=today)]


@pytest.mark.parametrize(
    ("operators", "feeds", "found"),
    [
        (JOBS, "[jobs, blog]", []),  # the narrower way first: each has posts of its own
        (JOBS, "[blog, jobs]", ["CH211"]),
        (f"{JOBS}\nlate: {{kind: delay, from: blog, for: 1h}}", "[late, jobs]", []),
        ("late: {kind: delay, from: blog, for: 1h}", "[late, blog]", ["CH211"]),
        ("store: {kind: tank, from: blog, every: 1d, publications: 3}", "[blog, store]", []),  # goes out again
        ("a: {kind: route, from: blog, ports: {x: {hashtag: a}, y: {hashtag: b}}}", "[a.x, a.y]", []),
        ((f"a: {{kind: slots, from: blog, days: fri, between: '22:00-02:00', {ZONE}}}\n"
         f"b: {{kind: slots, from: a, days: sat, at: '01:00', {ZONE}}}"), "b", []),
        ((f"a: {{kind: slots, from: blog, days: sun, between: '22:00-02:00', {ZONE}}}\n"
         f"b: {{kind: slots, from: a, days: mon, at: '01:00', {ZONE}}}"), "b", []),
        ("a: {kind: keep, from: blog, language: fr}\nb: {kind: keep, from: a, language: fr-CA}", "b", []),
        ("a: {kind: drop, from: blog, language: fr}\nb: {kind: keep, from: a, language: [fr, nl]}", "b", []),
        ("a: {kind: keep, from: blog, length: {min: 9}}\nb: {kind: drop, from: a, length: {min: 9}}", "b", ["CH214"]),
        (("a: {kind: keep, from: blog, length: {min: 9}}\nb: {kind: write, from: a, text: x}\n"
         "c: {kind: keep, from: b, length: {max: 3}}"), "c", []),
        (("a: {kind: keep, from: blog, age: {older: 1h}}\nb: {kind: delay, from: a, for: 1d}\n"
         "c: {kind: drop, from: b, age: {older: 1h}}"), "c", []),
        (("a: {kind: keep, from: blog, link: {has: true}}\nb: {kind: keep, from: a, link: {has: false}}\n"
         "c: {kind: keep, from: b, language: fr}"), "c", ["CH214"]),
        (("a: {kind: write, from: blog, hashtags: x}\n"
         "b: {kind: write, from: a, text: '{{ post.text | truncate_to_fit }}'}"), "b", []),
        (f"{STORE}\nb: {{kind: pace, from: a, at_most: 7, per: 7d}}", "b", []),
        (f"{STORE}\nb: {{kind: pace, from: a, at_most: 6, per: 7d}}", "b", ["CH217"]),
        (f"{STORE}\nb: {{kind: pace, from: a, at_most: 9, per: 7d, gap: 2d}}", "b", ["CH217"]),
        (f"{STORE}\nb: {{kind: pace, from: a, at_most: 6, per: 7d, overflow: drop}}", "b", []),
        (f"{STORE}\nb: {{kind: slots, from: a, days: mon, between: '09:00-10:00', {ZONE}}}", "b", []),
        (f"{STORE}\nb: {{kind: keep, from: a, language: fr}}\nc: {{kind: pace, from: b, at_most: 1, per: 7d}}",
         "c", []),
        (f"{STORE}\nb: {{kind: delay, from: a, for: 1h}}\nc: {{kind: pace, from: b, at_most: 1, per: 7d}}", "c",
         ["CH217"]),
        (("a: {kind: pace, from: blog, at_most: 3, per: 1d}\n"
         f"b: {{kind: slots, from: a, at: '12:30', {ZONE}}}"), "b", []),  # how many come, nobody knows
    ],
)  # fmt: skip
def test_only_what_follows_from_the_document_is_remarked_on(operators: str, feeds: str, found: list[str]) -> None:
    assert codes(sample(operators, feeds=feeds)) == found


@pytest.mark.parametrize(("most", "said"), [
    ("at_most: 1, per: 2d", "Up to 7 posts a week come from `a`, and at most 3.5 can leave `b`."),
    ("at_most: 1, per: 14d", "Up to 364 posts a year come from `a`, and at most 26 can leave `b`."),
])  # fmt: skip
def test_what_piles_up_is_said_with_both_numbers(most: str, said: str) -> None:
    text = sample(f"{STORE}\nb: {{kind: pace, from: a, {most}}}", feeds="b")
    [finding] = lint(text, "news.yaml", SHIPPED, today=TODAY)

    assert finding.sentence.startswith(said)


def test_limits_grow_old() -> None:
    text = sample(kind="x_post", sink="account: acme")
    read = min(fact.read for fact in LIMITS.facts)

    assert codes(text, read + timedelta(days=180)) == []
    assert codes(text, read + timedelta(days=181)) == ["CH401"]


@pytest.mark.parametrize(("caps", "more", "said"), [
    ({"lea": 1, "karim": 1}, "", None),
    ({"lea": 0, "karim": 1}, "", "Up to 7 posts a week come from `a`; the owners of 1 account allow at most 0."),
    ({"lea": 0, "karim": 0}, "", "Up to 7 posts a week come from `a`; the owners of 2 accounts allow at most 0."),
    ({"lea": 0}, "approval: editor", None),  # an editor may take some out
    ({"zoe": 0}, "", None),
])  # fmt: skip
def test_more_than_owners_allow_is_counted_by_the_week(caps: dict[str, int], more: str, said: str | None) -> None:
    members = {("friends", "linkedin"): ("lea", "karim")}
    known = Known(
        audiences=frozenset({"friends"}),
        members=members,
        terms={name: Terms(max_per_day=most) for name, most in caps.items()},
    )
    text = sample(STORE, feeds="a", kind="linkedin_member", sink=f"audience: friends\n    {more}")
    found = lint(text, "news.yaml", SHIPPED, known=known)

    assert [(one.code, one.sentence) for one in found] == ([("CH310", said)] if said else [])


@pytest.mark.parametrize(("money", "said"), [
    (None, None),
    ("0.90", None),
    ("0.89", "at $0.015 each or more, $0.90 in 30 days. The month's money is $0.89."),
])  # fmt: skip
def test_more_than_the_money_of_the_month_is_told_with_its_sum(money: str | None, said: str | None) -> None:
    members = {("friends", "x"): ("lea", "karim")}
    known = Known(audiences=frozenset({"friends"}), members=members, money=Decimal(money) if money else None)
    words = "variants: ['{{ post.text }}', 'With us: {{ post.text }}']"
    text = sample(STORE, feeds="a", kind="x_post", sink=f"audience: friends\n    {words}")
    found = lint(text, "news.yaml", SHIPPED, known=known)

    told = f"Up to 7 posts a week come from `a`, for 2 accounts: {said}"
    assert [(one.code, one.sentence) for one in found] == ([("CH311", told)] if said else [])


def test_what_stands_between_bounds_how_many_come() -> None:
    known = Known(accounts={"lea": "linkedin"}, terms={"lea": Terms(max_per_day=0)})
    between = f"{STORE}\nb: {{kind: pace, from: a, at_most: 3, per: 7d, overflow: drop}}"
    text = sample(between, feeds="b", kind="linkedin_member", sink="account: lea")
    [finding] = lint(text, "news.yaml", SHIPPED, known=known)

    assert finding.sentence.startswith("Up to 3 posts a week")


def test_files_that_carry_posts_in_a_round_are_named_together() -> None:
    there = sample(source=PAGE, feeds="page", kind="facebook_page", sink="account: acme-be")
    back = there.replace("acme", "x").replace("x-be", "acme").replace("account: x", "account: acme-be")
    files = {"there.yaml": there, "back.yaml": back.replace("mapping: news", "mapping: back")}
    found = check_all(Change("", files), SHIPPED)

    assert [[finding.code for finding in one.findings] for one in found] == [["CH309"], ["CH309"]]
    assert "acme → acme-be → acme" in found[0].findings[0].sentence
