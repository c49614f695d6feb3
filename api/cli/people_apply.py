"""`chappe people apply`: people, groups and consents from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.actions import people_file, people_plan
from api.actions.people_plan import Given, Plan
from api.cli.consents import in_full, in_words, label_of, term
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, inside, print_json, when
from api.cli.show import count, say, table
from engine.errors import NotFoundError
from engine.ids import short
from engine.store.consents import Effect

if TYPE_CHECKING:
    from datetime import datetime

    from api.actions.people_file import PeopleFile

Done = list[tuple[Given, Effect]]
File = Annotated[Path, typer.Argument(help="A file of people, such as people.yaml.", show_default=False)]


def apply(
    file: File,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Add and change people, groups and consents as a file says; what will change is shown first, and it asks.

    Nobody is removed, and what was withdrawn or has ended is given again by new evidence only. It ends with 3 where the
    file has errors.

    With --json: {"applied": bool, "added": [names], "emails": [names], "groups": [names], "entered": [[name, group]],
    "left": [[name, group]], "consents": [{"person", "account", "differences", "terms": {...}, "cancelled", "sending"}],
    "notes": [[name, sentence]]}.

    Example: chappe people apply people.yaml --dry-run
    """
    read = _read(file)

    async def look(opened: Session) -> tuple[Plan, datetime]:
        now = opened.clock.now()
        return await opened.store.read(people_plan.plan, opened.workspace.id, read, now), now

    shown, now = inside(workspace, look)
    if not as_json:
        _show(shown, now)
    done: Done = []
    if not dry_run and not shown.empty:
        confirmed("Do this?", yes=yes)

        async def work(opened: Session) -> Done:
            return await opened.store.write(people_plan.carry_out, opened.workspace.id, read, shown, now)

        done = inside(workspace, work)
    if as_json:
        print_json(_as_data(shown, done, now, applied=not dry_run))
    elif shown.empty:
        say("Nothing has changed.")
    elif dry_run:
        say("Nothing was changed: this was a dry run.")
    else:
        _say_done(done)


def _read(file: Path) -> PeopleFile:
    try:
        return people_file.read(file.read_bytes(), str(file))
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}."
        raise NotFoundError(message) from error


def _show(plan: Plan, now: datetime) -> None:
    rows: list[tuple[Any, ...]] = [(name, "is added", "", email or "") for name, email in plan.added]
    rows += [(name, "e-mail", before or "", email) for name, before, email in plan.emails]
    rows += [(group, "group is made", "", "") for group in plan.groups]
    rows += [(name, "enters", "", group) for name, group in plan.entered]
    rows += [(name, "leaves", group, "") for name, group in plan.left]
    for one in plan.given:
        rows += _given_rows(one, now)
    table(("Who", "What", "Now", "Then"), rows)
    for name, note in plan.notes:
        say(f"{name}: {note}.", style="yellow")


def _given_rows(one: Given, now: datetime) -> list[tuple[Any, ...]]:
    differences = one.differences(now)
    if one.before is None or not differences:
        then = f"{in_full(one.terms)}, until {when(one.terms.until)}"
        return [(one.person, f"allows {one.account.name}", in_words(one.before), then)]
    return [
        (one.person, f"{one.account.name}: {label_of(name)}", term(one.before.terms, name), term(one.terms, name))
        for name in differences
    ]


def _say_done(done: Done) -> None:
    for one, effect in done:
        if effect.cancelled:
            say(f"{one.account.name}: {count(effect.cancelled, 'delivery', 'deliveries')} cancelled.")
        if effect.sending:
            say(f"{one.account.name}: one had already begun and may still go out: {short(effect.sending)}.")
    say("Done. `chappe people list` shows who allows what.")


def _as_data(plan: Plan, done: Done, now: datetime, *, applied: bool) -> dict[str, Any]:
    effects = {one.account.id: effect for one, effect in done}
    consents = []
    for one in plan.given:
        effect = effects.get(one.account.id)
        consents.append(
            {"person": one.person, "account": one.account.name, "differences": one.differences(now)}
            | {"terms": one.terms.model_dump(mode="json"), "cancelled": effect.cancelled if effect else 0}
            | {"sending": effect.sending if effect else None}
        )
    return {
        "applied": applied,
        "added": [name for name, _ in plan.added],
        "emails": [name for name, _, _ in plan.emails],
        "groups": plan.groups,
        "entered": plan.entered,
        "left": plan.left,
        "consents": consents,
        "notes": plan.notes,
    }
