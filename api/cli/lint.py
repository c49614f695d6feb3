"""`chappe lint`: check mapping files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.actions import reading
from api.actions.parameters import fill
from api.cli.findings_view import Form, Format, form_of, report
from api.cli.main import EXIT_FINDINGS
from api.cli.progress import counted
from api.cli.session import AsJson
from api.kinds import registry
from engine.clock import SystemClock
from mappings.changing.changes import Change, check_all
from mappings.findings import has_errors

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
def lint(
    files: Files,
    *,
    param: Parameters = None,
    values: Values = None,
    form: Format = None,
    as_json: AsJson = False,
) -> None:
    """Check mapping files, without a database or a network: everything that is wrong, all at once.

    On a terminal each remark shows its line of the file, elsewhere it is `file:line:column  CODE  path  sentence`.
    `--format sarif` is for code scanning, `--format github` for a workflow of GitHub. It ends with 3 where there are
    errors. `chappe check` looks up accounts and groups too.

    With --json: {"files": number, "findings": [{"file", "line", "column", "code", "path", "sentence", "severity"}]}.

    Example: chappe lint mappings/
    """
    filled = fill(param, values)
    found = Change("", reading.contents(files, values), filled.parameters)
    form = form_of(form, as_json=as_json)
    with counted("Files checked", as_json=form is Form.JSON) as told:
        checked = check_all(found, registry(), told=told, today=SystemClock().now().date())
    remarks = [finding for one in checked for finding in one.findings] + filled.remarks(checked)
    report(remarks, found.files, form)
    if has_errors(remarks):
        raise typer.Exit(EXIT_FINDINGS)
