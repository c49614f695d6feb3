"""`chappe audit`: who changed what."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from api.cli.session import AsJson, InWorkspace, inside, print_json, when
from api.cli.show import say, short_text, table
from engine.store import audit as rows
from engine.store.audit import Asked, Entry

app = typer.Typer(add_completion=False)

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]
Time = datetime | None


@app.command()
def audit(  # noqa: PLR0913  # each is a filter
    *,
    by: Annotated[str | None, typer.Option(help="Only by this name.")] = None,
    what: Annotated[str | None, typer.Option(help="Only this operation of the API, or command.")] = None,
    object_: Annotated[str | None, typer.Option("--object", help="Only of this kind, or of this id or name.")] = None,
    since: Annotated[Time, typer.Option(formats=_FORMATS, help="Only from this time on, in local time.")] = None,
    until: Annotated[Time, typer.Option(formats=_FORMATS, help="Only before this time.")] = None,
    instance: Annotated[bool, typer.Option("--instance", help="What concerns no workspace in particular.")] = False,
    most: Annotated[int, typer.Option("--most", "-n", min=1, max=10_000, help="How many at most.")] = 50,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Show who changed what through the API and the command line, newest first. It is kept for three years.

    With --json: a list of {"id", "at", "by", "user_id", "face", "what", "object_kind", "object_name", "before",
    "given", "request_id"}.

    Example: chappe audit --by "Léa Martin" --since 2026-05-01
    """
    asked = Asked(by, what, object_, since and since.astimezone(), until and until.astimezone())
    found: list[Entry] = inside(
        workspace,
        lambda opened: opened.store.read(rows.listed, "" if instance else opened.workspace.id, asked, most=most),
    )
    if as_json:
        print_json([_plain(row) for row in found])
        return
    lines = [(when(row.at), row.by, row.what, f"{row.object_kind} {row.object_name}", _change(row)) for row in found]
    table(("When", "Who", "Did", "To", "With"), lines, empty="Nothing of that was changed.")
    if len(found) == most:
        say(f"There may be older ones: --most {most * 10} shows more.")


def _change(row: Entry) -> str:
    before = f"{short_text(row.before)} → " if row.before != "{}" else ""
    return f"{before}{short_text(row.given)}" if row.given != "{}" else before.removesuffix(" → ")


def _plain(row: Entry) -> dict[str, object]:
    return asdict(row) | {"before": json.loads(row.before), "given": json.loads(row.given)}
