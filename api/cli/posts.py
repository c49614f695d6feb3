"""`chappe posts`: how far a post is, and the end of it."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import calling_off, explaining, naming
from api.actions.calling_off import Ended
from api.actions.explaining import Brief
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json
from api.cli.show import count, heading, say, words
from api.cli.texts import title_of
from engine.ids import short
from engine.store.posts import PostRow

app = group_of("Show how far a post is, and call it off.")

Post = Annotated[str, typer.Argument(help="The post: the end of its id, or its address.", show_default=False)]


@app.command()
def show(post: Post, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Show how far a post is: its deliveries by state, and how far the planning is of one that goes to many.

    With --json: {"id", "source", "state", "deliveries": {state: number}, "before": {what: number}, "planning":
    [{"mapping", "made", "of"}]}.

    Example: chappe posts show 9c41d07e
    """

    async def work(opened: Session) -> Brief:
        row = await naming.post(opened.store, opened.workspace.id, post)
        return await explaining.brief(opened.store, opened.workspace.id, row.id)

    found = inside(workspace, work)
    planning = [each._asdict() for each in found.planning]
    if as_json:
        print_json(
            {"id": found.post.id, "source": found.source, "state": found.post.state}
            | {"deliveries": found.deliveries, "before": found.before, "planning": planning}
        )
        return
    heading(f"{found.source}  {short(found.post.id)}  {title_of(found.post)}")
    for each in found.planning:
        say(f"{each.mapping} plans it for many: {each.made:,} of {each.of:,}.")
    for what, number in (found.before | found.deliveries).items():
        say(f"{number:>9,}  {words(what)}")


@app.command()
def cancel(
    post: Post,
    *,
    mapping: Annotated[str | None, typer.Option(help="Only what went into this mapping.")] = None,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Call a post off: nothing more of it is planned, and what has not gone out does not.

    What is out, or may be, stays as it is. With --json: {"unplanned", "held", "deliveries", "out"}.

    Example: chappe posts cancel 9c41d07e
    """

    async def look(opened: Session) -> PostRow:
        return await naming.post(opened.store, opened.workspace.id, post)

    row = inside(workspace, look)
    confirmed(f"Call off {short(row.id)}, {title_of(row)}?", yes=yes)

    async def work(opened: Session) -> Ended:
        return await calling_off.post(opened.desk(), opened.workspace.id, row.id, opened.by, mapping)

    ended = inside(workspace, work)
    if as_json:
        print_json(ended.done._asdict() | {"out": ended.out})
        return
    said = f"Cancelled: {count(ended.done.deliveries, 'delivery', 'deliveries')} that had not gone out"
    more = f", and {ended.done.unplanned:,} that were not planned yet" if ended.done.unplanned else ""
    say(f"{said}{more}.")
    if ended.out:
        say(f"{ended.out:,} are out, or may be: they stay as they are.", style="yellow")
