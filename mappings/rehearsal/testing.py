"""The tests of a mapping, run: offline, on a virtual clock, by the engine's own decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.contract.operator import Verdict
from engine.errors import MappingError
from mappings.moments import shown
from mappings.rehearsal.dry_run import run
from mappings.rehearsal.events import Arrived, Dropped, Run, Stopped
from mappings.rehearsal.expecting import Miss, Seen, View, misses
from mappings.rehearsal.given import arrivals, end_of, no_fixtures, start_of
from mappings.rehearsal.probing import ENTRANCE, EXIT, probed, rests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from engine.graph import Graph
    from mappings.cases import CaseEntry
    from mappings.rehearsal.given import Fixtures

_TOLD: Final = 5
"""So many things that became of posts are told to whom looks for them elsewhere."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test went: everything that is not as expected, by paths within the test, and what happened."""

    misses: tuple[Miss, ...]
    run: Run


def run_case(graph: Graph, case: CaseEntry, fixtures: Fixtures = no_fixtures) -> Outcome:
    """Run one test of a mapping. Pure, but for what gives the fixtures.

    A test whose mapping fails in the middle, or whose fixture is missing, is one that is not as expected.
    """
    try:
        coming = arrivals(case, graph.zone, fixtures)
        entered = [node for node in case.given if node not in graph.sources]
        whole = probed(graph, entered, case.expect)
        inside = [one if one.node in graph.sources else one._replace(node=f"{ENTRANCE}{one.node}") for one in coming]
        said = {node: Verdict(word == "approved", "the test") for node, word in case.decided.items()}
        failing = [node for node, word in case.answers.items() if word == "badly"]
        done = run(whole, inside, until=end_of(case, coming, graph.zone), verdicts=said, failing=failing)
    except MappingError as error:
        return Outcome((Miss((), "the test can be run", str(error)),), Run((), ()))
    start = start_of(case, graph.zone)
    found = (
        Miss(("expect", node, *miss.path), miss.expected, miss.got)
        for node, wish in case.expect.items()
        for miss in misses(wish, _view(graph, node, done, start))
    )
    return Outcome(tuple(found), done)


def _view(graph: Graph, node: str, done: Run, start: datetime) -> View:
    name = node.partition(".")[0]
    its = rests(name)
    sink = graph.sinks.get(node)
    at = node if sink else f"{EXIT}{node}"
    return View(
        unit=sink.sink.room.text_unit if sink else "characters",
        start=start,
        zone=graph.zone,
        seen=[_seen(event, words=sink is not None) for event in done.arrived if event.node == at],
        ends=[event.reason for event in done.dropped if event.node in its],
        stays=[event.reason for event in done.events if isinstance(event, Stopped) and event.node in its],
        story=_story(graph, done),
    )


def _seen(event: Arrived, *, words: bool) -> Seen:
    """Show a post as its contents have it at a sink, and as itself behind another node."""
    post, first = event.post, event.contents[0]
    if not words:
        return Seen(event.at, (post.text,), post.title, post.link, post.media, post.hashtags, (post.comment,))
    texts = tuple(content.text for content in event.contents)
    comments = tuple(content.comment for content in event.contents)
    return Seen(event.at, texts, first.title, first.link, first.media, first.hashtags, comments)


def _story(graph: Graph, done: Run) -> str:
    told = list(_ends(graph, done))
    more = [f"And {len(told) - _TOLD} more."] if len(told) > _TOLD else []
    return " ".join([*told[:_TOLD], *more])


def _ends(graph: Graph, done: Run) -> Iterator[str]:
    for event in done.events:
        if isinstance(event, Dropped) and not event.node.startswith((ENTRANCE, EXIT)):
            yield f"Ended at {event.node}: {event.reason}"
    for stay in done.waiting:
        until = f" until {shown(stay.until, graph.zone)}" if stay.until else ""
        yield f"Still waits at {stay.node}{until}: {stay.reason}"
    for event in done.events:
        if isinstance(event, Arrived) and event.node in graph.sinks:
            yield f"Arrived at {event.node}."
