"""Checks of how an operator decides: plain functions that assert, without a database and without waiting.

`check_decide` takes any operator and any post; `check_release` lets a holding operator live through weeks of a virtual
clock.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from engine.contract.context import WalkContext
from engine.contract.operator import Drop, Held, Hold, HoldingOperator, Pass, Release, ReleaseContext, Split, Wait
from engine.errors import ChappeError
from engine.model.post import Post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.contract.operator import Decision, Operator

PARIS: Final = ZoneInfo("Europe/Paris")
START: Final = datetime(2026, 3, 28, 16, 0, tzinfo=UTC)
"""A Saturday afternoon: the clocks of Paris go forward in the night that follows."""

LONGEST: Final = timedelta(days=400)
MOST_ASKS: Final = 2_000
LATE_ASKS: Final = 12
ROUNDS: Final = 20
"""So many more questions are asked where all that is held has gone on, and stays."""

CONTEXT: Final = WalkContext(mapping="news", node="node", zone=PARIS, now=START)

POSTS: Final = tuple(
    Post(
        key=f"acme-{number}",
        text=f"Karim joins us, number {number}. #Acme https://acme.example/{number}",
        title=f"News {number}",
        permalink=f"https://acme.example/{number}",
        published_at=START - timedelta(hours=number),
    )
    for number in range(1, 8)
)


def check_decide(operator: Operator[Any], post: Post, ctx: WalkContext = CONTEXT) -> None:
    """Deciding is pure: equal arguments give an equal decision, and neither post nor operator is changed by it."""
    kind, before, settings = operator.kind, post.model_dump_json(), operator.config.model_dump_json()
    decision = decided(operator, post, ctx)
    assert decision == decided(operator, post, ctx), f"{kind}: the second decision differs from the first."
    fresh = type(operator)(operator.config)
    assert decision == decided(fresh, copy.deepcopy(post), ctx), f"{kind}: another instance decides otherwise."
    assert post.model_dump_json() == before, f"{kind}: it changed the post that it was given."
    assert operator.config.model_dump_json() == settings, f"{kind}: it changed its settings."
    _check_decision(operator, post, decision)


def check_release(
    operator: HoldingOperator[Any], posts: Sequence[Post] = POSTS, *, late: timedelta = timedelta()
) -> None:
    """Releasing is pure, and every held post goes on or ends in the end.

    The posts arrive twenty minutes apart; the operator is asked at each arrival and whenever it wants to be, at first
    by an engine that is `late` each time, as one that is often down.
    """
    life = _Life(operator, late)
    for number, post in enumerate(posts):
        life.arrive(post, START + number * timedelta(minutes=20))
    while any(not held.times for held in life.held):
        life.wait()
    for _ in range(ROUNDS):
        if life.held:
            life.wait()


def decided(operator: Operator[Any], post: Post, ctx: WalkContext) -> Decision | tuple[type[ChappeError], str]:
    """Return the decision, or the error of ours that stands for it."""
    try:
        return operator.decide(post, ctx)
    except ChappeError as error:
        return type(error), str(error)


def _check_decision(operator: Operator[Any], post: Post, decision: Decision | tuple[type[ChappeError], str]) -> None:
    kind = operator.kind
    match decision:
        case Pass():
            assert decision.post.key == post.key, f"{kind}: a post keeps its key on its way."
            _check_port(operator, decision)
        case Split():
            for part in decision.parts:
                _check_port(operator, part)
        case Drop() | Hold():
            assert decision.reason.endswith("."), f"{kind}: the reason is a sentence, not {decision.reason!r}"
        case _:
            assert decision[1].endswith("."), f"{kind}: the error is a sentence, not {decision[1]!r}"


def _check_port(operator: Operator[Any], passed: Pass) -> None:
    known = operator.ports or (None,)
    assert passed.port in known, f"{operator.kind}: {passed.port!r} is not one of its ports {known}."


@dataclass(slots=True)
class _Life:
    """One node with what it holds, on a virtual clock."""

    operator: HoldingOperator[Any]
    late: timedelta
    now: datetime = START
    asked_for: datetime | None = None
    asks: int = 0
    held: list[Held] = field(default_factory=list)
    history: list[datetime] = field(default_factory=list)
    passed: list[Held] = field(default_factory=list)

    def arrive(self, post: Post, at: datetime) -> None:
        """Let a post come, and ask."""
        while self.asked_for is not None and self.held and self.asked_for + self._late() < at:
            self.wait()
        self.now = at
        context = WalkContext(mapping="news", node="node", zone=PARIS, now=at)
        decision = self.operator.decide(post, context)
        if isinstance(decision, Hold):
            self.held.append(Held(f"h{self.asks}-{post.key}", decision.post or post, at))
            self.ask()

    def wait(self) -> None:
        """Let the time pass until the operator wants to be asked."""
        kind = self.operator.kind
        assert self.asked_for is not None, f"{kind}: it holds {len(self.held)} posts and never wants to be asked again."
        self.now = self.asked_for + self._late()
        assert self.now - START < LONGEST, f"{kind}: after {LONGEST.days} days it still holds {len(self.held)} posts."
        self.ask()

    def _late(self) -> timedelta:
        return self.late if self.asks < LATE_ASKS else timedelta()

    def ask(self) -> None:
        """Ask what may go, twice, and do it."""
        kind = self.operator.kind
        self.asks += 1
        assert self.asks < MOST_ASKS, f"{kind}: after {MOST_ASKS} questions it still holds {len(self.held)} posts."
        answer, again = self._answer(tuple(self.held)), self._answer(copy.deepcopy(tuple(self.held)))
        assert answer == again, f"{kind}: asked twice, it answers differently."
        self.asked_for = answer.until
        if isinstance(answer, Release):
            self._leave(answer)
            if self.held and answer.until is None and {*answer.ids, *answer.drop} - set(answer.stays):
                self.ask()  # as the engine does: something went, something stays, and no time was named
        else:
            said = answer.reason
            assert not said or said.endswith("."), f"{kind}: the reason to wait is a sentence, not {said!r}"
        if self.held and self.asked_for is not None:
            assert self.asked_for.tzinfo, f"{kind}: the time to look again is aware."
            assert self.asked_for > self.now, f"{kind}: it wants to be asked again in the past: the engine would spin."

    def _answer(self, held: tuple[Held, ...]) -> Release | Wait:
        needed = self.operator.history_needed
        history = tuple(self.history[-needed:]) if needed else ()
        since = self.now - self.operator.remembers
        passed = tuple(one for one in self.passed if one.last and one.last >= since) if self.operator.remembers else ()
        chance = random.Random("news node")  # noqa: S311  # a replay draws the same numbers
        return self.operator.release(held, ReleaseContext(self.now, PARIS, history, chance, "news", passed))

    def _leave(self, answer: Release) -> None:
        kind, known, leaving = self.operator.kind, {held.id for held in self.held}, [*answer.ids, *answer.drop]
        assert set(leaving) <= known, f"{kind}: it released what it does not hold: {set(leaving) - known}."
        assert len(set(leaving)) == len(leaving), f"{kind}: it released something twice: {leaving}."
        assert set(answer.stays) <= set(answer.ids), f"{kind}: only what goes on can stay to go on again."
        assert set(answer.reasons) <= set(leaving), f"{kind}: it gives reasons for posts that do not move."
        told = [answer.reason_of(one) for one in leaving]
        assert all(not reason or reason.endswith(".") for reason in told), f"{kind}: reasons are sentences: {told}"
        if answer.into is not None:
            assert answer.ids, f"{kind}: a post is made of at least one."
            assert not answer.stays, f"{kind}: what became another post cannot stay."
        went = {held.id: replace(held, times=held.times + 1, last=self.now) for held in self.held}
        self.passed += [went[one] for one in answer.ids]
        leaving = [one for one in leaving if one not in answer.stays]
        self.held = [went[held.id] if held.id in answer.stays else held for held in self.held]
        self.held = [held for held in self.held if held.id not in leaving]
        self.history += [self.now] * len(answer.ids)
