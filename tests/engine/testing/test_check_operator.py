"""The checks of operators let a good one pass, and catch each fault by its name."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given

from engine.contract.node import NodeConfig
from engine.contract.operator import Drop, Hold, HoldingOperator, Operator, Pass, Release, Wait
from engine.errors import RejectedError
from engine.testing.check_operator import POSTS, check_decide, check_release
from engine.testing.strategies import posts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Post

HOUR = timedelta(hours=1)


class Hourly(HoldingOperator[NodeConfig]):
    """Let one post an hour go, the oldest first."""

    kind = "hourly"
    title = "Hourly"
    example: ClassVar[dict[str, Any]] = {}
    history_needed = 1

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        return Hold("It waits for its hour.")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        if ctx.history and ctx.now < ctx.history[-1] + HOUR:
            return Wait(ctx.history[-1] + HOUR, "One an hour.")
        return Release((held[0].id,), until=ctx.now + HOUR)


class AtOnce(Hourly):
    """Let one after the other go, without a time between."""

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        return Release((held[0].id,)) if ctx.now - held[-1].since >= HOUR else Wait(held[-1].since + HOUR, "Soon.")


def hourly(release: Callable[[Hourly, Sequence[Held], ReleaseContext], Release | Wait]) -> Hourly:
    """Return the operator with another release."""
    broken = type("Broken", (Hourly,), {"release": release})
    made = broken(NodeConfig())
    assert isinstance(made, Hourly)
    return made


def test_a_good_operator_passes_whatever_comes_and_however_late_the_engine_is() -> None:
    for late in (timedelta(), timedelta(minutes=90), timedelta(days=3)):
        check_release(Hourly(NodeConfig()), late=late)


def test_an_operator_that_names_no_time_is_asked_again_at_once() -> None:
    check_release(AtOnce(NodeConfig()), POSTS[:3])


def held_for_ever(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Wait(ctx.now + timedelta(days=30), "Not yet.")


def released_in_the_past(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Wait(ctx.now, "At once.")


def released_without_naive_time(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Wait(datetime(2026, 4, 1), "Some day.")  # noqa: DTZ001


def released_what_was_not_given(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Release(("stranger",))


def released_twice(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Release((held[0].id,), drop=(held[0].id,))


def forgets_the_rest(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Release((held[0].id,)) if len(held) > 1 else Release(())


def rolls_its_own_dice(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Wait(ctx.now + HOUR * random.SystemRandom().random() + HOUR, "By chance.")


def spins(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Wait(ctx.now + timedelta(microseconds=1), "Soon.")


def keeps_what_stays_put(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Release((), drop=(held[0].id,), stays=(held[0].id,))


def makes_a_post_of_nothing(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Release(drop=(held[0].id,), into=held[0].post)


def keeps_what_became_another(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Release((held[0].id,), stays=(held[0].id,), into=held[0].post)


def explains_what_waits(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Release((), until=ctx.now + HOUR, reasons={held[0].id: "Not yet."})


def mumbles(self: Hourly, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
    return Wait(ctx.now + HOUR, "hourly")


@pytest.mark.parametrize(
    ("release", "sentence"),
    [
        (held_for_ever, "after 400 days it still holds"),
        (released_in_the_past, "asked again in the past"),
        (released_without_naive_time, "aware"),
        (released_what_was_not_given, "what it does not hold"),
        (released_twice, "something twice"),
        (forgets_the_rest, "never wants to be asked again"),
        (rolls_its_own_dice, "asked twice, it answers differently"),
        (spins, "after 2000 questions"),
        (mumbles, "is a sentence"),
        (keeps_what_stays_put, "only what goes on can stay"),
        (makes_a_post_of_nothing, "made of at least one"),
        (keeps_what_became_another, "cannot stay"),
        (explains_what_waits, "posts that do not move"),
    ],
)
def test_a_fault_of_a_release_is_caught(release: Any, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_release(hourly(release))


def decider(decide: Callable[[Any, Post, WalkContext], Decision]) -> Operator[NodeConfig]:
    """Return an operator with this decision."""
    made = type("Made", (Operator,), {"kind": "made", "title": "Made", "decide": decide})(NodeConfig())
    assert isinstance(made, Operator)
    return made


def counts(self: Any, post: Post, ctx: WalkContext) -> Decision:
    self.calls = getattr(self, "calls", 0) + 1
    return Pass(post.model_copy(update={"text": str(self.calls)}))


def writes_into_the_post(self: Any, post: Post, ctx: WalkContext) -> Decision:
    post.__dict__["text"] = "Another."
    return Pass(post)


def renames(self: Any, post: Post, ctx: WalkContext) -> Decision:
    return Pass(post.model_copy(update={"key": "another"}))


def invents_a_port(self: Any, post: Post, ctx: WalkContext) -> Decision:
    return Pass(post, port="nowhere")


def says_nothing(self: Any, post: Post, ctx: WalkContext) -> Decision:
    return Drop("")


@pytest.mark.parametrize(
    ("decide", "sentence"),
    [
        (counts, "the second decision differs"),
        (writes_into_the_post, "changed the post"),
        (renames, "keeps its key"),
        (invents_a_port, "not one of its ports"),
        (says_nothing, "is a sentence"),
    ],
)
def test_a_fault_of_a_decision_is_caught(decide: Any, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_decide(decider(decide), POSTS[0])


@given(post=posts())
def test_a_good_decision_passes_whatever_the_post(post: Post) -> None:
    check_decide(decider(lambda _, post, ctx: Pass(post.model_copy(update={"text": post.text.strip()}))), post)


def test_an_error_of_ours_is_a_decision_too() -> None:
    def refuses(self: Any, post: Post, ctx: WalkContext) -> Decision:
        raise RejectedError(f"{post.key} cannot be written.", code="template")

    check_decide(decider(refuses), POSTS[0])
