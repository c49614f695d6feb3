"""Where posts go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from engine.content.rendering import Room
from engine.contract.node import C, Node
from engine.errors import DoubtfulError, MappingError
from engine.model.delivery import Doubt
from engine.model.picture import MediaLimits

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext
    from engine.model.post import Content, MediaKind
    from engine.model.text import Bound, Unit


@dataclass(frozen=True, slots=True)
class Fact:
    """A number of a platform, with the page and the day it was read."""

    what: str
    page: str
    read: date


@dataclass(frozen=True, slots=True)
class Window:
    """How many posts a platform lets one account, or all accounts of the workspace's app, publish in a time.

    `name` tells the windows of one sink apart. A `rolling` window begins with the first post; one that ends at `utc
    midnight` is a day.
    """

    name: str
    scope: Literal["account", "app"]
    cap: int
    period: timedelta
    fact: Fact
    resets: Literal["rolling", "utc midnight"] = "rolling"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a network takes: None means that no limit is known. `personal` accounts fall under the hard caps.

    A text keeps `text_max` in its `text_unit`, and every limit of `text_also`: a network may count in several units.
    `media` is what `ctx.pictures` makes pictures fit into. The engine claims no more posts than `windows` allow. A
    network that takes no text alone has in `needs_media` the kinds of which a post must have one.
    """

    text_max: int | None = None
    text_unit: Unit = "characters"
    text_also: tuple[Bound, ...] = ()
    media: MediaLimits = field(default_factory=MediaLimits)
    needs_media: tuple[MediaKind, ...] = ()
    personal: bool = False
    windows: tuple[Window, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's word that the post is out."""

    remote_id: str = ""
    url: str | None = None


class Sink(Node[C], ABC):
    """A place that posts are published to, one delivery for each account.

    `wire` is pure and makes the publishing body; the engine stores its hash before `commit` sends it, and refuses a
    resend that would differ. `prepare` may upload and may be repeated; `uploads` says that there is one.
    """

    limits: ClassVar[Limits] = Limits()
    doubtful: ClassVar[Doubt] = Doubt.ASK
    probe_within: ClassVar[timedelta] = timedelta()
    """How long after a send the platform refuses the same post as a duplicate, with some time to spare."""
    uploads: ClassVar[bool] = False
    distinct: ClassVar[bool] = False
    """Whether the network forbids that two accounts say the same."""

    @property
    def doubt(self) -> Doubt:
        """Return how a doubtful send is settled with these settings."""
        return self.doubtful

    @property
    def words_alone(self) -> bool:
        """Tell whether no two accounts may say the same with these settings."""
        return self.distinct

    @property
    def link_in_text(self) -> bool:
        """Tell whether readers see a post's link only where the text has it: it is then added to a text without it."""
        return False

    @property
    def comment_room(self) -> tuple[Bound, ...] | None:
        """Return what a first comment below a post must fit into; None where this sink makes none."""
        return None

    @property
    def room(self) -> Room:
        """Return what a text and its pictures must fit into."""
        limits = self.limits
        most, needs = limits.media.count, limits.needs_media
        return Room(
            limits.text_max, limits.text_unit, most, limits.text_also, self.link_in_text, needs, self.comment_room
        )

    @property
    def own_address(self) -> str | None:
        """Return where these settings themselves publish to, without an account; None where accounts are needed."""
        return None

    async def prepare(self, content: Content, ctx: SendContext) -> dict[str, str]:
        """Upload what the post needs; return names and remote ids. Repeatable, before the claim.

        `ctx.pictures` and `ctx.card` give what there is to upload; what `wire` needs of it goes into the answer.
        """
        del content, ctx
        return {}

    async def ready(self, ctx: SendContext) -> None:
        """Ask whether the platform is done with what was uploaded, `ctx.prepared`; asked before every try.

        Raise RateLimitedError, with the time after which to ask again, while it still works at it: what was uploaded is
        kept. Raise RejectedError where it can do nothing with it: it is then uploaded anew should a person retry.
        """
        del ctx

    def cost(self, content: Content) -> Decimal | None:
        """Return what the platform charges for publishing this, in US dollars; None where it charges nothing. Pure."""
        del content
        return None

    @abstractmethod
    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: dict[str, str]) -> bytes:
        """Return the publishing body. Pure: the same arguments always give the same bytes.

        `attempt.id` and `attempt.number` must not go into it, `attempt.key` and `attempt.frozen_at` may.
        """

    @abstractmethod
    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        """Make one publishing request with `ctx.http.publish`, at once."""

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        """Read back whether it is out (findable sinks only): the receipt, or None when it provably is not.

        Raise DoubtfulError when this sink cannot tell; what `ctx.http.fetch` raises means *look again later*.
        `ctx.attempt.key` is empty where what may be out had a key that is lost: look by the content, or raise.
        """
        del content, ctx
        message = f"{self.title} cannot be read back."
        raise DoubtfulError(message)

    async def comment(self, receipt: Receipt, text: str, ctx: SendContext) -> Receipt:
        """Write a comment below what the receipt names, by one request with `ctx.http.publish` (sinks that comment).

        `ctx.attempt` is the try of the comment. Errors mean what they mean in `commit`; the post is out whatever
        becomes of its comment.
        """
        del receipt, text, ctx
        message = f"{self.title} takes no comments."
        raise MappingError(message)

    async def find_comment(self, receipt: Receipt, text: str, ctx: SendContext) -> Receipt | None:
        """Read back whether the comment is there, since `ctx.attempt.frozen_at`: its receipt, or None.

        Raise DoubtfulError when this sink cannot tell.
        """
        del receipt, text, ctx
        message = f"A comment of {self.title} cannot be read back."
        raise DoubtfulError(message)
