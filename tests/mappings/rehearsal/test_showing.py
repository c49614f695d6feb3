"""Findings bring posts that show them, and only such as were tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.shipped import ALL as CONNECTORS
from engine.contract.registry import Registry
from mappings.changing.changes import Change, check_all
from mappings.linting.reports import page_of, sarif, workflow_commands
from mappings.operators import ALL as OPERATORS
from mappings.rules import RULES
from mappings.rules.sample import sample

if TYPE_CHECKING:
    from mappings.findings import Finding, Rule

SHIPPED = Registry([*CONNECTORS, *OPERATORS])
SHOWN = [rule for rule in RULES.values() if rule.instance]


def found(text: str) -> list[Finding]:
    [checked] = check_all(Change("", {"news.yaml": text}), SHIPPED)
    return checked.findings


@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.code)
def test_what_a_page_shows_is_what_the_failing_example_gives(rule: Rule) -> None:
    [finding] = found(rule.failing)

    assert finding.example is not None
    assert finding.example.sentence == rule.instance
    assert rule.instance in page_of(rule)
    assert finding.as_dict()["example"]["post"] == finding.example.post
    assert sarif([finding], "1")["runs"][0]["results"][0]["message"]["text"].endswith(rule.instance)
    assert "For instance" in workflow_commands([finding])[0]


def test_every_kind_of_finding_that_can_be_shown_has_its_post_on_its_page() -> None:
    assert [rule.code for rule in SHOWN] == ["CH211", "CH214", "CH215"]


def test_a_post_that_loses_its_hashtags_is_longer_than_the_cut() -> None:
    [finding] = found(RULES["CH215"].failing.replace("100", "400"))

    assert finding.example is not None
    assert len(finding.example.post) + len(" #Acme") > 400
    assert len(finding.example.shown) == 400
    assert "#Acme" not in finding.example.shown


def test_a_post_has_what_the_conditions_before_ask_for() -> None:
    jobs = "jobs: {kind: keep, from: blog, hashtag: hiring}"
    [finding] = found(sample(jobs, feeds="[blog, jobs]"))

    assert finding.example is not None
    assert "#hiring" in finding.example.post


@pytest.mark.parametrize(("operators", "feeds", "code"), [
    ("jobs: {kind: keep, from: blog, text: {matches: '^[0-9]+$'}}", "[blog, jobs]", "CH211"),
    ("a: {kind: keep, from: blog, title: {contains: x}, language: fr}\nb: {kind: keep, from: a, language: nl}", "b",
     "CH214"),
    (("a: {kind: write, from: blog, hashtags: x}\n"
      "b: {kind: write, from: a, text: '{{ post.text | truncate: 100000 }}'}"), "b", "CH215"),
])  # fmt: skip
def test_what_no_post_was_found_for_is_told_without_one(operators: str, feeds: str, code: str) -> None:
    [finding] = found(sample(operators, feeds=feeds))

    assert (finding.code, finding.example) == (code, None)
    assert "example" not in finding.as_dict()
    assert finding.told == finding.sentence


def test_only_the_first_findings_of_a_document_get_a_post() -> None:
    pairs = "\n".join(f"a{n}: {{kind: keep, from: blog, hashtag: x}}\nb{n}: {{kind: drop, from: a{n}, hashtag: x}}"
                      for n in range(5))  # fmt: skip
    remarks = found(sample(pairs, feeds=f"[{', '.join(f'b{n}' for n in range(5))}]"))

    assert [one.code for one in remarks if one.code == "CH214"] == ["CH214"] * 5
    assert sum(one.example is not None for one in remarks) == 3
