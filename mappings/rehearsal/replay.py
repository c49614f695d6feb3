"""A replay: stored posts travel two versions of a mapping on a virtual clock, and what goes out is compared. Pure.

The same posts with the same accounts and the same chance: what differs, differs by the versions. Both begin with what
the nodes of the mapping held and had let go at that time. What platforms and people do, lanes, budgets and answers, is
not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mappings.rehearsal.dry_run import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from engine.graph import Graph
    from engine.model.post import Content
    from mappings.rehearsal.events import Arrival
    from mappings.rehearsal.standing import Standing

MONTH_DAYS = 30


class Outgo(NamedTuple):
    """What goes out: to which account, when it is due, and in which words."""

    post_id: str
    sink: str
    account: str
    round: int
    at: datetime
    content: Content

    def as_dict(self) -> dict[str, Any]:
        """Return its fields for JSON."""
        content = self.content.model_dump(mode="json", exclude_defaults=True)
        return {"post": self.post_id, "sink": self.sink, "account": self.account, "round": self.round,
                "at": self.at.isoformat(), "content": content}  # fmt: skip


class Difference(NamedTuple):
    """`+` goes out now, `-` no longer, `~` in other words, at another time or by another sink."""

    mark: Literal["+", "-", "~"]
    before: Outgo | None
    after: Outgo | None

    def as_dict(self) -> dict[str, Any]:
        """Return its fields for JSON."""
        return {
            "mark": self.mark,
            "before": self.before.as_dict() if self.before else None,
            "after": self.after.as_dict() if self.after else None,
        }


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom the sinks of a version reach: ids in the order of the engine, by sink; `names` are of those who agreed."""

    sinks: Mapping[str, Sequence[str]]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Side:
    """What one version lets go out, what it drops and still holds in the end, and what it costs (None: nothing)."""

    outgoing: tuple[Outgo, ...] = ()
    dropped: int = 0
    waiting: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """Two versions beside each other, over the same posts."""

    since: datetime
    until: datetime
    posts: int
    before: Side
    after: Side
    differences: tuple[Difference, ...]

    @property
    def days(self) -> float:
        """Return how long the time was."""
        return max((self.until - self.since).total_seconds() / 86_400, 1 / 24)

    def monthly(self, side: Side) -> Decimal | None:
        """Return what a version costs in a month of such days, in US dollars; None where nothing is charged."""
        if side.cost is None:
            return None
        return (side.cost * MONTH_DAYS / Decimal(self.days)).quantize(Decimal("0.01"))

    def as_dict(self) -> dict[str, Any]:
        """Return its fields for JSON."""
        sides = {
            name: {
                "outgoing": [one.as_dict() for one in side.outgoing],
                "dropped": side.dropped,
                "waiting": side.waiting,
                "cost_per_month": None if side.cost is None else str(self.monthly(side)),
            }
            for name, side in (("before", self.before), ("after", self.after))
        }
        times = {"since": self.since.isoformat(), "until": self.until.isoformat(), "posts": self.posts}
        return {**times, **sides, "differences": [one.as_dict() for one in self.differences]}


def played(  # each is a part of what is given
    graph: Graph,
    arrivals: Iterable[Arrival],
    whom: Whom,
    *,
    version_id: str,
    until: datetime,
    standing: Standing | None = None,
) -> Side:
    """Let posts travel one version."""
    going = run(
        graph, arrivals, version_id=version_id, until=until, audience=whom.sinks, standing=standing, speaking=whom.names
    )
    outgoing, costs = [], []
    for arrived in going.arrived:
        sink = graph.sinks[arrived.node]
        for send in arrived.sends:
            if send.account in whom.names:
                content = arrived.contents[send.content]
                name = whom.names[send.account]
                outgoing.append(Outgo(arrived.post_id, arrived.node, name, arrived.round, send.at, content))
                costs.append(sink.sink.cost(content))
    charged = [cost for cost in costs if cost is not None]
    return Side(tuple(outgoing), len(going.dropped), len(going.waiting), sum(charged, Decimal(0)) if charged else None)


def differences(before: Side, after: Side) -> tuple[Difference, ...]:
    """Return what goes out otherwise, in the order of time."""
    return tuple(sorted(_differences(before, after), key=_when))


def _differences(before: Side, after: Side) -> Iterator[Difference]:
    old, new = ({(one.post_id, one.account, one.round): one for one in side.outgoing} for side in (before, after))
    for key, one in old.items():
        other = new.get(key)
        if other is None:
            yield Difference("-", one, None)
        elif other != one:
            yield Difference("~", one, other)
    yield from (Difference("+", None, one) for key, one in new.items() if key not in old)


def _when(one: Difference) -> tuple[datetime, str, str]:
    there = one.after or one.before
    if there is None:
        raise ValueError(one)
    return there.at, there.sink, there.account
