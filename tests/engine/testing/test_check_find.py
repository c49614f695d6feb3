"""The checks of looking let a good sink pass, and catch each fault by its name."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from engine.contract.account import Account
from engine.contract.node import NodeConfig
from engine.contract.sink import Receipt, Sink
from engine.errors import ChappeError, DoubtfulError, TransientError
from engine.model.delivery import Doubt
from engine.testing import check_find
from engine.testing.check_sink import Make, SinkCase
from engine.testing.loopback import Answer, always

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.contract.context import Attempt, SendContext
    from engine.http_client import Response
    from engine.model.post import Content

CANARY = "canary-of-the-token"


class Address(NodeConfig):
    url: str


class Wall(Sink[Address]):
    """Stick notices on a wall, and read what is on it: a line each."""

    kind = "wall"
    title = "Wall"
    doubtful = Doubt.FINDABLE

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Mapping[str, str]) -> bytes:
        return content.text.encode()

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        await ctx.http.publish("POST", self.config.url, content=body)
        return Receipt()

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        answer = await self.look(ctx)
        if not answer.body.startswith(b"wall:"):
            raise DoubtfulError("This is no wall.")
        return Receipt() if content.text.encode() in answer.body else None

    async def look(self, ctx: SendContext) -> Response:
        headers = {"Authorization": f"Bearer {ctx.account.secrets['token']}"}
        return await ctx.http.fetch("GET", self.config.url, headers=headers)


def make_of(sink: type[Wall]) -> Make:
    """Return the case of a wall."""
    account = Account("a1", "wall", "wall", secrets={"token": CANARY})
    empty = always(Answer(body=b"wall:"))
    return lambda url: SinkCase(sink(Address(url=f"{url}/notices")), account, nothing=empty)


class FindsAlways(Wall):
    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        await self.look(ctx)
        return Receipt()


class DoesNotLook(Wall):
    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        return None


class SendsToLook(Wall):
    async def look(self, ctx: SendContext) -> Response:
        return await ctx.http.publish("POST", self.config.url)


class TakesTroubleForAbsence(Wall):
    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        try:
            return await super().find(content, ctx)
        except ChappeError:
            return None


class Mumbles(Wall):
    async def look(self, ctx: SendContext) -> Response:
        try:
            return await super().look(ctx)
        except ChappeError as error:
            raise TransientError("err") from error


class TokenInTheAddress(Wall):
    async def look(self, ctx: SendContext) -> Response:
        return await ctx.http.fetch("GET", f"{self.config.url}?token={CANARY}")


class TokenInTheLog(Wall):
    async def look(self, ctx: SendContext) -> Response:
        logging.getLogger("wall").debug("Looking with %s.", CANARY)
        return await super().look(ctx)


class GoesOnBehind(Wall):
    behind: asyncio.Task[Any] | None = None

    async def look(self, ctx: SendContext) -> Response:
        self.behind = asyncio.create_task(asyncio.Event().wait())
        return await super().look(ctx)


@pytest.mark.parametrize("check", check_find.CHECKS)
async def test_a_sink_that_looks_with_care_passes(check: Callable[[Make], Any]) -> None:
    await check(make_of(Wall))


@pytest.mark.parametrize(
    ("sink", "check", "sentence"),
    [
        (FindsAlways, check_find.check_finds_nothing, "Nothing is out"),
        (DoesNotLook, check_find.check_finds_nothing, "did not look"),
        (SendsToLook, check_find.check_finds_nothing, "publishing request to look"),
        (TakesTroubleForAbsence, check_find.check_find_is_refused, "an error of ours is raised, not: None"),
        (TakesTroubleForAbsence, check_find.check_find_reads_with_care, "says that nothing is out"),
        (Mumbles, check_find.check_find_is_refused, "sentence for a person"),
        (TokenInTheAddress, check_find.check_find_secrets, "the address of a request"),
        (TokenInTheLog, check_find.check_find_secrets, "a log line"),
        (GoesOnBehind, check_find.check_find_cancellation, "left tasks behind"),
    ],
)
async def test_a_sink_that_looks_carelessly_is_caught(sink: type[Wall], check: Any, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        await check(make_of(sink))
