"""`chappe apply`: save mapping files as versions and make them run."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import applying, reading
from api.actions.applying import Change
from api.cli.lint import Files, Parameters, show_findings
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json
from api.cli.show import count, say, table
from api.kinds import registry
from mappings.findings import Finding

app = typer.Typer()


@app.command()
def apply(
    files: Files,
    *,
    param: Parameters = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Lint mapping files, then save and activate them together: all of them, or none.

    What is under way keeps the version it was planned with. It ends with 3 where a file has errors.

    With --json: {"dry_run": bool, "changes": [{"mapping", "file", "what": new|changed|unchanged, "number", "sources",
    "operators", "sinks", "added", "removed", "altered", "backlog"}], "findings": [...], "missing_secrets": [...]}.

    Example: chappe apply mappings/ --dry-run
    """
    found = reading.found(files)
    parameters = reading.parameters_of(param or ())

    async def work(opened: Session) -> tuple[list[Change], list[Finding], list[str]]:
        store, here = opened.store, opened.workspace.id
        known = await applying.known_names(store, here)
        checked = reading.linted(found, registry(), parameters=parameters, known=known)
        applying.refuse(checked)
        reading.refuse_twins(checked)
        if dry_run:
            done = await applying.changes(store, here, checked)
        else:
            done = await applying.apply(store, here, checked, opened.clock.now())
        return done, reading.findings(checked), await applying.missing_secrets(store, here, checked)

    done, remarks, missing = inside(workspace, work)
    if as_json:
        given = {"dry_run": dry_run, "changes": done, "findings": [each.as_dict() for each in remarks]}
        print_json(given | {"missing_secrets": missing})
        return
    show_findings(remarks)
    _show(done, missing, dry_run=dry_run)


def _show(done: list[Change], missing: list[str], *, dry_run: bool) -> None:
    rows = [
        (each.mapping, each.what, each.number, each.sources, each.operators, each.sinks, each.file) for each in done
    ]
    table(("Mapping", "Change", "Version", "Sources", "Operators", "Sinks", "File"), rows)
    for each in done:
        for verb, names in (("adds", each.added), ("removes", each.removed), ("changes", each.altered)):
            if names:
                say(f"{each.mapping} {verb} {', '.join(names)}.")
        if each.backlog:
            say(f"{each.mapping} takes {count(each.backlog, 'older post')} of its sources, as its `first_run:` asks.")
    for name in missing:
        say(f"The secret {name} is not set: run `chappe secrets set {name}`.", style="yellow")
    if dry_run:
        say("Nothing was changed: this was a dry run.")
    elif all(each.what == "unchanged" for each in done):
        say("Nothing has changed.")
    else:
        say("Applied. `chappe up` runs it; `chappe status` shows how it does.")
