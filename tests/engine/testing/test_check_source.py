"""The checks of sources let a good one pass, and catch each fault by its name."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from engine.contract.account import Account
from engine.contract.node import NodeConfig
from engine.contract.source import Batch, Source
from engine.errors import ChappeError, RejectedError
from engine.model.post import Post
from engine.testing import check_source
from engine.testing.check_source import SourceCase
from engine.testing.loopback import Answer, always

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.contract.context import SourceContext
    from engine.http_client import Response

CANARY = "canary-of-the-token"


class Address(NodeConfig):
    url: str


class Board(Source[Address]):
    """Read a board of notices: a JSON list, the newest first."""

    kind = "board"
    title = "Board"

    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        answer = await self.ask(ctx)
        posts = self.posts_of(answer, ctx)
        return Batch(posts=posts, cursor=str(len(posts)), window=len(posts))

    async def ask(self, ctx: SourceContext) -> Response:
        token = ctx.account.secrets["token"] if ctx.account else ""
        return await ctx.http.fetch("GET", self.config.url, headers={"Authorization": f"Bearer {token}"})

    def posts_of(self, answer: Response, ctx: SourceContext) -> tuple[Post, ...]:
        if not answer.body.startswith(b"["):
            raise RejectedError("This is no board.", code="no_board")
        return tuple(self.post_of(notice, number, ctx) for number, notice in enumerate(json.loads(answer.body)))[::-1]

    def post_of(self, notice: dict[str, str], number: int, ctx: SourceContext) -> Post:
        return Post(key=notice["id"], text=notice["text"], published_at=datetime.fromisoformat(notice["at"]))


def board(*names: str) -> Answer:
    """Return a board with these notices, given oldest first."""
    notices = [
        {"id": f"n-{name}", "text": f"Notice {name}", "at": f"2026-01-0{day}T08:00:00Z"}
        for day, name in enumerate(names, 1)
    ]
    return Answer(body=json.dumps(notices[::-1]).encode())


def make_of(source: type[Board]) -> check_source.Make:
    """Return the case of a source of boards."""
    account = Account("a1", "board", "board", secrets={"token": CANARY})
    return lambda url: SourceCase(
        source(Address(url=f"{url}/notices")),
        always(board("a", "b")),
        always(board("a", "b", "c", "d")),
        new=2,
        account=account,
    )


class NewestFirst(Board):
    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        batch = await super().fetch(cursor, ctx)
        return Batch(batch.posts[::-1], batch.cursor)


class Twice(Board):
    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        batch = await super().fetch(cursor, ctx)
        return Batch(batch.posts + batch.posts[-1:], batch.cursor)


class Cursorless(Board):
    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        return Batch((await super().fetch(cursor, ctx)).posts)


class KeysByPosition(Board):
    def post_of(self, notice: dict[str, str], number: int, ctx: SourceContext) -> Post:
        return super().post_of(notice, number, ctx).model_copy(update={"key": str(number)})


class KeysByTime(Board):
    def post_of(self, notice: dict[str, str], number: int, ctx: SourceContext) -> Post:
        return super().post_of(notice, number, ctx).model_copy(update={"key": f"{notice['id']} {ctx.now}"})


class KeysByCursor(Board):
    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        batch = await super().fetch(cursor, ctx)
        posts = tuple(post.model_copy(update={"key": f"{post.key} {cursor}"}) for post in batch.posts)
        return Batch(posts, batch.cursor)


class SkipsTheNewest(Board):
    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        batch = await super().fetch(cursor, ctx)
        return Batch(batch.posts if cursor is None else batch.posts[:-1], batch.cursor)


class SleepsOn(Board):
    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        batch = await super().fetch(cursor, ctx)
        return Batch(batch.posts, batch.cursor, unchanged=cursor is not None)


class Publishes(Board):
    async def ask(self, ctx: SourceContext) -> Response:
        return await ctx.http.publish("GET", self.config.url)


class Swallows(Board):
    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        try:
            return await super().fetch(cursor, ctx)
        except ChappeError:
            return Batch(cursor=cursor)


class ReadsAnything(Board):
    def posts_of(self, answer: Response, ctx: SourceContext) -> tuple[Post, ...]:
        return super().posts_of(answer, ctx) if answer.body.startswith(b"[") else ()


class TokenInTheAddress(Board):
    async def ask(self, ctx: SourceContext) -> Response:
        return await ctx.http.fetch("GET", f"{self.config.url}?token={CANARY}")


class TokenInTheLog(Board):
    async def ask(self, ctx: SourceContext) -> Response:
        logging.getLogger("board").debug("Asking with %s.", CANARY)
        return await super().ask(ctx)


class Stubborn(Board):
    async def ask(self, ctx: SourceContext) -> Response:
        try:
            return await super().ask(ctx)
        except asyncio.CancelledError:
            return await super().ask(ctx)


class GoesOnBehind(Board):
    async def ask(self, ctx: SourceContext) -> Response:
        self.behind = asyncio.create_task(asyncio.Event().wait())
        return await super().ask(ctx)


@pytest.mark.parametrize("check", check_source.CHECKS)
async def test_a_good_source_passes(check: Callable[[check_source.Make], Awaitable[None]]) -> None:
    await check(make_of(Board))


@pytest.mark.parametrize(
    ("source", "check", "sentence"),
    [
        (NewestFirst, check_source.check_first_poll, "oldest first"),
        (Twice, check_source.check_first_poll, "twice in one batch"),
        (Cursorless, check_source.check_first_poll, "no cursor"),
        (KeysByPosition, check_source.check_reads_on, "another post"),
        (KeysByTime, check_source.check_same_cursor, "depend on the time"),
        (KeysByCursor, check_source.check_reads_on, "there is a new key"),
        (SkipsTheNewest, check_source.check_reads_on, "2 posts were published, and 1 keys are new"),
        (SleepsOn, check_source.check_reads_on, "nothing changed"),
        (Publishes, check_source.check_first_poll, "publishing request"),
        (Swallows, check_source.check_nothing_is_not_empty, "TransientError or RateLimitedError is raised"),
        (Swallows, check_source.check_nobody_there, "TransientError is raised"),
        (ReadsAnything, check_source.check_garbage, "RejectedError or TransientError is raised"),
        (TokenInTheAddress, check_source.check_secrets, "the address of a request"),
        (TokenInTheLog, check_source.check_secrets, "a log line"),
        (GoesOnBehind, check_source.check_cancellation, "left tasks behind"),
    ],
)
async def test_a_fault_of_a_source_is_caught(source: type[Board], check: Any, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        await check(make_of(source))


async def test_a_case_without_secrets_shows_nothing() -> None:
    with pytest.raises(AssertionError, match="has no secrets"):
        await check_source.check_secrets(lambda url: replace(make_of(Board)(url), account=None))
