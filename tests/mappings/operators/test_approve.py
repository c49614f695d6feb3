"""`approve`: posts wait for an editor, who decides about each by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.context import WalkContext
from engine.contract.operator import Hold, Release, Verdict, Wait
from engine.model.post import Post
from mappings.operators.approve import Approve, Config
from tests.mappings.operators.life import PARIS, asked, held, utc

START = utc("2026-05-04T09:00")
HOUR = timedelta(hours=1)
WAITS = "Waits for an editor's decision."


def gate(**settings: Any) -> Approve:
    return Approve(Config.model_validate(settings))


def test_every_post_waits_and_shows_the_note() -> None:
    context = WalkContext("news", "gate", PARIS, START)
    decision = gate(note="Is the salary right?").decide(Post(key="k"), context)
    assert decision == Hold("Waits for an editor's decision (Is the salary right?).")


def test_without_a_time_out_nothing_goes_on_by_itself() -> None:
    answer = asked(gate(), held(START), START + timedelta(days=300))
    assert isinstance(answer, Wait)
    assert answer.reason == WAITS


def test_each_post_has_its_own_verdict_and_says_whose() -> None:
    first, second, third = held(START, START, START)
    waiting = [
        replace(first, verdict=Verdict(yes=False, by="Ada", note="not before Monday")),
        replace(second, verdict=Verdict(yes=True, by="Karim")),
        third,
    ]

    answer = asked(gate(), waiting, START + HOUR)

    assert isinstance(answer, Release)
    assert (answer.ids, answer.drop) == (("h1",), ("h0",))
    assert answer.reason_of("h0") == "Rejected by Ada: not before Monday"
    assert answer.reason_of("h1") == "Approved by Karim."


@pytest.mark.parametrize(
    ("policy", "goes", "ends"), [(None, (), ("h0",)), ("drop", (), ("h0",)), ("pass", ("h0",), ())]
)
def test_what_nobody_decides_in_time_ends_or_goes_on(policy: str | None, goes: tuple[str], ends: tuple[str]) -> None:
    operator = gate(timeout="24h", **({"on_timeout": policy} if policy else {}))
    waiting = held(START, START + HOUR)

    assert asked(operator, waiting, START + 23 * HOUR) == Wait(START + 24 * HOUR, WAITS)
    answer = asked(operator, waiting, START + 24 * HOUR)

    assert isinstance(answer, Release)
    assert (answer.ids, answer.drop, answer.until) == (goes, ends, START + 25 * HOUR)
    assert answer.reason_of("h0") == "Nobody decided within 24h."


def test_what_may_wait_is_only_overdue() -> None:
    answer = asked(gate(timeout="24h", on_timeout="wait"), held(START, START + HOUR), START + 24 * HOUR)
    assert answer == Wait(START + 25 * HOUR, WAITS)


def test_a_decision_counts_even_where_a_pause_let_the_time_pass() -> None:
    (one,) = held(START)
    approved = replace(one, verdict=Verdict(yes=True, by="Ada"))
    answer = asked(gate(timeout="24h"), [approved], START + 48 * HOUR)
    assert isinstance(answer, Release)
    assert (answer.ids, answer.drop) == (("h0",), ())


def test_a_policy_without_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time"):
        gate(on_timeout="pass")


@given(
    waiting=st.lists(st.tuples(st.integers(0, 72), st.sampled_from([None, True, False])), min_size=1, max_size=8),
    hours=st.integers(0, 96),
    policy=st.sampled_from(["drop", "pass", "wait"]),
)
def test_only_a_yes_or_the_policy_lets_a_post_go_and_nobody_is_asked_for_nothing(
    waiting: list[tuple[int, bool | None]], hours: int, policy: str
) -> None:
    posts = held(*(START + nth * HOUR for nth, _ in waiting))
    decided = [
        one if yes is None else replace(one, verdict=Verdict(yes=yes, by="Ada"))
        for one, (_, yes) in zip(posts, waiting, strict=True)
    ]
    now = START + hours * HOUR
    answer = asked(gate(timeout="24h", on_timeout=policy), decided, now)

    over = {one.id for one in decided if one.verdict is None and one.since + 24 * HOUR <= now}
    yes, no = ({one.id for one in decided if one.verdict and one.verdict.yes is word} for word in (True, False))
    goes, ends = (answer.ids, answer.drop) if isinstance(answer, Release) else ((), ())
    assert set(goes) == yes | (over if policy == "pass" else set())
    assert set(ends) == no | (over if policy == "drop" else set())
    assert list(goes) == [one.id for one in decided if one.id in goes]
    assert answer.until is not None
    assert answer.until > now
