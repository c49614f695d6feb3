"""`chappe sources`: list, poll, wake and release."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import naming, sourcing
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json, when
from api.cli.show import count, say, table
from api.cli.texts import title_of
from engine.ids import short
from engine.store import joins, sources
from engine.store.posts import PostRow
from engine.store.sources import SourceRow

app = group_of("List, poll and release sources.")

Name = Annotated[str, typer.Argument(help="The source: its name, or the end of its id.", show_default=False)]


@app.command("list")
def list_(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List the sources: when each is read, and what is wrong with it.

    With --json: a list of {"id", "name", "kind", "state": live|failing|held, "note", "failures", "every_s", "held",
    "last_poll_at", "last_new_at", "next_poll_at", "mappings": [names]}. A source that no active mapping reads any more
    has neither mappings nor a next time: it is kept, and not polled.

    Example: chappe sources list
    """

    async def work(opened: Session) -> tuple[list[SourceRow], dict[str, int], dict[str, list[str]]]:
        store, here = opened.store, opened.workspace.id
        rows = await store.read(sources.listed, here)
        return rows, await sourcing.held(store, here), await store.read(joins.readers, here)

    rows, held, readers = inside(workspace, work)
    if as_json:
        keys = (
            "id", "name", "kind", "state", "note", "failures", "every_s", "last_poll_at", "last_new_at", "next_poll_at",
        )  # fmt: skip
        print_json(
            [
                {key: getattr(row, key) for key in keys}
                | {"held": held.get(row.id, 0), "mappings": readers.get(row.id, [])}
                for row in rows
            ]
        )
        return
    shown = [
        (row.name, short(row.id), row.kind, ", ".join(readers.get(row.id, [])), _state(row, held),
         when(row.last_poll_at), when(row.last_new_at), when(row.next_poll_at))
        for row in rows
    ]  # fmt: skip
    columns = ("Source", "Id", "Kind", "Mappings", "State", "Last read", "Last new", "Next")
    table(columns, shown, empty="No source yet: `chappe apply FILE` makes them.")
    for row in rows:
        if row.note and row.is_read:
            say(f"\n{row.name}: {row.note}")


@app.command()
def poll(name: Name, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Read a source now instead of at its next time; `chappe up` does it within seconds.

    With --json: {"source", "id"}.

    Example: chappe sources poll blog
    """

    async def work(opened: Session) -> SourceRow:
        row = await naming.source(opened.store, opened.workspace.id, name)
        await sourcing.poll_now(opened.store, row, opened.clock.now())
        return row

    row = inside(workspace, work)
    if as_json:
        print_json({"source": row.name, "id": row.id})
    else:
        say(f"{row.name} is due now: `chappe up` reads it within seconds.")


@app.command()
def release(
    name: Name,
    *,
    skip: Annotated[bool, typer.Option("--skip", help="Never publish them, instead of letting them go on.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Decide about posts that were held because too many came at once: let them go on, or --skip them.

    With --json: {"source", "released": [post ids], "skipped": bool}.

    Example: chappe sources release blog --skip
    """

    async def look(opened: Session) -> tuple[SourceRow, list[PostRow]]:
        row = await naming.source(opened.store, opened.workspace.id, name)
        return row, await sourcing.held_posts(opened.store, row)

    row, waiting = inside(workspace, look)
    if not as_json and waiting:
        table(
            ("Post", "Published", "Text"), [(short(one.id), when(one.published_at), title_of(one)) for one in waiting]
        )
    if waiting:
        these = f"{count(len(waiting), 'post')} of {row.name}"
        confirmed(f"Never publish {these}?" if skip else f"Let {these} go on?", yes=yes)

    async def work(opened: Session) -> list[str]:
        return await sourcing.release(opened.store, row, opened.by, opened.clock.now(), skip=skip)

    released = inside(workspace, work)
    if as_json:
        print_json({"source": row.name, "released": released, "skipped": skip})
    elif not released:
        say(f"Nothing of {row.name} is held.")
    else:
        became = "are skipped" if skip else "go on"
        say(f"{count(len(released), 'post')} of {row.name} {became}.")


@app.command()
def hook(
    name: Name,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Let nobody wake it any more.")] = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Make the secret with which others say that a source has news, and say where they call (Standard Webhooks).

    An earlier secret ends. With --json: {"path", "secret"}, after --remove {"removed": name}.

    Example: chappe sources hook blog
    """

    async def work(opened: Session) -> tuple[SourceRow, str, str]:
        row, here = await naming.source(opened.store, opened.workspace.id, name), opened.workspace
        if remove:
            await sourcing.end_hook(opened.store, row)
            return row, "", ""
        secret = await sourcing.new_hook(opened.store, opened.vault(), here, row)
        return row, sourcing.hook_path(here, row), secret

    row, path, secret = inside(workspace, work)
    if as_json:
        print_json({"removed": row.name} if remove else {"path": path, "secret": secret})
    elif remove:
        say(f"Nobody wakes {row.name} any more.")
    else:
        say(f"Address: {path}, behind the address at which this server is reached.")
        say(f"Secret, shown this once: {secret}")


def _state(row: SourceRow, held: dict[str, int]) -> str:
    if not row.is_read:
        return "not read"
    return f"held ({held[row.id]})" if row.id in held else row.state
