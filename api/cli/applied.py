"""Carrying out a change: planned, asked about where posts would lose their node, applied, and told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api.actions import changing
from api.actions.changing import Hands
from api.cli.findings_view import show_findings
from api.cli.plan_shown import show_plan
from api.cli.progress import counted
from api.cli.session import Session, confirmed, inside, print_json
from api.cli.show import count, say, table
from api.cli.texts import say_going_on
from api.kinds import registry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from api.actions.changing import Done, Prepared
    from api.actions.planning import Kept
    from engine.contract.registry import Registry
    from mappings.changing.changes import Change
    from mappings.findings import Finding
    from mappings.linting.lint import Checked


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be applied, and how.

    `held_to` is the plan that it must still be, by its name or whole; `question` is asked once the plan was shown.
    """

    change: Callable[[Session], Awaitable[Change]]
    remarks: Callable[[Sequence[Checked]], list[Finding]] = lambda _: []
    held_to: str | Kept | None = None
    question: str = ""
    dry_run: bool = False
    yes: bool = False
    as_json: bool = False


def carry_out(wish: Wish, workspace: str | None) -> None:
    """Apply what is wished, and tell it; ends the command where a question is answered with no."""

    async def work(opened: Session) -> Done:
        return await _carried_out(opened, wish, registry())

    done = inside(workspace, work)
    if wish.as_json:
        print_json(done.as_dict() | {"applied": not wish.dry_run})
        return
    show_findings(done.findings)
    _show(done, len(done.outcome.post_ids) if done.outcome else 0)
    say_going_on(sum(each.mended for each in done.outcome.mappings) if done.outcome else 0)


async def _carried_out(opened: Session, wish: Wish, kinds: Registry) -> Done:
    hands = Hands(opened.store, kinds, opened.clock, opened.workspace, opened.vault)
    change = await wish.change(opened)
    with counted("Files checked", as_json=wish.as_json) as told:
        ready = await changing.prepared(hands, change, held_to=wish.held_to, told=told)
    if _asks(wish, ready):
        await changing.still(hands, ready)
    with counted("Files made ready", as_json=wish.as_json) as told:
        done = await changing.carried_out(hands, ready, dry_run=wish.dry_run, told=told)
    return replace(done, findings=done.findings + wish.remarks(ready.checked))


def _asks(wish: Wish, ready: Prepared) -> bool:
    """Show a plan that must be seen, and ask; tells whether anything was asked."""
    losing = ready.losing
    if not losing and not wish.question:
        return False
    if not wish.as_json:
        show_plan(ready.plan)
    if wish.dry_run:
        return False
    lost = f"{' and '.join(losing)} would lose the node and go on by the version they came with. " if losing else ""
    confirmed(f"{lost}{wish.question or 'Apply it?'}", yes=wish.yes)
    return True


def _show(done: Done, older: int) -> None:
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


def _show_secrets(done: Done) -> None:
    for name in done.missing:
        say(f"The secret {name} is not set: run `chappe secrets set {name}`.", style="yellow")
    for each in done.unfit:
        do = f"Run `chappe secrets set {each.secret}`."
        say(f"The secret {each.secret} cannot be right for {each.mapping}.{each.node}: {each.why} {do}", style="yellow")
    if done.unlooked:
        say(f"The secrets that are set were not looked at. {done.unlooked}", style="yellow")
