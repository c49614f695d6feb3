"""Checks of how a findable sink looks whether a post is out: beside check_sink's, on the same cases.

A wrong *it is not there* publishes a post twice, so only an answer that shows it may be read so.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from engine.errors import ChappeError
from engine.testing.cancelling import check_stops
from engine.testing.check_sink import SILENCE_SECONDS, UNFORESEEN, trial
from engine.testing.leaks import texts_of, watched
from engine.testing.loopback import REFUSALS, Answer, always

if TYPE_CHECKING:
    from engine.contract.sink import Receipt
    from engine.testing.check_sink import Make, Trial
    from engine.testing.loopback import Respond


async def check_finds_nothing(make: Make) -> None:
    """Where nothing is out, the answer is None, and nothing is published by looking."""
    async with trial(make) as it:
        outcome = await _found(it, it.case.nothing)
        assert outcome is None, f"Nothing is out, and the sink: {outcome!r}"
        assert it.http.made, "The sink did not look."


async def check_find_is_refused(make: Make) -> None:
    """Whoever may not look, or gets no answer, says so in a sentence; never that it is, or is not, there."""
    async with trial(make, SILENCE_SECONDS) as it:
        refusals: dict[str, Respond] = {str(status): always(it.refusal(status)) for status in REFUSALS}
        for what, respond in {**refusals, "silence": always(None)}.items():
            outcome = await _found(it, respond)
            assert isinstance(outcome, ChappeError), f"After {what}, an error of ours is raised, not: {outcome!r}"
            sentence = str(outcome)
            assert sentence.endswith("."), f"The error after {what} is a sentence for a person, not: {sentence!r}"
        await it.server.until(lambda server: server.busy == 0)


async def check_find_reads_with_care(make: Make) -> None:
    """An answer that cannot be read does not show that nothing is out."""
    for body in (b"", b"<html>Welcome</html>", b"[]", b"\xff\0"):
        async with trial(make) as it:
            with suppress(*UNFORESEEN):
                outcome = await _found(it, always(Answer(200, body=body)))
                assert outcome is not None, f"After {body!r} the sink says that nothing is out."


async def check_find_secrets(make: Make) -> None:
    """Looking shows no secret: not in a log, an error or a repr, nor in an address."""
    async with trial(make, SILENCE_SECONDS) as it:
        secrets = texts_of(it.case.account)
        assert secrets, "The case's account has no secrets: give it some, so that they can be looked for."
        with watched() as shown:
            for respond in (*map(always, REFUSALS.values()), always(None), it.case.nothing):
                outcome = await _found(it, respond)
                shown.value(outcome)
                if isinstance(outcome, ChappeError):
                    shown.error(outcome)
                shown.places += [("the address of a request", received.path) for received in it.server.received]
    shown.assert_without(secrets)


async def check_find_cancellation(make: Make) -> None:
    """A cancelled look stops at once, leaves nothing open, and the next one has its connection."""
    async with trial(make) as it:
        it.server.respond = always(None)
        await check_stops("look", it.case.sink.find(it.case.content, it.ctx), it.server)
        assert await _found(it, it.case.nothing) is None, "The connection was not given back."


CHECKS: Final = (
    check_finds_nothing,
    check_find_is_refused,
    check_find_reads_with_care,
    check_find_secrets,
    check_find_cancellation,
)
"""All of them, for sinks whose `doubt` is findable; each takes a `make` and is a coroutine."""


async def _found(it: Trial, respond: Respond) -> Receipt | ChappeError | None:
    """Look while the platform responds so, and return what came of it."""
    it.http.made.clear()
    it.server.received.clear()
    it.server.respond = respond
    try:
        return await it.case.sink.find(it.case.content, it.ctx)
    except ChappeError as error:
        return error
    finally:
        assert "publish" not in it.http.made, "The sink made a publishing request to look."
