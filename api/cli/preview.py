"""`chappe preview`: what a mapping would publish of a post."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.actions import parameters, previewing, reading
from api.actions.previewing import Sample
from api.cli.lint import Parameters, Values
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json, when
from api.cli.show import heading, panel, say, short_text
from api.kinds import registry
from engine.clock import SystemClock
from engine.content.rendering import counted
from engine.errors import ConflictError, NotFoundError
from engine.graph import Graph
from engine.model.budget import dollars, micros
from mappings.rehearsal.fixtures import beside
from mappings.rehearsal.preview import Preview, Rendered, render_preview

app = typer.Typer(add_completion=False)


@app.command()
def preview(  # noqa: PLR0913  # each is an option
    file: Annotated[Path, typer.Argument(help="A mapping file.", show_default=False)],
    *,
    sink: Annotated[str | None, typer.Option(help="Only this sink.")] = None,
    source: Annotated[str | None, typer.Option(help="The source at which the post goes in; else the first.")] = None,
    text: Annotated[str | None, typer.Option(help="A text to try.")] = None,
    title: Annotated[str | None, typer.Option(help="Its title.")] = None,
    link: Annotated[str | None, typer.Option(help="Its link.")] = None,
    tests: Annotated[bool, typer.Option("--tests", help="The posts of the mapping's own tests.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many of the newest stored posts.")] = 3,
    param: Parameters = None,
    values: Values = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Show what a mapping would publish, sink by sink with counts, or why nothing. Nothing is sent or stored.

    The post is what you type (--text, --title, --link); without that the newest stored posts of its sources, or those
    of the mapping's `tests:`. What would wait, at an operator that holds, is shown as it would go out afterwards,
    with the time at which it would, if it came now and nothing else waited.

    With --json: a list of {"post", "source", "sinks": {name: [{"variant", "text", "title", "link", "media", "length",
    "max", "unit", "problem", "cost": dollars for each account or null}]}, "waits": [{"node", "reason", "since",
    "until"}], "dropped": [{"node", "reason"}]}.

    Example: chappe preview news.yaml --text "We are hiring in Lyon" --link https://example.org/jobs
    """
    [(name, content)] = _one(file).items()
    document, graph = previewing.compiled(content, name, registry(), parameters.fill(param, values).parameters)
    previewing.end_of(graph, sink)
    previewing.start_of(graph, source)
    if any(given is not None for given in (text, title, link)):
        samples = previewing.typed(graph, source, text=text or "", title=title or "", link=link)
    else:
        samples = previewing.tested(graph, document, source, beside(file))
        if not tests:
            samples = _stored(workspace, graph, source, limit, needed=not samples) or samples
    if not samples:
        raise ConflictError("There is no post to show yet: type one with --text, --title and --link.")
    now = SystemClock().now()
    shown = [(sample, render_preview(graph, sample.post, now, sample.source)) for sample in samples]
    if as_json:
        print_json([previewing.as_dict(sample, found, sink) for sample, found in shown])
        return
    for sample, found in shown:
        _show(graph, sample, found, sink)


def _one(file: Path) -> dict[str, bytes]:
    contents = reading.contents([file])
    if len(contents) > 1:
        raise ConflictError(f"{file} holds several mappings: name one file.")
    return contents


def _stored(workspace: str | None, graph: Graph, source: str | None, limit: int, *, needed: bool) -> list[Sample]:
    async def work(opened: Session) -> list[Sample]:
        return await previewing.stored(opened.store, opened.workspace.id, graph, source, limit)

    try:
        return inside(workspace, work)
    except NotFoundError:
        if needed or workspace is not None:
            raise
        return []


def _show(graph: Graph, sample: Sample, found: Preview, only: str | None) -> None:
    words_of = short_text(sample.post.title or sample.post.text, 70)
    heading(f"{sample.name}: {words_of} (at {sample.source})")
    for stay in found.waits:
        if stay.until > stay.since:
            say(f"It would wait at {stay.node} until {when(stay.until, graph.zone)}: {stay.reason}")
        else:
            say(f"{stay.node} would let it go on at once.")
    for end in found.dropped:
        say(f"It would end at {end.node}: {end.reason}")
    for name, variants in found.sinks.items():
        if only in (None, name):
            for rendered in variants:
                show_variant(name, rendered, several=len(variants) > 1)
    for name in graph.sinks:
        if name not in found.sinks and only in (None, name):
            say(f"Nothing for {name}.")


def show_variant(name: str, rendered: Rendered, *, several: bool) -> None:
    """Print what a sink would publish, or why nothing."""
    title = f"{name}, variant {rendered.variant + 1}" if several else name
    if rendered.content is None:
        say(f"Nothing for {title}: {rendered.problem}", style="red")
        return
    content = rendered.content
    limit = f" of {rendered.text_max}" if rendered.text_max else ""
    extras = [f"{rendered.length}{limit} {counted(rendered.unit)}"]
    if rendered.cost is not None:
        extras.append(f"{dollars(micros(rendered.cost))} for each account")
    if content.link:
        extras.append(f"link {content.link}")
    if content.comment:
        extras.append(f"first comment: {content.comment}")
    if content.media:
        extras.append(f"{len(content.media)} media")
    panel(title, content.text, foot=" · ".join(extras))
