"""Findings in the forms that other tools read: SARIF for code scanning, and commands of GitHub's workflows.

SARIF 2.1.0: docs.oasis-open.org/sarif/sarif/v2.1.0, and the commands: docs.github.com/en/actions, workflow commands,
both as they stood in November 2026.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from mappings.findings import Severity
from mappings.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mappings.findings import Finding, Rule, Tree

_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def page_of(rule: Rule) -> str:
    """Return all that is to be said of a code, as Markdown: why, what to do, an example with and without it."""
    parts = [f"# {rule.code} {rule.title}", rule.explanation, rule.remedy]
    heading = "Refused" if rule.severity is Severity.ERROR else "Remarked on"
    if rule.failing:
        shown = _UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], rule.failing.strip())
        day = f" (linted on {rule.failing_on})" if rule.failing_on else ""
        filler = f", with {rule.filler:,} characters of comments behind it" if rule.filler else ""
        parts += [f"{heading}{day}{filler}:", f"```text\n{shown}\n```", *_beside(rule, rule.failing_beside)]
    parts += [rule.instance] if rule.instance else []
    if rule.mended:
        parts += [
            "Mended (linted earlier):" if rule.failing_on else "Mended:",
            f"```yaml\n{rule.mended.strip()}\n```",
            *_beside(rule, rule.mended_beside),
        ]
    if rule.tree is not None:
        parts += [f"{heading}, a {rule.tree.what} with", _tree(rule.tree, rule.tree.failing)]
        parts += [f"Mended, a {rule.tree.what} with", _tree(rule.tree, rule.tree.mended)]
    if rule.known is not None:
        parts.append("`chappe check` and `chappe apply` find it: it depends on what the workspace has.")
    return "\n\n".join(parts)


def _beside(rule: Rule, text: str) -> list[str]:
    return [f"with `{rule.beside}` beside it:", f"```yaml\n{text.strip()}\n```"] if rule.beside else []


def _tree(tree: Tree, files: Mapping[str, str]) -> str:
    lines = (f"{name} -> {text}" if name in tree.links else name for name, text in files.items())
    return "\n".join(("```text", *lines, "```"))


def read_on(code: str) -> str:
    """Return the command that shows the page of a code, wherever Chappe is installed."""
    return f"chappe lint --explain {code}"


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
        "help": {"text": rule.remedy, "markdown": page_of(rule)},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    place = {"artifactLocation": {"uri": quote(finding.file)}, "region": region}
    logical = [{"fullyQualifiedName": finding.path}]
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity.value,
        "message": {"text": finding.told},
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
    return f"::{finding.severity.value} {properties}::{_escaped(f'{finding.told} See `{read_on(finding.code)}`.')}"


def _escaped(text: str, also: str = "") -> str:
    """Escape what would end a command, and in a property what would end the property."""
    return "".join(f"%{ord(letter):02X}" if letter in f"%\r\n{also}" else letter for letter in text)
