"""`chappe approvals`: posts that wait for an editor, looked at and decided about."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.actions import approving, previewing
from api.actions.approving import Outcome, Prospect, Waiting
from api.actions.pausing import effect
from api.cli.editing import edited
from api.cli.main import EXIT_CONFLICT
from api.cli.preview import show_variant
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json, when
from api.cli.show import count, heading, panel, say, short_text, table
from api.errors import UsageError
from engine.ids import short
from engine.model.post import Post
from engine.model.rewording import reworded
from engine.run import approval
from engine.store.verdicts import Asking, Said

app = group_of("List, show, approve, reject and edit posts that wait for an editor.")

Ids = Annotated[list[str], typer.Argument(help="Posts that wait, by the end of their ids.", show_default=False)]
Id = Annotated[str, typer.Argument(help="A post that waits, by the end of its id.", show_default=False)]

_THEN = {"drop": "then it ends", "pass": "then it goes on", "wait": "then it is overdue"}


@app.command("list")
def list_(
    *,
    mapping: Annotated[str | None, typer.Option(help="Only this mapping.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """List the posts that wait for an editor, the longest waiting first.

    With --json: a list of {"id", "post_id", "mapping", "node", "title", "text", "since", "until", "then":
    drop|pass|wait, "note"}; `until` is null where a post waits for ever.

    Example: chappe approvals list
    """

    async def work(opened: Session) -> list[Waiting]:
        return await approving.listed(opened.desk(), opened.workspace.id, mapping=mapping, limit=limit)

    rows = inside(workspace, work)
    if as_json:
        print_json([_as_data(row) for row in rows])
        return
    shown = [
        (short(row.asking.id), f"{row.asking.mapping}/{row.asking.node}", short_text(row.post.title or row.post.text),
         when(row.asking.since), _until(row), row.note)
        for row in rows
    ]  # fmt: skip
    table(("Id", "Mapping/node", "Post", "Since", "Until", "Note"), shown, empty="No post waits for an editor.")
    if rows:
        say("\nLook at one with `chappe approvals show ID`; then `approve`, `edit` or `reject --note WHY` it.")
    if len(rows) == limit:
        say(f"These are the oldest {limit}: --limit shows more.")


@app.command()
def show(post: Id, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Show a post that waits, and what it would become, sink by sink.

    With --json: as in `list`, with {"sinks": {name: {"for", "variants": [as in `preview`]}}, "waits", "dropped"}.

    Example: chappe approvals show 1f3a9c20
    """

    async def work(opened: Session) -> Prospect:
        desk = opened.desk()
        return await approving.prospect(desk, await approval.find(desk, opened.workspace.id, post))

    found = inside(workspace, work)
    if as_json:
        print_json(_as_data(found.waiting) | _prospect_data(found))
        return
    _show_post(found.waiting)
    _show_prospect(found)


