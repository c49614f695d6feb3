"""Checks of how a sink writes a first comment, against a real server on loopback, as `check_sink` does of its posts.

Run all of `CHECKS` on the `make` of every sink that has a `comment_room`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.contract.sink import Receipt
from engine.errors import ChappeError, DoubtfulError, RejectedError, TransientError
from engine.http_client import HttpClient
from engine.run.network import BoundHttp
from engine.testing.check_sink import SILENCE_SECONDS, Trial, outcome_of, trial
from engine.testing.counting import Counting
from engine.testing.loopback import always

if TYPE_CHECKING:
    from engine.testing.check_sink import Make
    from engine.testing.loopback import Respond

POST: Final = Receipt("108", "https://network.example/108")
TEXT: Final = "Read on: https://acme.example/karim"


async def check_comment_yes(make: Make) -> None:
    """Accepted is a receipt, by exactly one publishing request, which names the post and has the text."""
    async with trial(make) as it:
        outcome = await _comment(it, it.case.accepts)
        assert isinstance(outcome, Receipt), f"The platform said yes, and the sink: {outcome!r}"
        assert outcome.remote_id, "The receipt does not name the comment."
        assert it.http.made == ["publish"], f"One publishing request and nothing else, not {it.http.made}."
        (request,) = it.server.received
        assert POST.remote_id in f"{request.path} {request.body.decode()}", "The request does not name the post."
        assert b"acme.example" in request.body, "The request does not have the text."


async def check_comment_nobody_there(make: Make) -> None:
    """A refused connection is transient: nothing was written, so it may be tried again."""
    async with trial(make) as it:
        case = it.case
    async with HttpClient(allow_private=["127.0.0.1"]) as client:
        gone = Trial(case, it.server, Counting(BoundHttp(client, case.sink)))
        outcome = await outcome_of(case.sink.comment(POST, TEXT, gone.ctx))
    assert isinstance(outcome, TransientError), f"Nobody was there, and the sink: {outcome!r}"


async def check_comment_silence(make: Make) -> None:
    """A comment without an answer is doubtful, and it is not written a second time."""
    async with trial(make, SILENCE_SECONDS) as it:
        outcome = await _comment(it, always(None))
        assert isinstance(outcome, DoubtfulError), f"After silence: {outcome!r}"
        assert it.http.made == ["publish"], f"One publishing request and nothing else, not {it.http.made}."
        await it.server.until(lambda server: server.busy == 0)


async def check_comment_refused(make: Make) -> None:
    """A 422 rejects the comment."""
    async with trial(make) as it:
        outcome = await _comment(it, always(it.refusal(422)))
        assert isinstance(outcome, RejectedError), f"After a refusal: {outcome!r}"


async def check_comment_look(make: Make) -> None:
    """To look for a comment publishes nothing: None where it is not there, or doubt."""
    async with trial(make) as it:
        it.server.respond = it.case.nothing
        try:
            assert await it.case.sink.find_comment(POST, TEXT, it.ctx) is None, "It found what is not there."
        except DoubtfulError:
            assert it.http.made == [], "A sink that cannot tell asks nobody."
        assert "publish" not in it.http.made, "Looking published something."


CHECKS: Final = (
    check_comment_yes,
    check_comment_nobody_there,
    check_comment_silence,
    check_comment_refused,
    check_comment_look,
)
"""All of them; each takes a `make` and is a coroutine."""


async def _comment(it: Trial, respond: Respond) -> Receipt | ChappeError:
    it.server.respond = respond
    return await outcome_of(it.case.sink.comment(POST, TEXT, it.ctx))
