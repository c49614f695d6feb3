"""The table of rules: stable codes, and examples that fail and are mended as they say."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from mappings.changing.changes import Change, check_all
from mappings.rules import PARTS, RULES, git
from mappings.values import read_values
from tests.mappings.photographs import WITH_PICTURES

if TYPE_CHECKING:
    from mappings.findings import Finding, Rule

EVERY = [rule for part in PARTS for rule in part.RULES]
TODAY = date(2026, 11, 22)


def remarks(text: str, rule: Rule, beside: str = "", today: date = TODAY) -> list[Finding]:
    values = read_values(beside, rule.beside) if rule.beside == git.VALUES else read_values("", "")
    others = {rule.beside: beside} if rule.beside and rule.beside != git.VALUES else {}
    change = Change("", {"news.yaml": text} | others, values.parameters)
    checked = check_all(change, WITH_PICTURES, rule.known, today=today)
    found = values.unused(checked) if values.loaded.file else []
    return [*found, *(finding for one in checked for finding in one.findings)]


def test_every_code_is_given_once_and_in_order() -> None:
    codes = [rule.code for rule in EVERY]
    assert codes == sorted(set(codes))
    assert list(RULES) == codes
    assert all(re.fullmatch(r"CH[0-9]{3}", code) for code in codes)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.code)
def test_a_rule_says_what_it_is_about_and_what_to_do(rule: Rule) -> None:
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert rule.explanation.endswith(".")
    assert rule.remedy.endswith(".")


@pytest.mark.parametrize("rule", [rule for rule in EVERY if rule.failing], ids=lambda rule: rule.code)
def test_a_failing_example_has_this_finding_alone_and_the_mended_one_none(rule: Rule) -> None:
    text = rule.failing + "#" * rule.filler
    found = remarks(text, rule, rule.failing_beside, rule.failing_on or TODAY)
    assert [(finding.code, finding.severity) for finding in found] == [(rule.code, rule.severity)]
    assert remarks(rule.mended, rule, rule.mended_beside) == []


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.code)
def test_every_rule_has_an_example_a_document_or_a_tree_of_files(rule: Rule) -> None:
    assert bool(rule.failing and rule.mended) is not bool(rule.tree)
