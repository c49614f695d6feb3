"""`chappe lint`: check mapping files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from api.actions import reading
from api.actions.parameters import fill
from api.cli.main import EXIT_FINDINGS
from api.cli.progress import counted
from api.cli.session import AsJson, console, print_json
from api.cli.show import clean, count, say
from api.kinds import registry
from mappings.changes import Change, check_all
from mappings.findings import Finding, Severity

app = typer.Typer(add_completion=False)

Files = Annotated[list[Path], typer.Argument(help="Mapping files, or folders of them.", show_default=False)]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A value for ${NAME}; may be repeated.")
]

Values = Annotated[
    Path | None,
    typer.Option("--values", metavar="FILE", help="A YAML file of `NAME: value`, the parameters of one environment."),
]


@app.command()
def lint(files: Files, *, param: Parameters = None, values: Values = None, as_json: AsJson = False) -> None:
    """Check mapping files, without a database or a network: everything that is wrong, all at once.

    Each remark is `file:line:column  CODE  path  sentence`. It ends with 3 where there are errors.

    With --json: {"files": number, "findings": [{"file", "line", "column", "code", "path", "sentence", "severity"}]}.

    Example: chappe lint mappings/
    """
    filled = fill(param, values)
    found = Change("", reading.contents(files, values), filled.parameters)
    with counted("Files checked", as_json=as_json) as told:
        checked = check_all(found, registry(), told=told)
    remarks = [finding for one in checked for finding in one.findings] + filled.remarks(checked)
    if as_json:
        print_json({"files": len(found.files), "findings": [finding.as_dict() for finding in remarks]})
    else:
        show_findings(remarks)
        say(summary(len(found.files), remarks))
    if any(finding.severity is Severity.ERROR for finding in remarks):
        raise typer.Exit(EXIT_FINDINGS)


def show_findings(remarks: list[Finding]) -> None:
    """Print a line for each remark."""
    for finding in remarks:
        mark = "warning: " if finding.severity is Severity.WARNING else ""
        place = f"{finding.file}:{finding.line}:{finding.column}  {finding.code}  {finding.path}"
        console.print(Text(clean(f"{place}  {mark}{finding.sentence}")), soft_wrap=True)


def summary(files: int, remarks: list[Finding]) -> str:
    """Return how it went, in a sentence."""
    errors = sum(finding.severity is Severity.ERROR for finding in remarks)
    warnings = len(remarks) - errors
    if not remarks:
        return f"{count(files, 'file')}: nothing to remark."
    said = [count(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number]
    return f"{count(files, 'file')}: {' and '.join(said)}."
