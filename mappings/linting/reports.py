"""Findings in the forms that other tools read: SARIF for code scanning, and commands of GitHub's workflows.

SARIF 2.1.0: docs.oasis-open.org/sarif/sarif/v2.1.0, and the commands: docs.github.com/en/actions, workflow commands,
both as they stood in November 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from mappings.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mappings.findings import Finding, Rule

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def page(code: str) -> str:
    """Return where the docs explain a code, from the top of the repository."""
    return f"docs/reference/findings/{code}.md"


def sarif(findings: Sequence[Finding], version: str) -> dict[str, Any]:
    """Return a SARIF log with one run, in which every rule stands that has a finding."""
    codes = sorted({finding.code for finding in findings})
    driver = {"name": "chappe", "version": version, "rules": [_rule(RULES[code]) for code in codes]}
    results = [_result(finding, codes.index(finding.code)) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": f"{rule.remedy} See {page(rule.code)}.", "markdown": _markdown(rule)},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _markdown(rule: Rule) -> str:
    """Return what a rule is about, what to do, and its mended example: whoever reads it has no docs beside it."""
    example = f"\n\nMended:\n\n```yaml\n{rule.mended.strip()}\n```" if rule.mended else ""
    return f"{rule.explanation}\n\n{rule.remedy}{example}"


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    place = {"artifactLocation": {"uri": quote(finding.file)}, "region": region}
    logical = [{"fullyQualifiedName": finding.path}]
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity.value,
        "message": {"text": finding.sentence},
        "locations": [{"physicalLocation": place, "logicalLocations": logical}],
    }


def workflow_commands(findings: Iterable[Finding]) -> list[str]:
    """Return a workflow command for each finding: GitHub shows it beside the line in a pull request."""
    return [_annotation(finding) for finding in findings]


def _annotation(finding: Finding) -> str:
    rule = RULES.get(finding.code)
    title = f"{finding.code} {rule.title}" if rule else finding.code
    given = {"file": finding.file, "line": finding.line, "col": finding.column, "title": title}
    properties = ",".join(f"{key}={_escaped(str(value), also=':,')}" for key, value in given.items())
    return f"::{finding.severity.value} {properties}::{_escaped(f'{finding.sentence} See {page(finding.code)}.')}"


def _escaped(text: str, also: str = "") -> str:
    """Escape what would end a command, and in a property what would end the property."""
    return "".join(f"%{ord(letter):02X}" if letter in f"%\r\n{also}" else letter for letter in text)
