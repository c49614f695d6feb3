"""`chappe tap`: what passes a mapping, or one node of it."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated

import typer

from api.actions import tapping
from api.cli.session import AsJson, InWorkspace, Session, inside
from api.cli.show import say, short_text, words
from api.errors import UsageError
from api.kinds import registry
from engine.ids import short
from engine.model.duration import Duration
from engine.store.passing import Line

app = typer.Typer(add_completion=False)


@app.command()
def tap(
    what: Annotated[
        str, typer.Argument(metavar="MAPPING[.NODE]", help="A mapping, or one node of it.", show_default=False)
    ],
    *,
    since: Annotated[str, typer.Option(help="Begin so long ago, such as 2h.")] = "",
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Go on until Ctrl-C.")] = True,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Show what passes a mapping while it happens: what each node does with each post, and every try to publish.

    It only reads, beside a `chappe up` that runs. With --json: a line for each, {"at", "node", "what", "sentence",
    "post_id", "title", "account": name or null}.

    Example: chappe tap news.partners --since 2h --no-follow
    """
    try:
        ago = Duration.parse(since) if since else timedelta(0)
    except ValueError as error:
        raise UsageError(f"--since: {error}") from None
    kinds = registry()

    async def work(opened: Session) -> None:
        place = await tapping.place(opened.store, opened.workspace.id, what, kinds)
        begin = opened.clock.now() - ago
        async for lines in tapping.follow(opened.store, opened.clock, place, begin, forever=follow):
            for line in lines:
                _show(line, opened.clock.now(), as_json=as_json)
            sys.stdout.flush()

    with suppress(KeyboardInterrupt):
        inside(workspace, work)


def _show(line: Line, now: datetime, *, as_json: bool) -> None:
    title = short_text(tapping.title_of(line), 40)
    if as_json:
        sys.stdout.write(json.dumps(tapping.as_dict(line) | {"title": title}, ensure_ascii=False) + "\n")
        return
    whom = f" for {line.account}" if line.account else ""
    said = f": {line.sentence}" if line.sentence else ""
    began = f"{time_of(line.at, now)}  {short(line.post_id)}"
    say(f"{began}  {line.node}  {words(line.what)}{whom}{said}  [{title}]")


def time_of(at: datetime, now: datetime) -> str:
    """Show a time to the second on this machine's clock, with its date and zone where that is not today."""
    here = at.astimezone()
    return f"{here:%H:%M:%S}" if here.date() == now.astimezone().date() else f"{here:%d %b %Y %H:%M:%S %Z}"
