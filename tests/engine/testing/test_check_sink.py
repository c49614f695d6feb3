"""The checks of sinks let a good one pass, and catch each fault by its name."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from engine.contract.account import Account
from engine.contract.node import NodeConfig
from engine.contract.sink import Receipt, Sink
from engine.errors import ChappeError, DoubtfulError, RateLimitedError, RejectedError
from engine.ids import new_id
from engine.testing import check_sink
from engine.testing.check_sink import SinkCase
from engine.testing.loopback import Answer, always

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.contract.context import Attempt, SendContext
    from engine.model.post import Content

CANARY = "canary-of-the-token"


class Address(NodeConfig):
    url: str


class Wall(Sink[Address]):
    """Stick notices on a wall."""

    kind = "wall"
    title = "Wall"

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Mapping[str, str]) -> bytes:
        return f"{attempt.key} {content.text}".encode()

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        headers = {"Authorization": f"Bearer {ctx.account.secrets['token']}"}
        await ctx.http.publish("POST", self.config.url, headers=headers, content=body)
        return Receipt(remote_id=ctx.attempt.key)


def make_of(sink: type[Wall]) -> check_sink.Make:
    """Return the case of a wall."""
    account = Account("a1", "wall", "wall", secrets={"token": CANARY})
    return lambda url: SinkCase(sink(Address(url=f"{url}/notices")), account, accepts=always(Answer(201)))


class LooksAfterwards(Wall):
    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        receipt = await super().commit(body, ctx)
        await ctx.http.fetch("GET", self.config.url)
        return receipt


class SendsAnother(Wall):
    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        return await super().commit(body + b"!", ctx)


class TriesAgain(Wall):
    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        try:
            return await super().commit(body, ctx)
        except DoubtfulError:
            return await super().commit(body, ctx)


class SaysYesToAll(Wall):
    def classify(self, status: int, headers: Any, body: bytes) -> ChappeError | None:
        return None


class RejectsAll(Wall):
    def classify(self, status: int, headers: Any, body: bytes) -> ChappeError | None:
        return RejectedError("The wall refuses it.", code="no") if status >= 400 else None


class ForgetsTheWait(Wall):
    def classify(self, status: int, headers: Any, body: bytes) -> ChappeError | None:
        return RateLimitedError("Wait.") if status == 429 else super().classify(status, headers, body)


class WithoutCode(Wall):
    def classify(self, status: int, headers: Any, body: bytes) -> ChappeError | None:
        return RejectedError("No.", code="") if status == 422 else super().classify(status, headers, body)


class Mumbles(Wall):
    def classify(self, status: int, headers: Any, body: bytes) -> ChappeError | None:
        return RejectedError("err 422", code="422") if status == 422 else super().classify(status, headers, body)


class CallsNobodyThereDoubtful(Wall):
    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        try:
            return await super().commit(body, ctx)
        except ChappeError as error:
            raise DoubtfulError(str(error)) from error


class ReadsItsId(Wall):
    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        answer = await ctx.http.publish("POST", self.config.url, content=body)
        return Receipt(remote_id=answer.json()["id"])


class RejectsWhatItCannotRead(Wall):
    def classify(self, status: int, headers: Any, body: bytes) -> ChappeError | None:
        return super().classify(status, headers, body) or (None if body == b"{}" else RejectedError("No.", code="no"))


class WiresItsTry(Wall):
    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Mapping[str, str]) -> bytes:
        return f"{attempt.number} {content.text}".encode()


class WiresChance(Wall):
    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Mapping[str, str]) -> bytes:
        return f"{new_id()} {content.text}".encode()


class TokenInTheError(Wall):
    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        try:
            return await super().commit(body, ctx)
        except ChappeError as error:
            raise RejectedError(f"Not with {ctx.account.secrets['token']}.", code="no") from error


class TokenInTheAddress(Wall):
    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        await ctx.http.publish("POST", f"{self.config.url}?token={ctx.account.secrets['token']}", content=body)
        return Receipt()


class TokenInTheLog(Wall):
    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        logging.getLogger("wall").debug("Sending with %s.", ctx.account.secrets)
        return await super().commit(body, ctx)


class GoesOnBehind(Wall):
    behind: asyncio.Task[Any] | None = None

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        self.behind = asyncio.create_task(asyncio.Event().wait())
        return await super().commit(body, ctx)


class TurnsCancellationIntoAnError(Wall):
    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        try:
            return await super().commit(body, ctx)
        except asyncio.CancelledError:
            raise DoubtfulError("Somebody interrupted it.") from None


@pytest.mark.parametrize("check", check_sink.CHECKS)
async def test_a_good_sink_passes(check: Callable[[check_sink.Make], Any]) -> None:
    await check(make_of(Wall))


async def test_a_sink_may_leave_an_unreadable_yes_to_the_engine() -> None:
    await check_sink.check_unreadable_yes(make_of(ReadsItsId))


@pytest.mark.parametrize(
    ("sink", "check", "sentence"),
    [
        (LooksAfterwards, check_sink.check_yes, "nothing else"),
        (SendsAnother, check_sink.check_yes, "not what `wire` had made"),
        (TriesAgain, check_sink.check_silence, "One publishing request"),
        (TriesAgain, check_sink.check_unavailable, "One publishing request"),
        (SaysYesToAll, check_sink.check_unavailable, "DoubtfulError is raised"),
        (SaysYesToAll, check_sink.check_refused, "RejectedError is raised"),
        (RejectsAll, check_sink.check_unauthorized, "AccountLostError is raised"),
        (RejectsAll, check_sink.check_too_many, "RateLimitedError is raised"),
        (ForgetsTheWait, check_sink.check_too_many, "forgot it"),
        (WithoutCode, check_sink.check_refused, "carries the platform's code"),
        (Mumbles, check_sink.check_refused, "sentence for a person"),
        (RejectsWhatItCannotRead, check_sink.check_unreadable_yes, "After an unreadable yes"),
        (CallsNobodyThereDoubtful, check_sink.check_nobody_there, "TransientError is raised"),
        (TokenInTheError, check_sink.check_secrets, "an error"),
        (TokenInTheAddress, check_sink.check_secrets, "the address of a request"),
        (TokenInTheLog, check_sink.check_secrets, "a log line"),
        (GoesOnBehind, check_sink.check_cancellation, "left tasks behind"),
        (TurnsCancellationIntoAnError, check_sink.check_cancellation, "something else of being cancelled"),
    ],
)
async def test_a_fault_of_a_sink_is_caught(sink: type[Wall], check: Any, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        await check(make_of(sink))


@pytest.mark.parametrize(("sink", "sentence"), [(WiresItsTry, "Another try"), (WiresChance, "second body differs")])
async def test_a_body_that_is_not_pure_is_caught(sink: type[Wall], sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        await check_sink.check_wire(make_of(sink))
