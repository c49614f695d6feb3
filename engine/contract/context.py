"""What a node is handed: the network, the time, its account. Nodes take nothing from anywhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from engine.contract.account import Account
    from engine.http_client import Response

T = TypeVar("T")


class Http(Protocol):
    """The network as one node sees it: guarded, capped, and with the node's own `classify` applied to each answer."""

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        max_bytes: int = 5_000_000,
        accept: Container[int] = (),
    ) -> Response:
        """Make a request that may be repeated (reading, uploading); a failure is transient.

        Statuses in `accept` are answers to this request, and not classified: 304 to a conditional one, 404 to *is it
        there?*.
        """

    async def publish(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """Make THE publishing request, once; a failure that is not provably *not sent* is doubtful."""


class Parse(Protocol):
    """Run a top-level function on hostile bytes in the worker process with resource limits."""

    async def __call__(self, function: Callable[..., T], *args: Any) -> T:
        """Return what `function(*args)` returns; raise TransientError or RejectedError when it breaks its limits."""


@dataclass(frozen=True, slots=True)
class SourceContext:
    """Handed to `Source.fetch`."""

    http: Http
    parse: Parse
    now: datetime
    account: Account | None = None


class WalkContext(NamedTuple):
    """Handed to `Operator.decide`: who asks, and when; nothing in it can do I/O.

    A tuple, because one is made for each node that a post comes by.
    """

    mapping: str
    node: str
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: its id and which try it is (from 1).

    `key` stays the same over all tries, `frozen_at` is the time that the first of them put into the body.
    """

    id: str
    number: int
    key: str
    frozen_at: datetime


@dataclass(frozen=True, slots=True)
class SendContext:
    """Handed to `Sink.prepare`, `commit` and `find`."""

    http: Http
    account: Account
    attempt: Attempt
    now: datetime
    prepared: Mapping[str, str] = field(default_factory=dict)
