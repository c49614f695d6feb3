"""A dry run: posts travel a mapping on a virtual clock, and nothing is stored or sent. Pure.

It takes the decisions that the engine takes, by the engine's own functions: the walk, the rendering, who gets which
variant and when within a spread, the age above which a post is not routed, and how nodes that hold posts are asked: as
soon as a post comes to them, and again when they said. Posts that come at one time come before any node is asked, and
the nodes are asked in the order of the mapping.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Final

from engine.contract.operator import Held, HoldingOperator, Look, LookingOperator, Wait
from engine.errors import MappingError
from engine.graph import walk
from engine.run.asking import distinct_on
from engine.run.decisions import ASKED, REMEMBERED, at_once, contents, release_context, shares, too_old
from engine.store.holds import FARTHEST
from mappings.rehearsal.events import Arrived, Dropped, Released, Run, Send, Stopped, Waiting
from mappings.rehearsal.standing import Wordings

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from engine.contract.operator import Release, Verdict
    from engine.graph import Graph, SinkNode
    from engine.model.post import Content, Post
    from mappings.rehearsal.events import Arrival, Event
    from mappings.rehearsal.standing import Standing

LOOKED: Final = ("It is taken to answer badly.", "It is taken to answer well.")
"""What a node finds in a network that is not asked."""

SOONEST: Final = timedelta(minutes=1)
"""A node that lets nothing go and yet wants to be asked at once is asked so much later."""


def run(  # noqa: PLR0913  # each is a part of what is given
    graph: Graph,
    arrivals: Iterable[Arrival],
    *,
    version_id: str = "",
    until: datetime,
    audience: Mapping[str, Sequence[str]] | None = None,
    verdicts: Mapping[str, Verdict] | None = None,
    failing: Container[str] = (),
    standing: Standing | None = None,
    speaking: Container[str] = (),
) -> Run:
    """Let posts travel a mapping until a time, and return what happens to them.

    `audience` gives the accounts of sinks by their names, in the order of the engine; a sink that is not in it gets
    each of its variants, for nobody. `verdicts` are what a person decides at nodes that ask one, at once and of every
    post. `failing` are the nodes that look into the network and find nothing good; the others do at once, and nothing
    changes by it. Chance falls as it does for the same version and the same posts. `standing` is what was before; with
    it, `speaking` are the accounts that get a text where no two may say the same.
    """
    going = _Going(graph, version_id, audience or {}, verdicts or {}, failing)
    if standing is not None:
        going.stand(standing, Wordings(standing.said, speaking))
    with _all_kept():
        _go(going, sorted(arrivals, key=lambda arrival: arrival.at), until)
    return Run(tuple(going.events), tuple(going.still()))


@contextmanager
def _all_kept() -> Iterator[None]:
    """Look for no garbage in the meantime: a run keeps all that it makes, and looking through it again and again costs.

    A third of the time of a long replay went into it.
    """
    looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looking:
            gc.enable()


def _go(going: _Going, coming: Sequence[Arrival], until: datetime) -> None:
    """Let posts come and nodes be asked, time by time."""
    nth = 0
    while True:
        times = [*going.asks.values(), *(arrival.at for arrival in coming[nth : nth + 1])]
        now = min(times, default=None)
        if now is None or now > until:
            return
        while nth < len(coming) and coming[nth].at <= now:
            going.come(coming[nth])
            nth += 1
        going.ask(now)


@dataclass(slots=True)
class _Node:
    """A node that holds: what it sees of the posts there, whose they are (post id and round), what they wait for."""

    operator: HoldingOperator[Any]
    follows: bool
    held: dict[str, Held] = field(default_factory=dict)
    whose: dict[str, tuple[str, int]] = field(default_factory=dict)
    reason: str = ""
    history: list[datetime] = field(default_factory=list)
    passed: list[Held] = field(default_factory=list)

    def look(self, operator: LookingOperator[Any], now: datetime, *, good: bool) -> None:
        """Look for those for which it is time, without a network."""
        for number, one in self.held.items():
            if one.verdict is None and operator.looks(one, now):
                times = 1 + (one.look.times if one.look is not None else 0)
                self.held[number] = replace(one, look=Look(now, good, LOOKED[good], times))


class _Going:
    """A run while it goes."""

    def __init__(
        self,
        graph: Graph,
        version_id: str,
        audience: Mapping[str, Sequence[str]],
        verdicts: Mapping[str, Verdict],
        failing: Container[str],
    ) -> None:
        self.events: list[Event] = []
        self.asks: dict[str, datetime] = {}
        self._graph = graph
        self._version_id = version_id
        self._audience = audience
        self._verdicts = verdicts
        self._failing = failing
        self._numbers = count(1)
        self._nodes = dict(_holding(graph))
        self._wordings: Wordings | None = None
        self._routed: set[tuple[str, str]] = set()
        self._taken: set[tuple[str, str, int]] = set()

    def stand(self, standing: Standing, wordings: Wordings) -> None:
        """Begin with what was before."""
        self._wordings = wordings
        self._taken.update(standing.had)
        for one in standing.gone:
            if (node := self._nodes.get(one.node)) is not None and one.last is not None:
                node.history.append(one.last)
                node.passed.append(Held("", one.post, one.since, one.times, one.last))
        for one in standing.waiting:
            if (node := self._nodes.get(one.node)) is not None:
                number = str(next(self._numbers))
                verdict = self._verdicts.get(one.node)
                node.held[number] = Held(number, one.post, one.since, one.times, one.last, verdict)
                node.whose[number] = (one.post_id, one.round)
                self.asks[one.node] = standing.at
                self._routed.add((one.post_id, one.begun))
                if one.last is not None:
                    node.history.append(one.last)
        for node in self._nodes.values():
            node.history.sort()

    def come(self, arrival: Arrival) -> None:
        """Route a post, or take its change to where it waits."""
        if (arrival.id, arrival.node) in self._routed:
            self._change(arrival)
            return
        self._routed.add((arrival.id, arrival.node))
        if arrival.node not in self._graph.sources and arrival.node not in self._graph.operators:
            sentence = f"The mapping has no source {arrival.node} any more."
            self.events.append(Dropped(arrival.at, arrival.node, arrival.id, sentence))
            return
        late = "" if arrival.first_run else too_old(self._graph, arrival.post.published_at, arrival.at)
        if late:
            self.events.append(Dropped(arrival.at, arrival.node, arrival.id, late))
            return
        self._take(arrival.node, arrival.post, (arrival.id, 0), arrival.at)

    def ask(self, now: datetime) -> None:
        """Ask every node that is due, until none is."""
        while due := [name for name in self._nodes if name in self.asks and self.asks[name] <= now]:
            for name in due:
                self._ask(name, now)

    def still(self) -> Iterable[Waiting]:
        """Return what waits."""
        for name, node in self._nodes.items():
            until = self.asks.get(name)
            for number, held in node.held.items():
                yield Waiting(name, node.whose[number][0], held.post, held.since, until, node.reason)

    def _change(self, arrival: Arrival) -> None:
        """Give the nodes that follow changes the new wording; elsewhere the post stays as it came."""
        for node in self._nodes.values():
            mine = [number for number, (post_id, _) in node.whose.items() if node.follows and post_id == arrival.id]
            for number in mine:
                held = node.held[number]
                node.held[number] = replace(held, post=arrival.post, since=max(held.since, arrival.at))

    def _take(self, start: str, post: Post, name: tuple[str, int], now: datetime) -> None:
        """Follow a post, known by its id and round, from a node on."""
        walked = walk(self._graph, post, start, now)
        post_id = name[0]
        self.events += [Dropped(now, end.node, post_id, end.reason) for end in walked.dropped]
        for halt in walked.held:
            node, number = self._nodes[halt.node], str(next(self._numbers))
            node.held[number] = Held(number, halt.post, now, verdict=self._verdicts.get(halt.node))
            node.whose[number] = name
            node.reason = node.reason or halt.reason
            self.asks[halt.node] = now
            self.events.append(Stopped(now, halt.node, post_id, halt.post, halt.reason))
        for arrival in walked.arrived:
            self._arrive(self._graph.sinks[arrival.sink], arrival.post, name, now)

    def _ask(self, name: str, now: datetime) -> None:
        node = self._nodes[name]
        del self.asks[name]
        if isinstance(node.operator, LookingOperator):
            node.look(node.operator, now, good=name not in self._failing)
        operator, some = node.operator, list(islice(node.held.values(), ASKED))
        ctx = release_context(
            self._graph,
            self._version_id,
            name,
            post_ids=(node.whose[held.id][0] for held in some),
            now=now,
            history=tuple(node.history[-operator.history_needed :]) if operator.history_needed else (),
            passed=_remembered(node, now - operator.remembers) if operator.remembers else (),
        )
        answer = operator.release(some, ctx)
        soonest, ended = now + SOONEST, 0
        if isinstance(answer, Wait):
            node.reason = answer.reason or node.reason
        else:
            ended = self._release(name, answer, now)
            if at_once(answer, now, asked=len(some), ended=ended, staying=len(node.held)):
                soonest = now
        if node.held:
            self.asks[name] = min(max(answer.until or soonest, soonest), now + FARTHEST)

    def _release(self, name: str, answer: Release, now: datetime) -> int:
        """Let go what the node lets go; return how many posts do not wait there any more."""
        node, before, stays = self._nodes[name], len(self._nodes[name].held), set(answer.stays)
        for number in answer.ids:
            held, (post_id, nth) = node.held.pop(number), node.whose.pop(number)
            node.history.append(now)
            if node.operator.remembers:
                node.passed.append(replace(held, times=held.times + 1, last=now))
            self.events.append(Released(now, name, post_id, held.since, answer.reason_of(number)))
            if answer.into is None:
                self._take(name, held.post, (post_id, nth + held.times), now)
            if number in stays:
                node.held[number] = replace(held, times=held.times + 1, last=now)
                node.whose[number] = (post_id, nth)
        if answer.into is not None and answer.ids:
            made = f"{name}:{now.isoformat()}:{len(self.events)}"
            self._take(name, answer.into.model_copy(update={"key": made}), (made, 0), now)
        for number in answer.drop:
            reason = answer.reason_of(number) or "The node let it go no further."
            del node.held[number]
            self.events.append(Dropped(now, name, node.whose.pop(number)[0], reason))
        if stays:  # what stays keeps its place among those that wait
            node.held = dict(sorted(node.held.items(), key=lambda pair: int(pair[0])))
        return before - len(node.held)

    def _arrive(self, sink: SinkNode, post: Post, name: tuple[str, int], now: datetime) -> None:
        """Render what came to a sink, and deal it to those who have not had the post yet."""
        post_id, nth = name
        accounts = self._accounts(sink)
        try:
            if accounts is not None and not accounts:
                raise MappingError("There is nobody to publish for.")  # noqa: TRY301  # ends as rendering's do
            size = len(sink.variants) or 1 if accounts is None else len(accounts)
            words = tuple(contents(self._graph, sink, post, size))
        except MappingError as error:
            self.events.append(Dropped(now, sink.name, post_id, str(error)))
            return
        sends = tuple(self._sends(sink, accounts or (), words, name, now))
        if sends or (accounts is None and self._first(sink.name, name)):
            self.events.append(Arrived(now, sink.name, post_id, post, words, sends, nth))

    def _accounts(self, sink: SinkNode) -> Sequence[str] | None:
        known = self._audience.get(sink.name)
        if known is None and sink.accounts:
            return sink.accounts
        if known is None and sink.audience is None:
            return (f"{self._graph.mapping}/{sink.name}",)
        return known

    def _sends(
        self, sink: SinkNode, accounts: Sequence[str], words: Sequence[Content], name: tuple[str, int], now: datetime
    ) -> Iterable[Send]:
        spread = sink.spread.total_seconds()
        moments = shares(self._version_id, sink.name, name[0], len(accounts)) if spread else (0.0,) * len(accounts)
        dealt: Mapping[str, int] | None = None
        if self._wordings is not None and (platform := distinct_on(sink)):
            free = [account for account in accounts if (account, *name) not in self._taken]
            dealt = self._wordings.deal(platform, free, words)
        for nth, (account, moment) in enumerate(zip(accounts, moments, strict=True)):
            number = nth % len(words) if dealt is None else dealt.get(account)
            if self._first(account, name) and number is not None:
                yield Send(account, number, now + timedelta(seconds=spread * moment))

    def _first(self, account: str, name: tuple[str, int]) -> bool:
        """Tell whether an account gets a post for the first time: by whatever path it comes, it is published once."""
        new = (account, *name) not in self._taken
        self._taken.add((account, *name))
        return new


def _holding(graph: Graph) -> Iterable[tuple[str, _Node]]:
    for name, node in graph.operators.items():
        if isinstance(node.operator, HoldingOperator):
            fed = all(feed.name in graph.sources for feed in node.feeds)
            yield name, _Node(node.operator, follows=fed and node.operator.follows_changes)


def _remembered(node: _Node, since: datetime) -> tuple[Held, ...]:
    """Return what a node let go since a time, and forget what it let go before."""
    kept = [held for held in node.passed if held.last is not None and held.last >= since]
    node.passed = kept[-REMEMBERED:]
    return tuple(node.passed)
