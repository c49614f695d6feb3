"""`chappe test`: run the tests of mappings."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from api.actions import reading, testing
from api.actions.parameters import fill
from api.actions.testing import Asked
from api.cli.findings_view import show_findings
from api.cli.lint import Files, Parameters, Values
from api.cli.main import EXIT_FAILED, EXIT_FINDINGS
from api.cli.progress import counted
from api.cli.session import AsJson, console, print_json
from api.cli.show import clean, count, say
from api.kinds import registry
from mappings.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.actions.testing import Report, Tested, Told
    from mappings.findings import Finding

app = typer.Typer(add_completion=False)


@app.command("test")
def run(  # noqa: PLR0913  # each is an option
    files: Files,
    *,
    only: Annotated[str, typer.Option("-k", metavar="WORDS", help="Only tests whose names have these words.")] = "",
    update: Annotated[
        bool,
        typer.Option("--update", help="Write what each network shows into NAME.snapshots.yaml beside the mapping."),
    ] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a report in the form of JUnit.")] = None,
    param: Parameters = None,
    values: Values = None,
    as_json: AsJson = False,
) -> None:
    """Run the `tests:` of mapping files, without a database or a network, on a clock of their own.

    Posts go in at the nodes that a test names, and what comes to its nodes is compared with what it expects. Where a
    mapping has a file of snapshots beside it, so is what each network shows. It ends with 1 where a test is not as
    expected or none has the words of -k, and with 3 where a file has errors.

    With --json: {"tests": [{"file", "mapping", "name", "line", "passed", "missed": [{"line", "column", "path",
    "expected", "got"}]}], "findings": [...], "updated": [files of snapshots]}.

    Example: chappe test mappings/
    """
    asked = Asked(reading.contents(files, values), fill(param, values).parameters, only, update)
    with counted("Files tested", as_json=as_json) as told:
        report = testing.run_tests(asked, registry(), told)
    broken = [finding for finding in report.broken if finding.severity is Severity.ERROR]
    if junit is not None:
        _write(junit, report)
    if as_json:
        print_json(
            {
                "tests": [_as_data(one) for one in report.tested],
                "findings": [finding.as_dict() for finding in report.broken],
                "updated": report.updated,
            }
        )
    else:
        _show(report, only)
    if broken:
        raise typer.Exit(EXIT_FINDINGS)
    if report.failed or (report.left_out and not report.tested):
        raise typer.Exit(EXIT_FAILED)


def _show(report: Report, only: str) -> None:
    show_findings(report.broken)
    for one in report.failed:
        say(f"{one.file}:{one.line}  {one.mapping}: {one.name}", style="bold")
        for told in one.missed:
            _show_miss(one.file, told)
    for file in report.updated:
        say(f"Written: {file}")
    say(_summary(report, only))


def _show_miss(file: str, told: Told) -> None:
    say(f"  {file}:{told.line}:{told.column}  {told.path}")
    for label, text in (("expected", told.expected), ("got", told.got)):
        lines = clean(text).split("\n")
        head = [f"    {label + ':':<10}{lines[0]}"] if len(lines) == 1 else [f"    {label}:"]
        for line in [*head, *(f"      {line}" for line in lines if len(lines) > 1)]:
            console.print(Text(line), soft_wrap=True)


def _summary(report: Report, only: str) -> str:
    passed = len(report.tested) - len(report.failed)
    if not report.tested and report.left_out:
        many = (
            "The only test does not match" if report.left_out == 1 else f"None of the {report.left_out} tests matches"
        )
        return f"{many} -k {only}."
    if not report.tested:
        return "There is no test: write some under `tests:`." if not report.broken else "No test was run."
    failed = f"{len(report.failed)} not as expected, " if report.failed else ""
    return f"{count(len(report.tested), 'test')}: {failed}{passed} as expected."


def _as_data(one: Tested) -> dict[str, object]:
    return {
        "file": one.file, "mapping": one.mapping, "name": one.name, "line": one.line, "passed": one.passed,
        "missed": one.missed,
    }  # fmt: skip


def _write(path: Path, report: Report) -> None:
    try:
        path.write_text(junit_of(report), encoding="utf-8")
    except OSError as error:
        raise reading.FileReadError(f"{path} cannot be written: {error.strerror}.") from error


def junit_of(report: Report) -> str:
    """Return a report as continuous integration reads it: a suite for each file, with errors for what is wrong."""
    suites: dict[str, list[Tested]] = {}
    for one in report.tested:
        suites.setdefault(one.file, []).append(one)
    broken: dict[str, list[Finding]] = {}
    for finding in report.broken:
        if finding.severity is Severity.ERROR:
            broken.setdefault(finding.file, []).append(finding)
    lines = [line for file, tests in suites.items() for line in _suite(file, tests)]
    lines += [line for file, findings in broken.items() for line in _broken(file, findings)]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", *lines, "</testsuites>", ""])


def _suite(file: str, tests: list[Tested]) -> Iterable[str]:
    failed = sum(not one.passed for one in tests)
    yield f'<testsuite name="{_safe(file)}" tests="{len(tests)}" failures="{failed}">'
    for one in tests:
        named = f'classname="{_safe(one.mapping)}" name="{_safe(one.name)}"'
        yield f'<testcase {named} file="{_safe(file)}" line="{one.line}">'
        for told in one.missed:
            words = f"{file}:{told.line}:{told.column}  {told.path}\nexpected: {told.expected}\ngot: {told.got}"
            yield f'<failure message="{_safe(told.path)}">{_safe(words)}</failure>'
        yield "</testcase>"
    yield "</testsuite>"


def _broken(file: str, findings: list[Finding]) -> Iterable[str]:
    yield f'<testsuite name="{_safe(file)}" tests="{len(findings)}" failures="0" errors="{len(findings)}">'
    for one in findings:
        named = f'classname="{_safe(file)}" name="{_safe(f"{one.code} {one.path}")}"'
        yield f'<testcase {named} file="{_safe(file)}" line="{one.line}">'
        yield f'<error message="{_safe(one.sentence)}">{_safe(str(one))}</error>'
        yield "</testcase>"
    yield "</testsuite>"


def _safe(text: str) -> str:
    return escape(clean(text))
