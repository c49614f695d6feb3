"""`chappe check`: check mapping files against what the workspace knows."""

from __future__ import annotations

import typer

from api.actions import applying, reading
from api.actions.parameters import fill
from api.cli.findings_view import Form, Format, form_of, report
from api.cli.lint import Files, Parameters, Values
from api.cli.main import EXIT_FINDINGS
from api.cli.progress import counted
from api.cli.session import AsJson, InWorkspace, Session, inside
from api.kinds import registry
from mappings.changing.changes import Change
from mappings.findings import has_errors
from mappings.linting.lint import Checked

app = typer.Typer(add_completion=False)


@app.command()
def check(
    files: Files,
    *,
    param: Parameters = None,
    values: Values = None,
    form: Format = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Check mapping files as `chappe lint` does, and against the workspace: what `chappe apply` would remark.

    Accounts and groups are looked up, how many people have an account, who let posts be published for them, and the
    other mappings that run. Nothing is changed. It ends with 3 where there are errors.

    With --json: {"files": number, "findings": [{"file", "line", "column", "code", "path", "sentence", "severity"}]}.

    Example: chappe check mappings/
    """
    filled = fill(param, values)
    contents = reading.contents(files, values)
    form = form_of(form, as_json=as_json)

    async def work(opened: Session) -> list[Checked]:
        change = Change(opened.workspace.id, contents, filled.parameters)
        with counted("Files checked", as_json=form is Form.JSON) as told:
            return await applying.checked(opened.store, registry(), change, opened.clock.now(), told)

    found = inside(workspace, work)
    remarks = [finding for one in found for finding in one.findings] + filled.remarks(found)
    report(remarks, contents, form)
    if has_errors(remarks):
        raise typer.Exit(EXIT_FINDINGS)
