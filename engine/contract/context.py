"""What a node is handed: the network, the time, its account. Nodes take nothing from anywhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol, TypeVar

from engine.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from engine.content.card import PageCard
    from engine.contract.account import Account
    from engine.errors import ChappeError
    from engine.http_client import Response
    from engine.model.picture import LinkCard, Picture
    from engine.model.post import Content

T = TypeVar("T")


class Judge(Protocol):
    """Whoever says what an answer means: a node, or an account kind that is being connected or renewed."""

    def classify(self, status: int, headers: Any, body: bytes) -> ChappeError | None:
        """Return None to accept an answer, else the error by what happens next."""


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


class Pictures(Protocol):
    """Make the pictures of a content ready for the sink's network; `prepare` alone has them."""

    async def __call__(self, content: Content) -> tuple[Picture, ...]:
        """Return every picture of the content, in its order, fetched, cleaned and within `Limits.media`.

        All of them or none: a post is not published without a picture that belongs to it. Raises TransientError while
        a missing one may come back, and RejectedError, which names it and says what to do, when it cannot be had.
        Films and files are not among them.
        """


class Cards(Protocol):
    """Read what a link's page says of itself; `prepare` alone has it."""

    async def __call__(self, url: str) -> LinkCard | None:
        """Return the page's card, or None where there is none to be had: why stands in the post's trace.

        Never an error: a post is not lost for a card. The card's picture is within `Limits.media`, and left out where
        it cannot be had.
        """


class Pages(Protocol):
    """Ask for the page behind an address."""

    async def __call__(self, url: str) -> PageCard | None:
        """Return what the page says of itself, None where it says nothing.

        Raises TransientError or RejectedError where it answers badly, too late, or not everybody.
        """


@dataclass(frozen=True, slots=True)
class LookContext:
    """Handed to `LookingOperator.look`; `secrets` are those that its settings name."""

    http: Http
    page: Pages
    now: datetime
    secrets: Mapping[str, str] = field(default_factory=dict)


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

    `key` stays the same over all tries, `frozen_at` is the time that the first of them put into the body. In `find` the
    key is empty where what may be out had one that is lost.
    """

    id: str
    number: int
    key: str
    frozen_at: datetime


async def no_pictures(content: Content) -> NoReturn:
    """Refuse: only `prepare` is given pictures, and only where the sink says that it uploads."""
    del content
    raise MappingError("A sink's pictures are made ready in `prepare`, of a sink with `uploads = True`: report this.")


async def no_card(url: str) -> NoReturn:
    """Refuse: only `prepare` is given cards, and only where the sink says that it uploads."""
    del url
    raise MappingError("A link's card is read in `prepare`, of a sink with `uploads = True`: report this.")


@dataclass(frozen=True, slots=True)
class SendContext:
    """Handed to `Sink.prepare`, `commit` and `find`; `pictures` and `card` are for `prepare` alone."""

    http: Http
    account: Account
    attempt: Attempt
    now: datetime
    prepared: Mapping[str, str] = field(default_factory=dict)
    pictures: Pictures = no_pictures
    card: Cards = no_card
