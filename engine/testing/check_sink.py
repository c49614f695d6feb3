"""Checks of how a sink behaves, against a real server on loopback through the engine's own client.

Each is a plain function that asserts. An author writes a `make`: given the address of a server (without a slash at its
end), it returns a `SinkCase` that publishes there. Run all of `CHECKS` on it.
"""

from __future__ import annotations

import copy
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from engine.contract.context import Attempt, SendContext
from engine.contract.sink import Receipt
from engine.errors import (
    AccountLostError,
    ChappeError,
    DoubtfulError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from engine.http_client import HttpClient
from engine.model.post import Content, Media
from engine.run.network import BoundHttp
from engine.testing.cancelling import check_stops
from engine.testing.counting import Counting
from engine.testing.fakes import ready_card, ready_pictures
from engine.testing.leaks import texts_of, watched
from engine.testing.loopback import REFUSALS, Answer, Loopback, Respond, always

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from engine.contract.account import Account
    from engine.contract.sink import Sink

NOW: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ATTEMPT: Final = Attempt("0197attempt1", 1, "0197delivery", NOW)
SILENCE_SECONDS: Final = 0.3
WAIT: Final = timedelta(seconds=120)
UNFORESEEN: Final = (ValueError, LookupError, TypeError, AttributeError)
"""What the reading of an answer may raise; the engine takes whatever it did not foresee for doubt."""

CONTENT: Final = Content(
    text="Karim joins us. “Bienvenue !” 👋",
    title="A new colleague",
    link="https://acme.example/karim",
    media=(Media(url="https://acme.example/karim.jpg", alt="Karim at his desk"),),
    post_key="acme-1",
)


@dataclass(frozen=True, slots=True)
class SinkCase:
    """A sink that publishes to the test's server, an account with secrets for it, and content that it takes.

    `accepts` is how the platform says yes to whatever it is asked; `refusals` are its ways of saying 401, 422, 429 (to
    wait 120 s) and 503 to a publishing request, where they differ from the bare status. `nothing` is what a findable
    sink is told where the post is not out.
    """

    sink: Sink[Any]
    account: Account
    content: Content = CONTENT
    accepts: Respond = field(default=always(Answer()))
    refusals: Mapping[int, Answer] = field(default_factory=dict)
    nothing: Respond = field(default=always(Answer(404)))


Make: TypeAlias = "Callable[[str], SinkCase]"


@dataclass(slots=True)
class Trial:
    """A sink, its server, and the network between them."""

    case: SinkCase
    server: Loopback
    http: Counting
    prepared: dict[str, str] = field(default_factory=dict)

    @property
    def ctx(self) -> SendContext:
        """The context of a first try."""
        return SendContext(self.http, self.case.account, ATTEMPT, NOW, self.prepared, ready_pictures, ready_card)

    def refusal(self, status: int) -> Answer:
        """Return the platform's way of saying no."""
        return self.case.refusals.get(status, REFUSALS[status])

    def body(self) -> bytes:
        """The publishing body."""
        return self.case.sink.wire(self.case.content, self.case.account, ATTEMPT, self.prepared)

    async def commit(self, respond: Respond) -> Receipt | ChappeError:
        """Prepare while the platform says yes, publish while it responds so, and return what came of it."""
        self.server.respond = self.case.accepts
        self.prepared = await self.case.sink.prepare(self.case.content, self.ctx)
        self.http.made.clear()
        self.server.received.clear()
        self.server.respond = respond
        return await outcome_of(self.case.sink.commit(self.body(), self.ctx))


async def outcome_of(work: Awaitable[Receipt]) -> Receipt | ChappeError:
    """Return the receipt or the error; anything that is neither is a fault of the sink and is raised."""
    try:
        return await work
    except ChappeError as error:
        return error


@asynccontextmanager
async def trial(make: Make, seconds: float = 5.0) -> AsyncIterator[Trial]:
    """Start a server that says yes, a client with one connection, and the sink between them."""
    async with Loopback(always(Answer())) as server, HttpClient(allow_private=["127.0.0.1"], connections=1) as client:
        case = make(server.url)
        server.respond = case.accepts
        yield Trial(case, server, Counting(BoundHttp(client, case.sink, timeout=seconds)))


async def check_yes(make: Make) -> None:
    """Accepted is a receipt, by exactly one publishing request and nothing else, of the bytes that `wire` made."""
    async with trial(make) as it:
        receipt = await it.commit(it.case.accepts)
        assert isinstance(receipt, Receipt), f"The platform said yes, and the sink: {receipt!r}"
        _assert_one_request(it)
        assert it.server.received[0].body == it.body(), "What was sent is not what `wire` had made."


async def check_nobody_there(make: Make) -> None:
    """A refused connection is transient: nothing was sent, so it may be tried again."""
    async with trial(make) as it:
        prepared = await it.case.sink.prepare(it.case.content, it.ctx)
    async with HttpClient(allow_private=["127.0.0.1"]) as client:
        gone = Trial(it.case, it.server, Counting(BoundHttp(client, it.case.sink)), prepared)
        _assert_error(await outcome_of(it.case.sink.commit(gone.body(), gone.ctx)), TransientError, "no connection")
    assert gone.http.made == ["publish"], f"One publishing request and nothing else, not {gone.http.made}."


async def check_silence(make: Make) -> None:
    """A request without an answer is doubtful, and it is not made a second time."""
    async with trial(make, SILENCE_SECONDS) as it:
        _assert_error(await it.commit(always(None)), DoubtfulError, "silence")
        _assert_one_request(it)
        await it.server.until(lambda server: server.busy == 0)


async def check_unavailable(make: Make) -> None:
    """A 503 to a publishing request is doubtful: it may have been processed before."""
    await _check_refusal(make, 503, DoubtfulError)


async def check_too_many(make: Make) -> None:
    """A 429 is a rate limit until the time that the platform names."""
    error = await _check_refusal(make, 429, RateLimitedError)
    assert isinstance(error, RateLimitedError)
    assert error.wait == WAIT or error.until is not None, "The platform said how long to wait, and the sink forgot it."


async def check_unauthorized(make: Make) -> None:
    """A 401 is a lost account: its deliveries wait for their owner, none is rejected."""
    await _check_refusal(make, 401, AccountLostError)


async def check_refused(make: Make) -> None:
    """A 422 rejects this post, with a code."""
    error = await _check_refusal(make, 422, RejectedError)
    assert isinstance(error, RejectedError)
    assert error.code, "A rejection carries the platform's code."


async def check_unreadable_yes(make: Make) -> None:
    """A yes that cannot be read may be one: a receipt, doubtful, or an exception, which the engine takes for doubt."""
    for body in (b"", b"<html>Welcome</html>", b"[]", b"\xff\0"):
        async with trial(make) as it:
            with suppress(*UNFORESEEN):
                outcome = await it.commit(always(Answer(200, body=body)))
                assert isinstance(outcome, Receipt | DoubtfulError), f"After an unreadable yes: {outcome!r}"
            _assert_one_request(it)


async def check_wire(make: Make) -> None:
    """`wire` is pure: equal arguments give equal bytes, in another instance too, and no try leaves its mark in them."""
    case = make("http://127.0.0.1:9")
    for content in (case.content, case.content.model_copy(update={"media": (), "link": None, "title": ""})):
        before = content.model_dump_json()
        body = case.sink.wire(content, case.account, ATTEMPT, {})
        another = make("http://127.0.0.1:9")
        later = replace(ATTEMPT, id="0197attempt2", number=2)
        assert body == case.sink.wire(content, case.account, ATTEMPT, {}), "The second body differs from the first."
        assert body == another.sink.wire(copy.deepcopy(content), another.account, ATTEMPT, {}), "Two sinks differ."
        assert body == case.sink.wire(content, case.account, later, {}), "Another try makes another body."
        assert content.model_dump_json() == before, "`wire` changed the content."
        assert ATTEMPT.id.encode() not in body, "The try's own id stands in the body."


async def check_secrets(make: Make) -> None:
    """No outcome shows a secret: not in a log, an error or a repr, nor in an address."""
    refusals = [always(answer) for answer in REFUSALS.values()]
    async with trial(make, SILENCE_SECONDS) as it:
        secrets = texts_of(it.case.account)
        assert secrets, "The case's account has no secrets: give it some, so that they can be looked for."
        with watched() as shown:
            for respond in (*refusals, always(None), it.case.accepts):
                outcome = await it.commit(respond)
                shown.value(outcome)
                if isinstance(outcome, ChappeError):
                    shown.error(outcome)
                shown.places += [("the address of a request", received.path) for received in it.server.received]
            for value in (it.case.sink, it.case.sink.config, it.case.account, it.ctx, vars(it.case.sink)):
                shown.value(value)
    shown.assert_without(secrets)


async def check_cancellation(make: Make) -> None:
    """A cancelled commit stops at once, leaves nothing open, and the next one has its connection."""
    async with trial(make) as it:
        it.prepared = await it.case.sink.prepare(it.case.content, it.ctx)
        it.server.respond = always(None)
        await check_stops("commit", it.case.sink.commit(it.body(), it.ctx), it.server)
        assert isinstance(await it.commit(it.case.accepts), Receipt), "The connection was not given back."


CHECKS: Final = (
    check_yes,
    check_nobody_there,
    check_silence,
    check_unavailable,
    check_too_many,
    check_unauthorized,
    check_refused,
    check_unreadable_yes,
    check_wire,
    check_secrets,
    check_cancellation,
)
"""All of them; each takes a `make` and is a coroutine."""


async def _check_refusal(make: Make, status: int, expected: type[ChappeError]) -> Receipt | ChappeError:
    async with trial(make) as it:
        outcome = await it.commit(always(it.refusal(status)))
        _assert_error(outcome, expected, str(status))
        _assert_one_request(it)
        return outcome


def _assert_error(outcome: Receipt | ChappeError, expected: type[ChappeError], what: str) -> None:
    assert type(outcome) is expected, f"After {what}, {expected.__name__} is raised, not: {outcome!r}"
    sentence = str(outcome)
    assert sentence.endswith("."), f"The error after {what} is a sentence for a person, not: {sentence!r}"


def _assert_one_request(it: Trial) -> None:
    assert it.http.made == ["publish"], f"One publishing request and nothing else, not {it.http.made}."
    assert len(it.server.received) == 1, f"The server got {len(it.server.received)} requests instead of one."
