"""`chappe mappings`: which there are, how each of their nodes does, and the end of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from api.actions import mapping_status, naming
from api.actions.mapping_status import ENDED, OPEN, WHATS, MappingStatus
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json, when
from api.cli.show import count, heading, say, table, words
from api.kinds import registry
from engine.store import mappings as rows
from engine.store.mappings import Removed

app = group_of("List mappings, show how each of their nodes does, and end one.")

Days = Annotated[int, typer.Option(min=1, max=366, help="So far back what has ended is counted.")]

_EMPTY = "There is no mapping yet: write one, and `chappe apply FILE`."


@app.command("list")
def list_(*, days: Days = 7, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List the mappings with what they hold, have open, and have done lately.

    With --json: a list of {"name", "title", "state": active|paused|draft|removed, "missed": posts that came while
    it was paused, "counts": {what: number}, "last_at"}; what is held, due, planned, waiting, sending, blocked,
    doubtful, check_needed, and of the last days sent, rejected, expired, cancelled, dropped.

    Example: chappe mappings list
    """
    found = _found(workspace, None, days)
    if as_json:
        print_json([_as_data(one) for one in found])
        return
    shown = []
    for one in found:
        total = one.total
        going = sum(total[what] for what in OPEN)
        shown.append(
            (one.row.name, one.state, total["held"], going, *(total[what] for what in ENDED), when(one.last_at))
        )
    titles = ("Mapping", "State", "Held", "Open", *(words(what).capitalize() for what in ENDED), "Last activity")
    table(titles, shown, empty=_EMPTY)
    if found:
        say(
            f"\nWhat has ended is that of the last {count(days, 'day')}. `chappe mappings status NAME` tells each node."
        )


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(help="A mapping; else all.", show_default=False)] = None,
    *,
    days: Days = 7,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Show each node: what it holds, what is due, waits, is blocked or in doubt, and what has ended lately.

    With --json: as in `list`, with {"nodes": [{"node", "kind", "counts", "last_at"}]}; the kind is empty where the
    mapping has no such node any more.

    Example: chappe mappings status news
    """
    found = _found(workspace, name, days)
    if as_json:
        print_json([_as_data(one) | {"nodes": [_node_data(node) for node in one.nodes]} for one in found])
        return
    if not found:
        say(_EMPTY)
    for one in found:
        _show(one)
    if found:
        say(f"\nWhat has ended is that of the last {count(days, 'day')}.")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Which mapping.", show_default=False)],
    *,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """End a mapping: it reads nothing more, what waits in it is dropped, and what is not sent yet is cancelled.

    Its versions and what it has published stay; applied again, it counts its versions on.

    With --json: {"mapping", "dropped": number, "cancelled": number}.

    Example: chappe mappings remove news --yes
    """

    async def work(opened: Session) -> Removed:
        store, here = opened.store, opened.workspace.id
        row = await naming.mapping(store, here, name)
        waiting = sum((await store.read(rows.held, here, row.id)).values())
        drops = (
            f" {count(waiting, 'post that waits in it is', 'posts that wait in it are')} dropped." if waiting else ""
        )
        confirmed(f"End the mapping {row.name}? What it has not sent yet is cancelled.{drops}", yes=yes)
        return await store.write(rows.remove, here, row.id, opened.clock.now())

    done = inside(workspace, work)
    if as_json:
        print_json({"mapping": name, "dropped": done.dropped, "cancelled": done.cancelled})
        return
    ended = f"{count(done.dropped, 'post')} dropped, {count(done.cancelled, 'delivery', 'deliveries')} cancelled"
    say(f"{name} has ended: {ended}.")


def _found(workspace: str | None, name: str | None, days: int) -> list[MappingStatus]:
    kinds = registry()

    async def work(opened: Session) -> list[MappingStatus]:
        now, back = opened.clock.now(), timedelta(days=days)
        return await mapping_status.statuses(opened.store, opened.workspace.id, kinds, now, name=name, back=back)

    return inside(workspace, work)


def _show(one: MappingStatus) -> None:
    heading(f"{one.row.name}: {one.state}")
    if one.missed:
        came = count(one.missed, "post has come in and waits", "posts have come in and wait")
        say(f"{came} for `chappe resume mapping {one.row.name}`; --missed says which of them go on.")
    total = one.total
    used = [what for what in WHATS if total[what]]
    rows = [
        (node.node, node.kind or "(gone)", *(node.counts[what] or "" for what in used), when(node.last_at))
        for node in one.nodes
    ]
    table(("Node", "Kind", *(words(what).capitalize() for what in used), "Last activity"), rows, empty="Never applied.")


def _as_data(one: MappingStatus) -> dict[str, Any]:
    total = one.total
    return {
        "name": one.row.name,
        "title": one.row.title,
        "state": one.state,
        "missed": one.missed,
        "counts": {what: total[what] for what in WHATS},
        "last_at": one.last_at,
    }


def _node_data(node: mapping_status.NodeStatus) -> dict[str, Any]:
    counts = {what: node.counts[what] for what in WHATS}
    return {"node": node.node, "kind": node.kind, "counts": counts, "last_at": node.last_at}
