"""`chappe lint`: check mapping files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from api.actions import reading
from api.actions.parameters import fill
from api.cli.findings_view import Form, Format, form_of, report
from api.cli.main import EXIT_FINDINGS
from api.cli.progress import counted
from api.cli.session import AsJson, console, print_json
from api.errors import UsageError
from api.kinds import registry
from engine.clock import SystemClock
from engine.errors import NotFoundError
from mappings.changing.changes import Change, check_all
from mappings.findings import did_you_mean, has_errors
from mappings.linting.reports import page_of
from mappings.rules import RULES

app = typer.Typer(add_completion=False)

Files = Annotated[list[Path], typer.Argument(help="Mapping files, or folders of them.", show_default=False)]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A value for ${NAME}; may be repeated.")
]

Values = Annotated[
    Path | None,
    typer.Option("--values", metavar="FILE", help="A YAML file of `NAME: value`, the parameters of one environment."),
]


Explain = Annotated[str | None, typer.Option(metavar="CODE", help="Show what a code means, with an example.")]


@app.command()
def lint(
    files: Annotated[list[Path] | None, typer.Argument(help="Mapping files, or folders of them.")] = None,
    *,
    explain: Explain = None,
    param: Parameters = None,
    values: Values = None,
    form: Format = None,
    as_json: AsJson = False,
) -> None:
    """Check mapping files, without a database or a network: everything that is wrong, all at once.

    On a terminal each remark shows its line of the file, elsewhere it is `file:line:column  CODE  path  sentence`.
    `--format sarif` is for code scanning, `--format github` for a workflow of GitHub. It ends with 3 where there are
    errors. `chappe check` looks up accounts and groups too. `chappe lint --explain CH102` shows what a code means.

    With --json: {"files": number, "findings": [{"file", "line", "column", "code", "path", "sentence", "severity"}]}.

    Example: chappe lint mappings/
    """
    if explain:
        _explain(explain.upper(), as_json=as_json)
        return
    if not files:
        raise UsageError("Name the files to check, or a code to explain: `chappe lint mappings/`.")
    filled = fill(param, values)
    found = Change("", reading.contents(files, values), filled.parameters)
    form = form_of(form, as_json=as_json)
    with counted("Files checked", as_json=form is Form.JSON) as told:
        checked = check_all(found, registry(), told=told, today=SystemClock().now().date())
    remarks = [finding for one in checked for finding in one.findings] + filled.remarks(checked)
    report(remarks, found.files, form)
    if has_errors(remarks):
        raise typer.Exit(EXIT_FINDINGS)


def _explain(code: str, *, as_json: bool) -> None:
    if code not in RULES:
        raise NotFoundError(f"There is no finding {code}.{did_you_mean(code, RULES)}")
    if as_json:
        rule = asdict(RULES[code])
        print_json({name: rule[name] for name in ("code", "title", "severity", "explanation", "remedy")})
    else:
        console.print(Markdown(page_of(RULES[code])))
