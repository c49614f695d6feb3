"""`chappe plan`: what applying mapping files would change."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.actions import planning, reading
from api.actions.parameters import fill
from api.cli.findings_view import show_findings
from api.cli.lint import Files, Parameters, Values
from api.cli.plan_shown import show_plan
from api.cli.progress import counted
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json
from api.cli.show import say
from api.errors import UsageError
from api.kinds import registry
from engine.model.duration import Duration
from mappings.changing.changes import Change
from mappings.changing.planning import Plan
from mappings.changing.planning import plan as planned

app = typer.Typer(add_completion=False)

Replayed = Annotated[
    str | None,
    typer.Option("--replay", metavar="TIME", help="Let the posts of so long travel both versions, such as 7d."),
]


@app.command()
def plan(  # noqa: PLR0913  # each is an option
    files: Files,
    *,
    replay: Replayed = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the plan, for `apply --plan`.")
    ] = None,
    param: Parameters = None,
    values: Values = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Show what applying mapping files would change, and change nothing.

    It tells what differs setting by setting, which accounts a sink gains and loses, what becomes of posts that wait,
    and which older posts would go out. With --replay also what would have gone out otherwise, to whom, when and in
    which words: nodes begin empty, and what platforms and people do is not in it. It ends with 3 where a file has
    errors.

    With --json: {"plan": id, "mappings": [{"mapping", "file", "what": new|changed|unchanged, "version", "runs", "diff",
    "audiences": [{"sink", "accounts", "gained", "lost"}], "held": [{"node", "posts", "fate", "to"}], "first_runs":
    [{"node", "posts", "most", "since"}], "replay": null or {"since", "until", "posts", "before", "after",
    "differences": [{"mark", "before", "after"}]}}], "findings"}.

    Example: chappe plan mappings/ --replay 7d
    """
    span = span_of(replay)
    filled = fill(param, values)
    contents = reading.contents(files, values)

    async def work(opened: Session) -> Plan:
        change = Change(opened.workspace.id, contents, filled.parameters)
        with counted("Files done", as_json=as_json) as told:
            return await planned(opened.store, registry(), opened.clock, change, replay=span, told=told)

    made = inside(workspace, work)
    if out is not None:
        out.write_text(planning.written(made), encoding="utf-8")
    if as_json:
        print_json(planning.as_dict(made))
        return
    show_findings(list(made.findings))
    show_plan(made)
    if out is not None:
        say(f"It was written to {out}: `chappe apply --plan {out}` applies it as long as it holds.")


def span_of(replay: str | None) -> timedelta | None:
    """Read how far back a replay goes; raises UsageError."""
    if replay is None:
        return None
    try:
        return Duration.parse(replay)
    except ValueError as error:
        raise UsageError(f"--replay takes a time such as 7d: {error}") from error
