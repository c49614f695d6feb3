"""`chappe apply`: save mapping files as versions and make them run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from api.actions import applying, fitting, reading, syncing
from api.actions.applying import Difference
from api.actions.fitting import Unfit
from api.actions.parameters import fill
from api.cli.findings_view import show_findings
from api.cli.lint import Files, Parameters, Values
from api.cli.progress import counted
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json
from api.cli.show import count, say, table
from api.cli.texts import say_going_on
from api.kinds import registry
from engine.contract.registry import Registry
from engine.store.repositories import Kept
from engine.vault import VaultLockedError
from mappings import changes
from mappings.changes import Change, Outcome
from mappings.findings import Finding
from mappings.lint import Checked

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class _Done:
    differences: list[Difference]
    findings: list[Finding]
    missing: list[str]
    unfit: list[Unfit]
    unlooked: str
    outcome: Outcome | None
    kept: list[Kept]


@app.command()
def apply(
    files: Files,
    *,
    param: Parameters = None,
    values: Values = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Lint mapping files, then save and activate them together: all of them, or none.

    What is under way keeps the version it was planned with. It ends with 3 where a file has errors.

    With --json: {"applied": bool, "mappings": [{"mapping", "file", "what": new|changed|unchanged, "version", "sources",
    "operators", "sinks", "added", "removed", "altered"}], "older_posts": number, "findings": [...],
    "missing_secrets": [names], "unfit_secrets": [{"secret", "mapping", "node", "why"}], "kept": {mapping: repository}}.

    Example: chappe apply mappings/ --dry-run
    """
    filled = fill(param, values)
    contents = reading.contents(files, values)
    kinds = registry()

    async def work(opened: Session) -> _Done:
        store, here = opened.store, opened.workspace.id
        change = Change(here, contents, filled.parameters)
        with counted("Files checked", as_json=as_json) as told:
            checked = await applying.checked_files(store, kinds, change, told)
        differences = await applying.differences(store, here, checked)
        with counted("Files made ready", as_json=as_json) as told:
            outcome = None if dry_run else await changes.apply(store, kinds, opened.clock, change, told)
        findings = [finding for one in checked for finding in one.findings] + filled.remarks(checked)
        missing = await applying.missing_secrets(store, here, checked)
        unfit, unlooked = await _unfit(opened, kinds, checked)
        kept = await syncing.kept_elsewhere(
            store, here, [each.mapping for each in differences if each.what != "unchanged"]
        )
        return _Done(differences, findings, missing, unfit, unlooked, outcome, kept)

    done = inside(workspace, work)
    older = len(done.outcome.post_ids) if done.outcome else 0
    if as_json:
        findings = [each.as_dict() for each in done.findings]
        given = {"applied": not dry_run, "mappings": done.differences, "older_posts": older, "findings": findings}
        unfit = [each._asdict() for each in done.unfit]
        kept = {each.mapping: each.repository for each in done.kept}
        print_json(given | {"missing_secrets": done.missing, "unfit_secrets": unfit, "kept": kept})
        return
    show_findings(done.findings)
    _show(done, older)
    say_going_on(sum(each.mended for each in done.outcome.mappings) if done.outcome else 0)


async def _unfit(opened: Session, kinds: Registry, checked: list[Checked]) -> tuple[list[Unfit], str]:
    """Return the secrets that cannot be right; where the key file cannot be read, nothing and why."""
    try:
        return await fitting.unfit_of(opened.store, opened.vault, opened.workspace, kinds, checked), ""
    except VaultLockedError as error:
        return [], str(error)


def _show(done: _Done, older: int) -> None:
    rows = [
        (each.mapping, each.what, each.version, each.sources, each.operators, each.sinks, each.file)
        for each in done.differences
    ]
    table(("Mapping", "Change", "Version", "Sources", "Operators", "Sinks", "File"), rows)
    say()
    for each in done.differences:
        for verb, names in (("adds", each.added), ("removes", each.removed), ("changes", each.altered)):
            if names:
                say(f"{each.mapping} {verb} {', '.join(names)}.")
    for applied in done.outcome.mappings if done.outcome else ():
        for waiting in applied.waiting:
            many = count(waiting.posts, "post waits", "posts wait")
            how = "" if waiting.stays else ": the node is gone, so what is there goes on by the version it came with"
            say(f"{many} at {applied.mapping}.{waiting.node}{how}.")
    if older:
        say(f"{count(older, 'older post')} of the sources will go out, as `first_run:` asks.")
    for kept in done.kept:
        lasts = f"what is changed here lasts until its next commit or `chappe sync now {kept.repository}`"
        say(f"{kept.mapping} is kept in the repository {kept.repository} ({kept.path}): {lasts}.", style="yellow")
    _show_secrets(done)
    if done.outcome is None:
        say("Nothing was changed: this was a dry run.")
    elif all(each.what == "unchanged" for each in done.differences):
        say("Nothing has changed.")
    else:
        say("Applied. `chappe up` runs it; `chappe status` shows how it does.")


def _show_secrets(done: _Done) -> None:
    for name in done.missing:
        say(f"The secret {name} is not set: run `chappe secrets set {name}`.", style="yellow")
    for each in done.unfit:
        do = f"Run `chappe secrets set {each.secret}`."
        say(f"The secret {each.secret} cannot be right for {each.mapping}.{each.node}: {each.why} {do}", style="yellow")
    if done.unlooked:
        say(f"The secrets that are set were not looked at. {done.unlooked}", style="yellow")
