"""The table of rules: stable codes, and examples that fail and are mended as they say."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from connectors.shipped import ALL as CONNECTORS
from engine.contract.registry import Registry
from mappings.changes import Change, check_all
from mappings.operators import ALL as OPERATORS
from mappings.rules import PARTS, RULES, git

if TYPE_CHECKING:
    from mappings.findings import Finding, Rule

EVERY = [rule for part in PARTS for rule in part.RULES]
SHIPPED = Registry([*CONNECTORS, *OPERATORS])
TODAY = date(2026, 11, 22)


def remarks(text: str, rule: Rule) -> list[Finding]:
    [checked] = check_all(Change("", {"news.yaml": text}), SHIPPED, rule.known, today=TODAY)
    return checked.findings


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
    found = remarks(rule.failing, rule)
    assert [(finding.code, finding.severity) for finding in found] == [(rule.code, rule.severity)]
    assert remarks(rule.mended, rule) == []


def test_only_rules_about_sizes_files_and_days_have_no_example() -> None:
    others = {rule.code for rule in git.RULES}  # of files beside mappings: their own tests have examples
    assert {rule.code for rule in EVERY if not rule.failing} - others == {
        "CH002", "CH304", "CH305", "CH401",
    }  # fmt: skip
