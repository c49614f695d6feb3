"""How findings are shown: with the line of the file and a mark under the place, or in the form that was asked for."""

from __future__ import annotations

import re
import sys
from collections import Counter
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer
from rich.cells import cell_len
from rich.text import Text

from api.cli.session import console, print_json
from api.cli.show import clean, count, say
from api.errors import UsageError
from mappings.findings import Severity
from mappings.linting.reports import read_on, sarif, workflow_commands
from mappings.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mappings.findings import Finding

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'')
_WORD = re.compile(r"[^\s,\[\]{}]+")
_MOST = 100
"""Cells of a line that are shown before and behind the place."""


class Form(StrEnum):
    """How remarks are written."""

    TEXT = "text"
    SHORT = "short"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


Format = Annotated[
    Form | None,
    typer.Option("--format", "-f", help="How remarks are written; text on a terminal, short elsewhere."),
]


def form_of(form: Form | None, *, as_json: bool) -> Form:
    """Return the form that was asked for; --json is short for --format json."""
    if as_json and form not in (None, Form.JSON):
        message = "--json and another --format exclude each other. Keep one of them."
        raise UsageError(message)
    if as_json:
        return Form.JSON
    return form or (Form.TEXT if console.is_terminal else Form.SHORT)


def report(remarks: Sequence[Finding], files: Mapping[str, str | bytes], form: Form) -> None:
    """Write all remarks on these files."""
    if form is Form.JSON:
        print_json({"files": len(files), "findings": [finding.as_dict() for finding in remarks]})
    elif form is Form.SARIF:
        print_json(sarif(remarks, version("chappe")))
    elif form is Form.GITHUB:
        sys.stdout.writelines(f"{line}\n" for line in workflow_commands(remarks))
    elif form is Form.SHORT:
        show_findings(remarks)
        say(summary(len(files), remarks))
    else:
        show_places(remarks, files)
        say(summary(len(files), remarks))


def show_findings(remarks: Sequence[Finding]) -> None:
    """Print a line for each remark."""
    for finding in remarks:
        mark = "warning: " if finding.severity is Severity.WARNING else ""
        place = f"{finding.file}:{finding.line}:{finding.column}  {finding.code}  {finding.path}"
        console.print(Text(clean(f"{place}  {mark}{finding.told}")), soft_wrap=True)


def show_places(remarks: Sequence[Finding], files: Mapping[str, str | bytes]) -> None:
    """Print each remark with the line that it is about; what to do in general is said once for each code."""
    lines = {file: _lines(files[file]) for file in {finding.file for finding in remarks} & files.keys()}
    seen = Counter[str]()
    for finding in remarks:
        seen[finding.code] += 1
        console.print(_head(finding), soft_wrap=True)
        there = lines.get(finding.file, [])
        line = there[finding.line - 1] if 0 < finding.line <= len(there) else ""
        for drawn in _drawn(finding, line, first=seen[finding.code] == 1):
            console.print(drawn, soft_wrap=True)
        console.print()


def summary(files: int, remarks: Sequence[Finding]) -> str:
    """Return how it went, in a sentence."""
    errors = sum(finding.severity is Severity.ERROR for finding in remarks)
    warnings = len(remarks) - errors
    if not remarks:
        return f"{count(files, 'file')}: nothing to remark."
    said = [count(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number]
    return f"{count(files, 'file')}: {' and '.join(said)}."


def _lines(content: str | bytes) -> list[str]:
    text = content.decode("utf-8-sig", errors="replace") if isinstance(content, bytes) else content
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _head(finding: Finding) -> Text:
    style = _style(finding)
    return Text.assemble((f"{finding.severity.value}[{finding.code}]", style), (f": {clean(finding.sentence)}", "bold"))


def _drawn(finding: Finding, line: str, *, first: bool) -> list[Text]:
    """Return the lines under the head: the place, the line of the file with a mark, what to do and where to read on."""
    number = str(finding.line)
    gutter = " " * len(number)
    place = f"{finding.file}:{finding.line}:{finding.column}  {finding.path}"
    drawn = [Text.assemble((f"{gutter}--> ", "blue"), clean(place))]
    if line.strip():
        before, marked, behind = _cut(line, finding.column - 1)
        space = " " * cell_len(before)
        mark = Text.assemble((f"{gutter} | ", "blue"), space, ("^" * max(1, cell_len(marked)), _style(finding)))
        drawn += [Text(f"{gutter} |", style="blue"), Text.assemble((f"{number} | ", "blue"), before + marked + behind)]
        drawn.append(mark)
    if finding.example is not None:
        drawn.append(Text.assemble((f"{gutter} = ", "blue"), clean(finding.example.sentence)))
    rule = RULES.get(finding.code)
    if rule is not None and first:
        drawn.append(Text.assemble((f"{gutter} = ", "blue"), rule.remedy))
    return [*drawn, Text.assemble((f"{gutter} = ", "blue"), f"help: {read_on(finding.code)}")]


def _cut(line: str, column: int) -> tuple[str, str, str]:
    """Part a line at what is marked, as a terminal may show it: tabs are spaces, far ends are left out."""
    shown = clean(line.replace("\t", " "))
    found = _QUOTED.match(shown, column) or _WORD.match(shown, column)
    end = found.end() if found else min(column + 1, len(shown))
    marked = shown[column:end].removesuffix(":")[:_MOST]
    before, behind = shown[:column], shown[column + len(marked) :]
    before = before if len(before) <= _MOST else f"…{before[-_MOST:]}"
    return before, marked, behind if len(behind) <= _MOST else f"{behind[:_MOST]}…"


def _style(finding: Finding) -> str:
    return "bold red" if finding.severity is Severity.ERROR else "bold yellow"
