"""A feed source with a scripted network; documents are read in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest

from connectors.feed.source import Config, Feed
from engine.contract.context import SourceContext
from engine.testing.fakes import ScriptedHttp

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.contract.source import Batch

T = TypeVar("T")
NOW = datetime(2026, 1, 20, 9, tzinfo=UTC)
URL = "https://acme.example/feed.xml"


class ReaderOf(Protocol):
    """Make a reader with these settings of its source."""

    def __call__(self, **settings: Any) -> Reader: ...


@dataclass
class Reader:
    """A source, its network, and how often a document was read."""

    source: Feed
    http: ScriptedHttp
    now: datetime = NOW
    read: int = 0
    cursors: list[str | None] = field(default_factory=lambda: [None])

    async def parse(self, function: Callable[..., T], *args: Any) -> T:
        self.read += 1
        return function(*args)

    async def poll(self) -> Batch:
        """Ask from the last cursor on, and keep the next one."""
        batch = await self.source.fetch(self.cursors[-1], SourceContext(self.http, self.parse, self.now))
        self.cursors.append(batch.cursor)
        return batch

    def answers(self, body: bytes, status: int = 200, url: str = URL, **headers: str) -> None:
        """Queue an answer; the last one is given again and again."""
        self.http.answer("GET", url, status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.fixture
def reader_of() -> ReaderOf:
    """Make a source with these settings."""

    def make(**settings: Any) -> Reader:
        source = Feed(Config.model_validate({"url": URL} | settings))
        return Reader(source, ScriptedHttp(source))

    return make


@pytest.fixture
def reader(reader_of: ReaderOf) -> Reader:
    """Make a source of the feed at URL."""
    return reader_of()