@app.command()
def approve(
    ids: Ids,
    *,
    note: Annotated[str, typer.Option(help="A word for the trace.")] = "",
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Let posts go on, at once; shows first what will be published where, and asks.

    With --json: a list of {"id", "done": bool, "why"}.

    Example: chappe approvals approve 1f3a9c20 77b0e1d4
    """

    async def look(opened: Session) -> list[Prospect]:
        desk = opened.desk()
        return [await approving.prospect(desk, row) for row in await approving.found(desk, opened.workspace.id, ids)]

    prospects = inside(workspace, look)
    if not as_json:
        for found in prospects:
            _show_post(found.waiting)
            _show_prospect(found)
    confirmed(f"Approve {count(len(prospects), 'post')}?", yes=yes)
    rows = [found.waiting.asking for found in prospects]
    _decide(workspace, rows, note, approved=True, as_json=as_json)


@app.command()
def reject(
    ids: Ids,
    *,
    note: Annotated[str, typer.Option(help="Why; everybody who asks what became of the post reads it.")],
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """End posts here: nothing of them is published behind this node. It shows them first, and asks.

    With --json: a list of {"id", "done": bool, "why"}.

    Example: chappe approvals reject 1f3a9c20 --note "The date is wrong."
    """
    if not note.strip():
        raise UsageError("Say why with --note: that is what its author reads.")

    async def look(opened: Session) -> list[Asking]:
        return await approving.found(opened.desk(), opened.workspace.id, ids)

    rows = inside(workspace, look)
    if not as_json:
        for row in rows:
            _panel(row, Post.model_validate_json(row.document))
    confirmed(f"Reject {count(len(rows), 'post')}?", yes=yes)
    _decide(workspace, rows, note, approved=False, as_json=as_json)


@app.command()
def edit(
    post: Id,
    *,
    text: Annotated[str | None, typer.Option(help="The new text; without it your editor opens.")] = None,
    title: Annotated[str | None, typer.Option(help="The new title.")] = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Change the words of a post that waits: they go through the nodes behind, as it would. It goes on waiting.

    The former words stay in its trace. With --json: {"id", "title", "text", "changed": bool}.

    Example: chappe approvals edit 1f3a9c20 --text "We are hiring in Lyon."
    """

    async def look(opened: Session) -> Asking:
        return await approval.find(opened.desk(), opened.workspace.id, post)

    row = inside(workspace, look)
    before = Post.model_validate_json(row.document)
    words = edited(before.text) if text is None and title is None else text
    after = reworded(before, text=words, title=title)
    changed = after != before
    if changed:
        inside(workspace, lambda opened: approval.edit(opened.desk(), row, opened.by, after))
    if as_json:
        print_json({"id": row.id, "title": after.title, "text": after.text, "changed": changed})
        return
    _panel(row, after)
    say("Changed. It waits for your decision." if changed else "The words are the same: nothing was changed.")


def _decide(workspace: str | None, rows: list[Asking], note: str, *, approved: bool, as_json: bool) -> None:
    async def work(opened: Session) -> list[Outcome]:
        return await approving.decide(opened.desk(), rows, Said(approved, opened.by, note.strip()))

    results = inside(workspace, work)
    if as_json:
        print_json([{"id": one.asking.id, "done": not one.why, "why": one.why} for one in results])
    else:
        done = "Approved." if approved else "Rejected."
        for one in results:
            say(
                f"{short(one.asking.id)} {one.asking.mapping}: {one.why or done + effect(one.paused)}",
                style="red" if one.why else "",
            )
    if any(one.why for one in results):
        raise typer.Exit(EXIT_CONFLICT)


def _until(row: Waiting) -> str:
    return f"{when(row.until)}, {_THEN[row.then]}" if row.until else ""


def _show_post(row: Waiting) -> None:
    asking = row.asking
    _panel(asking, row.post)
    until = f"until {_until(row)}" if row.until else "until somebody decides"
    say(f"It waits at {asking.node} since {when(asking.since)}, {until}.{f' Note: {row.note}' if row.note else ''}")


def _panel(row: Asking, post: Post) -> None:
    text = "\n".join(filter(None, (post.title, post.text)))
    panel(f"{row.mapping}/{row.node}  {short(row.id)}", text, foot=post.link or "")


def _show_prospect(found: Prospect) -> None:
    heading("What it would become")
    for stay in found.preview.waits:
        say(f"It would wait at {stay.node}: {stay.reason}")
    for end in found.preview.dropped:
        say(f"It would end at {end.node}: {end.reason}")
    for name, variants in found.preview.sinks.items():
        for rendered in variants:
            show_variant(f"{name}, {found.audiences[name]}", rendered, several=len(variants) > 1)


def _as_data(row: Waiting) -> dict[str, Any]:
    asking = row.asking
    return {
        "id": asking.id,
        "post_id": asking.post_id,
        "mapping": asking.mapping,
        "node": asking.node,
        "title": row.post.title,
        "text": row.post.text,
        "since": asking.since,
        "until": row.until,
        "then": row.then,
        "note": row.note,
    }


def _prospect_data(found: Prospect) -> dict[str, Any]:
    return {
        "sinks": {
            name: {"for": found.audiences[name], "variants": [previewing.as_variant(each) for each in variants]}
            for name, variants in found.preview.sinks.items()
        },
        "waits": [stay._asdict() for stay in found.preview.waits],
        "dropped": [{"node": end.node, "reason": end.reason} for end in found.preview.dropped],
    }
