"""Carrying out a change: planned, asked about where posts would lose their node, applied, and told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.actions import applying, fitting, planning, syncing
from api.cli.findings_view import show_findings
from api.cli.plan_shown import show_plan
from api.cli.progress import counted
from api.cli.session import Session, confirmed, inside, print_json
from api.cli.show import count, say, table
from api.cli.texts import say_going_on
from api.kinds import registry
from engine.vault import VaultLockedError
from mappings.changing import changes
from mappings.changing.planning import Linted, plan_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from api.actions.applying import Difference
    from api.actions.fitting import Unfit
    from engine.contract.registry import Registry
    from engine.store.repositories import Kept
    from mappings.changing.changes import Change, Outcome
    from mappings.changing.planning import Plan
    from mappings.findings import Finding
    from mappings.linting.lint import Checked


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be applied, and how.

    `held_to` is the plan that it must still be, by its name or whole; `question` is asked once the plan was shown.
    """

    change: Callable[[Session], Awaitable[Change]]
    remarks: Callable[[Sequence[Checked]], list[Finding]] = lambda _: []
    held_to: str | planning.Kept | None = None
    question: str = ""
    dry_run: bool = False
    yes: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class _Done:
    plan: Plan
    differences: list[Difference]
    findings: list[Finding]
    missing: list[str]
    unfit: list[Unfit]
    unlooked: str
    outcome: Outcome | None
    kept: list[Kept]


def carry_out(wish: Wish, workspace: str | None) -> None:
    """Apply what is wished, and tell it; ends the command where a question is answered with no."""

    async def work(opened: Session) -> _Done:
        return await _carried_out(opened, wish, registry())

    done = inside(workspace, work)
    older = len(done.outcome.post_ids) if done.outcome else 0
    if wish.as_json:
        findings = [each.as_dict() for each in done.findings]
        given = {"applied": not wish.dry_run, "plan": done.plan.id, "mappings": done.differences, "older_posts": older}
        unfit = [each._asdict() for each in done.unfit]
        kept = {each.mapping: each.repository for each in done.kept}
        secrets = {"missing_secrets": done.missing, "unfit_secrets": unfit}
        print_json(given | {"findings": findings} | secrets | {"kept": kept})
        return
    show_findings(done.findings)
    _show(done, older)
    say_going_on(sum(each.mended for each in done.outcome.mappings) if done.outcome else 0)


async def _carried_out(opened: Session, wish: Wish, kinds: Registry) -> _Done:
    store, here = opened.store, opened.workspace.id
    change = await wish.change(opened)
    with counted("Files checked", as_json=wish.as_json) as told:
        checked = await applying.checked_files(store, kinds, change, told)
    linted = Linted(here, checked)
    plan = await plan_of(store, kinds, opened.clock, linted)
    if wish.held_to is not None:
        planning.hold_to(wish.held_to, plan)
    if _asks(wish, plan):
        planning.hold_to(plan.id, await plan_of(store, kinds, opened.clock, linted))
    differences = await applying.differences(store, here, checked)
    with counted("Files made ready", as_json=wish.as_json) as told:
        outcome = None if wish.dry_run else await changes.apply(store, kinds, opened.clock, change, told)
    findings = [finding for one in checked for finding in one.findings] + wish.remarks(checked)
    missing = await applying.missing_secrets(store, here, checked)
    unfit, unlooked = await _unfit(opened, kinds, checked)
    changed = [each.mapping for each in differences if each.what != "unchanged"]
    kept = await syncing.kept_elsewhere(store, here, changed)
    return _Done(plan, differences, findings, missing, unfit, unlooked, outcome, kept)


def _asks(wish: Wish, plan: Plan) -> bool:
    """Show a plan that must be seen, and ask; tells whether anything was asked."""
    losing = planning.losing(plan)
    if not losing and not wish.question:
        return False
    if not wish.as_json:
        show_plan(plan)
    if wish.dry_run:
        return False
    lost = f"{' and '.join(losing)} would lose the node and go on by the version they came with. " if losing else ""
    confirmed(f"{lost}{wish.question or 'Apply it?'}", yes=wish.yes)
    return True


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
