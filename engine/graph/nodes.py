"""The nodes of a compiled mapping, and what feeds each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from engine.content.template import Template
    from engine.contract.operator import Operator
    from engine.contract.sink import Sink
    from engine.contract.source import Source

Approval = Literal["none", "person", "editor", "both"]


@dataclass(frozen=True, slots=True)
class Feed:
    """Where a node gets posts from: another node's name, and the port of a router."""

    name: str
    port: str | None = None

    def __str__(self) -> str:
        return f"{self.name}.{self.port}" if self.port else self.name


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What a mapping takes of what a source already holds when it joins: nothing, the last N, or since a time."""

    last: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceNode:
    """A source of the graph; `account` is a name in the workspace."""

    name: str
    source: Source[Any]
    account: str | None = None
    every: timedelta = timedelta(minutes=15)
    first_run: FirstRun = field(default_factory=FirstRun)


@dataclass(frozen=True, slots=True)
class OperatorNode:
    """An operator of the graph."""

    name: str
    operator: Operator[Any]
    feeds: tuple[Feed, ...]


@dataclass(frozen=True, slots=True)
class SinkNode:
    """A sink of the graph, and for whom it publishes: a group of people, named accounts, or its own address.

    `variants` are compiled templates; with none the post's own text goes out. `spread` staggers the accounts of an
    audience over a time. `max_age` bounds lateness.
    """

    name: str
    sink: Sink[Any]
    feeds: tuple[Feed, ...]
    audience: str | None = None
    accounts: tuple[str, ...] = ()
    variants: tuple[Template, ...] = ()
    spread: timedelta = timedelta(0)
    approval: Approval = "none"
