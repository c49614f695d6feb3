"""Small nodes to draw graphs with: operators that do what the test says, a source and sinks without a network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from engine.contract.node import NodeConfig
from engine.contract.operator import Drop, Hold, HoldingOperator, Operator, Pass, Release
from engine.contract.sink import Limits, Receipt, Sink
from engine.contract.source import Batch, Source
from engine.graph import Feed, Graph, OperatorNode, SinkNode, SourceNode
from engine.model.picture import MediaLimits
from engine.model.post import Post

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext, Wait

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


class NoConfig(NodeConfig):
    """Nothing to set."""


class Letters(Source[NoConfig]):
    """Bring nothing."""

    kind = "letters"
    title = "Letters"
    example: ClassVar[dict[str, Any]] = {}

    async def fetch(self, cursor: str | None, ctx: Any) -> Batch:
        return Batch(cursor=cursor)


class Does(Operator[NoConfig]):
    """Decide as the test says."""

    kind = "does"
    title = "Does"
    example: ClassVar[dict[str, Any]] = {}

    def __init__(self, decide: Callable[[Post, WalkContext], Decision], ports: tuple[str, ...] = ()) -> None:
        super().__init__(NoConfig())
        self._decide = decide
        self._ports = ports

    @property
    def ports(self) -> tuple[str, ...]:
        return self._ports

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        return self._decide(post, ctx)


class Keeps(HoldingOperator[NoConfig]):
    """Hold every post, and release as the test says; by default all of them at once."""

    kind = "keeps"
    title = "Keeps"
    example: ClassVar[dict[str, Any]] = {}
    history_needed = 3

    def __init__(self, release: Callable[[Sequence[Held], ReleaseContext], Release | Wait] | None = None) -> None:
        super().__init__(NoConfig())
        self._release = release

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        return Hold("It waits for the word.")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        if self._release is not None:
            return self._release(held, ctx)
        return Release(tuple(one.id for one in held))


class Board(Sink[NoConfig]):
    """Take everything, and publish for accounts of the board."""

    kind = "board"
    title = "Board"
    example: ClassVar[dict[str, Any]] = {}
    account_kind: ClassVar[str | None] = "board"

    def wire(self, content: Any, account: Any, attempt: Any, prepared: Any) -> bytes:
        return b""

    async def commit(self, body: bytes, ctx: Any) -> Receipt:
        return Receipt()


class Note(Board):
    """Take at most forty characters and one picture."""

    kind = "note"
    limits = Limits(text_max=40, media=MediaLimits(count=1))


class Hook(Board):
    """Publish to an address of its own."""

    kind = "hook"
    account_kind = None

    @property
    def own_address(self) -> str | None:
        return "https://hooks.example.org/in"


def post(text: str = "Nous recrutons", **more: Any) -> Post:
    return Post(key="1", text=text, **more)


def passes(changed: Post, ctx: WalkContext) -> Decision:
    return Pass(changed)


def drops(dropped: Post, ctx: WalkContext) -> Decision:
    return Drop("Nothing in it is about jobs.")


def shouts(changed: Post, ctx: WalkContext) -> Decision:
    return Pass(changed.model_copy(update={"text": changed.text.upper()}))


def fed_by(feeds: str) -> tuple[Feed, ...]:
    """Read `a b.port` as feeds."""
    parts = (feed.partition(".") for feed in feeds.split())
    return tuple(Feed(name, port or None) for name, _, port in parts)


def operator(name: str, feeds: str, does: Operator[Any] | Callable[[Post, WalkContext], Decision]) -> OperatorNode:
    return OperatorNode(name, does if isinstance(does, Operator) else Does(does), fed_by(feeds))


def sink(name: str, feeds: str, kind: type[Board] = Board, **more: Any) -> SinkNode:
    return SinkNode(name, kind(NoConfig()), fed_by(feeds), **more)


def graph(*nodes: OperatorNode | SinkNode, sources: str = "page", **more: Any) -> Graph:
    """Make a graph of these nodes, in this order."""
    settings: dict[str, Any] = {
        "mapping": "company-news",
        "title": "Company news",
        "zone": PARIS,
        "max_age": timedelta(hours=24),
        "sources": {name: SourceNode(name, Letters(NoConfig())) for name in sources.split()},
        "operators": {node.name: node for node in nodes if isinstance(node, OperatorNode)},
        "sinks": {node.name: node for node in nodes if isinstance(node, SinkNode)},
    }
    return Graph(**(settings | more))
