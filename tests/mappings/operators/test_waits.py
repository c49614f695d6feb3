"""`steady` and `delay`: posts wait for a time of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.context import WalkContext
from engine.contract.operator import Held, Hold, Release, Wait
from engine.model.post import Post
from mappings.operators import delay, steady
from tests.mappings.operators.life import PARIS, asked, held, lived, utc

START = utc("2026-05-04T09:00")
MINUTE = timedelta(minutes=1)


def waits(**settings: Any) -> delay.Delay:
    return delay.Delay(delay.Config.model_validate(settings))


def rests(time: str) -> steady.Steady:
    return steady.Steady(steady.Config.model_validate({"for": time}))


def test_a_post_rests_for_its_time() -> None:
    waiting = held(START, START + 3 * MINUTE)
    reason = "Waits until it has not changed for 10m."
    assert asked(rests("10m"), waiting, START + 9 * MINUTE) == Wait(START + 10 * MINUTE, reason)
    assert asked(rests("10m"), waiting, START + 10 * MINUTE) == Release(
        ("h0",), until=START + 13 * MINUTE, reason=reason
    )
    assert asked(rests("10m"), waiting, START + 15 * MINUTE) == Release(("h0", "h1"), reason=reason)


def test_a_post_that_changed_begins_anew() -> None:
    changed = Held("h0", Post(key="k0", text="mended"), START + 8 * MINUTE)
    assert asked(rests("10m"), [changed], START + 10 * MINUTE).until == START + 18 * MINUTE


def test_a_fixed_delay_lets_posts_go_in_order() -> None:
    gone, _ = lived(waits(**{"for": "2h"}), [START, START + MINUTE])
    assert gone == [("h0", START + timedelta(hours=2)), ("h1", START + timedelta(hours=2) + MINUTE)]


def test_the_reason_says_how_long() -> None:
    context = WalkContext("news", "node", PARIS, START)
    assert waits(**{"for": "90m"}).decide(Post(key="k"), context) == Hold("Waits for 1 h 30 min.")
    assert waits(**{"for": "26h"}).decide(Post(key="k"), context) == Hold("Waits for 1 d 2 h.")
    assert waits(**{"for": "0s"}).decide(Post(key="k"), context) == Hold("Waits for 0 s.")


@given(key=st.text(min_size=1, max_size=30), shortest=st.integers(0, 300), more=st.integers(0, 300))
def test_a_random_delay_lies_between_its_ends_and_stays_the_same(key: str, shortest: int, more: int) -> None:
    settings = {"between": [f"{shortest}s", f"{shortest + more}s"]}
    post = Post(key=key)
    drawn = waits(**settings).wait(post)
    assert timedelta(seconds=shortest) <= drawn <= timedelta(seconds=shortest + more)
    assert waits(**settings).wait(post.model_copy(update={"text": "changed"})) == drawn


def test_random_delays_differ_from_post_to_post() -> None:
    node = waits(between=["0s", "1d"])
    assert len({node.wait(Post(key=f"k{number}")) for number in range(100)}) > 90


@given(moments=st.lists(st.timedeltas(timedelta(0), timedelta(hours=5)), min_size=1, max_size=8))
def test_each_post_leaves_when_its_own_time_is_over(moments: list[timedelta]) -> None:
    node = waits(between=["10m", "2h"])
    arrivals = sorted(START + moment for moment in moments)
    gone, dropped = lived(node, arrivals)
    assert dropped == []
    assert dict(gone) == {one.id: one.since + node.wait(one.post) for one in held(*arrivals)}
    assert [at for _, at in gone] == sorted(at for _, at in gone)


@given(moments=st.lists(st.timedeltas(timedelta(0), timedelta(hours=5)), min_size=1, max_size=8))
def test_a_post_goes_on_as_soon_as_it_has_rested_and_a_change_while_it_waits_begins_its_time_anew(
    moments: list[timedelta],
) -> None:
    node, arrivals = rests("1h"), sorted(START + moment for moment in moments)
    gone, dropped = lived(node, arrivals)
    assert dropped == []
    assert dict(gone) == {one.id: one.since + 60 * MINUTE for one in held(*arrivals)}

    changed = [replace(one, since=one.since + 30 * MINUTE) for one in held(*arrivals)]
    answer = asked(node, changed, arrivals[0] + 89 * MINUTE)
    assert answer.until == arrivals[0] + 90 * MINUTE


@pytest.mark.parametrize("settings", [{}, {"for": "1h", "between": ["1h", "2h"]}, {"between": ["2h", "1h"]}], ids=str)
def test_one_way_to_say_how_long(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        waits(**settings)
