"""Checks of how a source behaves, against a real server on loopback through the engine's own client.

Each is a plain function that asserts. An author writes a `make`: given the address of a server (without a slash at its
end), it returns a `SourceCase` that reads there. Run all of `CHECKS` on it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from engine.contract.context import SourceContext
from engine.errors import AccountLostError, ChappeError, RateLimitedError, RejectedError, TransientError
from engine.http_client import HttpClient
from engine.run.network import BoundHttp
from engine.testing.cancelling import check_stops
from engine.testing.counting import Counting
from engine.testing.fakes import parse_here
from engine.testing.leaks import texts_of, watched
from engine.testing.loopback import REFUSALS, Answer, Loopback, Respond, always

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from engine.contract.account import Account
    from engine.contract.source import Batch, Source

NOW: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SILENCE_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class SourceCase:
    """A source that reads the test's server, where somebody publishes between two polls.

    `before` is how the place answers at first, with at least one post; `after` how it answers when exactly `new` posts
    have been added.
    """

    source: Source[Any]
    before: Respond
    after: Respond
    new: int = 1
    account: Account | None = None


Make: TypeAlias = "Callable[[str], SourceCase]"


@dataclass(slots=True)
class Reading:
    """A source, its server, and the network between them."""

    case: SourceCase
    server: Loopback
    client: HttpClient
    seconds: float

    async def poll(self, cursor: str | None, respond: Respond, *, now: datetime = NOW) -> Batch:
        """Ask a new instance of the source, as after a restart, while the place answers so."""
        self.server.respond = respond
        source = type(self.case.source)(self.case.source.config)
        http = Counting(BoundHttp(self.client, source, timeout=self.seconds))
        batch = await source.fetch(cursor, SourceContext(http, parse_here, now, self.case.account))
        assert "publish" not in http.made, "A source made a publishing request."
        return batch

    async def outcome(self, cursor: str | None, respond: Respond) -> Batch | ChappeError:
        """Poll; return an error of ours instead of raising it."""
        try:
            return await self.poll(cursor, respond)
        except ChappeError as error:
            return error


@asynccontextmanager
async def reading(make: Make, seconds: float = 5.0) -> AsyncIterator[Reading]:
    """Start a server, a client with one connection, and the source between them."""
    async with (
        Loopback(always(Answer())) as server,
        HttpClient(allow_private=["127.0.0.1"], connections=1) as client,
    ):
        yield Reading(make(server.url), server, client, seconds)


async def check_first_poll(make: Make) -> None:
    """The first poll brings posts, oldest first, each key once, and a cursor."""
    async with reading(make) as it:
        batch = await it.poll(None, it.case.before)
        keys, times = keys_of(batch), [post.published_at for post in batch.posts if post.published_at]
        assert keys, "The first poll brings nothing: the case's `before` needs at least one post."
        assert len(set(keys)) == len(keys), f"A key stands twice in one batch: {keys}"
        assert times == sorted(times), "The posts do not come oldest first."
        assert batch.cursor is not None, "There is no cursor to go on from."
        assert not batch.unchanged, "The first poll cannot be unchanged."


async def check_same_cursor(make: Make) -> None:
    """The same cursor brings the same posts, to another process too, and the same keys at another time."""
    async with reading(make) as it:
        first = await it.poll(None, it.case.before)
        for cursor, respond in ((None, it.case.before), (first.cursor, it.case.after)):
            one, two = await it.poll(cursor, respond), await it.poll(cursor, respond)
            later = await it.poll(cursor, respond, now=NOW + timedelta(hours=1))
            assert one.posts == two.posts, "Two polls from one cursor bring different posts."
            assert one.cursor == two.cursor, "Two polls from one cursor end at different cursors."
            assert keys_of(one) == keys_of(later), "The keys depend on the time of the poll."


async def check_reads_on(make: Make) -> None:
    """What is new is brought once; what was read is not brought again under another key, nor from an older copy."""
    async with reading(make) as it:
        first = await it.poll(None, it.case.before)
        seen = set(keys_of(first))
        again = await it.poll(first.cursor, it.case.before)
        assert set(keys_of(again)) <= seen, "Nothing was published, and there is a new key."
        more = await it.poll(again.cursor, it.case.after)
        new = set(keys_of(more)) - seen
        assert len(new) == it.case.new, f"{it.case.new} posts were published, and {len(new)} keys are new."
        assert not more.unchanged, "Something was published, and the poll says that nothing changed."
        texts = {post.key: post.text for post in first.posts}
        assert all(texts.get(post.key, post.text) == post.text for post in more.posts), "A key now means another post."
        known = seen | new
        for respond, what in ((it.case.after, "Nothing was published"), (it.case.before, "An older copy was served")):
            later = await it.poll(more.cursor, respond)
            assert set(keys_of(later)) <= known, f"{what}, and there is a new key."


async def check_nothing_is_not_empty(make: Make) -> None:
    """A place that fails is an error of the right kind, never an empty batch, and spoils no cursor."""
    expected: dict[str, tuple[Respond, tuple[type[ChappeError], ...]]] = {
        "503": (always(REFUSALS[503]), (TransientError, RateLimitedError)),
        "429": (always(REFUSALS[429]), (RateLimitedError,)),
        "401": (always(REFUSALS[401]), (AccountLostError, RejectedError)),
        "422": (always(REFUSALS[422]), (RejectedError,)),
        "silence": (always(None), (TransientError,)),
    }
    async with reading(make, SILENCE_SECONDS) as it:
        first = await it.poll(None, it.case.before)
        for what, (respond, kinds) in expected.items():
            for cursor in (None, first.cursor):
                _assert_error(await it.outcome(cursor, respond), kinds, what)
        await it.server.until(lambda server: server.busy == 0)
        more = await it.poll(first.cursor, it.case.after)
        assert len(set(keys_of(more)) - set(keys_of(first))) == it.case.new, "After the trouble something is missing."


async def check_nobody_there(make: Make) -> None:
    """A refused connection is transient."""
    async with reading(make) as it:
        pass
    async with HttpClient(allow_private=["127.0.0.1"]) as client:
        gone = Reading(it.case, it.server, client, SILENCE_SECONDS)
        _assert_error(await gone.outcome(None, it.case.before), (TransientError,), "no connection")


async def check_garbage(make: Make) -> None:
    """An answer that is nothing of what was asked for is refused in a sentence, not read as empty."""
    async with reading(make) as it:
        for body in (b"", b"\0\xff\xfe nothing of the kind", b"<!doctype html><title>Sign in</title><p>Sign in"):
            outcome = await it.outcome(None, always(Answer(body=body, headers={"Content-Type": "text/html"})))
            _assert_error(outcome, (RejectedError, TransientError), f"the body {body!r}")


async def check_secrets(make: Make) -> None:
    """No outcome shows a secret: not in a log, an error or a repr, nor in an address."""
    async with reading(make, SILENCE_SECONDS) as it:
        account = it.case.account
        secrets = texts_of(account) if account else set()
        assert secrets, "The case's account has no secrets: give it some, so that they can be looked for."
        with watched() as shown:
            for respond in (*map(always, REFUSALS.values()), always(None), it.case.before):
                outcome = await it.outcome(None, respond)
                shown.value(outcome)
                if isinstance(outcome, ChappeError):
                    shown.error(outcome)
            shown.value(it.case.source.config)
            shown.value(account)
        shown.places += [("the address of a request", received.path) for received in it.server.received]
    shown.assert_without(secrets)


async def check_cancellation(make: Make) -> None:
    """A cancelled poll stops at once, leaves nothing open, and the next one has its connection."""
    async with reading(make) as it:
        await check_stops("poll", it.poll(None, always(None)), it.server)
        assert (await it.poll(None, it.case.before)).posts, "The connection was not given back."


CHECKS: Final = (
    check_first_poll,
    check_same_cursor,
    check_reads_on,
    check_nothing_is_not_empty,
    check_nobody_there,
    check_garbage,
    check_secrets,
    check_cancellation,
)
"""All of them; each takes a `make` and is a coroutine."""


def keys_of(batch: Batch) -> list[str]:
    """Return the keys of a batch, in its order."""
    return [post.key for post in batch.posts]


def _assert_error(outcome: Batch | ChappeError, kinds: tuple[type[ChappeError], ...], what: str) -> None:
    names = " or ".join(kind.__name__ for kind in kinds)
    assert type(outcome) in kinds, f"After {what}, {names} is raised, not: {outcome!r}"
    assert str(outcome).endswith("."), f"The error after {what} is a sentence for a person, not: {outcome}"
