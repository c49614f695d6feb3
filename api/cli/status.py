"""`chappe status`: what runs, and what waits for a person."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from api.actions import standing
from api.actions.standing import Standing
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json, when
from api.cli.show import count, heading, say, table, words
from api.kinds import registry
from engine.store import sources

app = typer.Typer(add_completion=False)


@app.command()
def status(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Show what runs, what waits for a person with the command that deals with it, and whether the ledger adds up.

    With --json: {"workspace", "runs": bool or null, "process", "mappings": [{"name", "title", "state"}], "sources":
    {"live", "failing", "held"}, "paused": [{"what", "since", "reason"}], "waiting": [{"what", "count", "sentence",
    "do"}], "holding": [{"mapping", "node", "posts", "until"}], "deliveries": {state: number}, "ledger": {"routes",
    "branches", "dropped", "held", "planned", "open", "ended", "agrees", "wrong"}}.

    Example: chappe status
    """
    kinds = registry()

    async def work(opened: Session) -> tuple[str, Standing]:
        url = opened.settings.database_url
        found = await standing.standing(opened.store, opened.workspace.id, kinds, url, now=opened.clock.now())
        return opened.workspace.name, found

    name, found = inside(workspace, work)
    if as_json:
        print_json({"workspace": name} | _as_data(found))
        return
    say(f"{name}: {_runs(found)}")
    _waiting(found)
    _paused(found)
    if found.mappings:
        _numbers(found)
    else:
        say("There is no mapping yet: write one, and `chappe apply FILE`.")


def _runs(found: Standing) -> str:
    active = sum(row.version_id is not None for row in found.mappings)
    said = f"{count(active, 'mapping')}, {count(len(found.sources), 'source')}"
    if found.runs:
        return f"running ({found.process}), {said}."
    if found.runs is None:
        seen = max((row.last_poll_at for row in found.sources if row.last_poll_at), default=None)
        return f"{said}; a source was last read {when(seen)}."
    return f"not running: `chappe up` starts it. {said}."


def _waiting(found: Standing) -> None:
    if not found.waiting:
        say("Nothing waits for you.")
        return
    heading("Waits for you")
    table(("What", "Do"), [(each.sentence, each.do) for each in found.waiting])


def _paused(found: Standing) -> None:
    for each in found.paused:
        why = f": {each.reason}" if each.reason else ""
        say(f"Paused since {when(each.since)}, {each.what}{why}.", style="yellow")


def _numbers(found: Standing) -> None:
    if found.holding:
        heading("Posts that a mapping holds")
        rows = [(each.mapping, each.node, each.posts, when(each.until)) for each in found.holding]
        table(("Mapping", "Node", "Posts", "Looked at again"), rows)
    counted = [(words(state), number) for state, number in found.deliveries.items() if number]
    heading("Deliveries")
    table(("State", "Number"), counted, empty="None yet.")
    book = found.ledger
    say()
    say(
        f"Ledger: {count(book.routes, 'route')}, {book.branches} ends = {book.dropped} dropped + {book.held} held + "
        f"{book.planned} planned; {book.planned} planned = {book.ended} ended + {book.open} open."
    )
    if book.agrees:
        say("It adds up.")
    else:
        say(f"It does NOT add up for the routes {', '.join(book.wrong)}: please report this.", style="red")


def _as_data(found: Standing) -> dict[str, Any]:
    book = found.ledger
    states = [row.state for row in found.sources]
    return {
        "runs": found.runs,
        "process": found.process,
        "mappings": [{"name": row.name, "title": row.title, "state": row.state} for row in found.mappings],
        "sources": {state: states.count(state) for state in (sources.LIVE, sources.FAILING, sources.HELD)},
        "paused": found.paused,
        "waiting": found.waiting,
        "holding": [each._asdict() for each in found.holding],
        "deliveries": found.deliveries,
        "ledger": asdict(book) | {"open": book.open, "ended": book.ended, "agrees": book.agrees},
    }
