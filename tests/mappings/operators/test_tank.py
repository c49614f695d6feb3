"""`tank`: never more than it holds, one in each period, each post so often and no oftener, in its order."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.contract.operator import Held, Release, ReleaseContext, Wait
from engine.model.duration import Duration
from engine.model.post import Post
from mappings.operators.tank import Config, Tank
from tests.mappings.operators.life import PARIS, asked, held, utc

START = utc("2026-05-04T09:00")
HOUR = timedelta(hours=1)
RULE = "Waits in the tank: one post goes on every 1h."


def tank(**given_settings: Any) -> Tank:
    return Tank(Config.model_validate({"every": "1h", **given_settings}))


def went(one: Held, *at: datetime) -> Held:
    return replace(one, times=len(at), last=at[-1])


def test_the_first_goes_at_once_and_the_next_when_the_period_is_over() -> None:
    waiting = held(START, START)
    assert asked(tank(), waiting, START) == Release(
        ("h0",), until=START + HOUR, reason="It goes on from the tank.", reasons={}
    )
    assert asked(tank(), waiting[1:], START + HOUR / 2, START) == Wait(START + HOUR, RULE)
    assert asked(tank(), waiting[1:], START + HOUR, START).until is None


def test_the_newest_may_go_first() -> None:
    answer = asked(tank(order="newest"), held(START, START, START), START)
    assert isinstance(answer, Release)
    assert answer.ids == ("h2",)


def test_a_post_that_goes_on_again_stays_until_its_last_time() -> None:
    (one,) = held(START)
    first = asked(tank(publications=2), [one], START)
    assert isinstance(first, Release)
    assert (first.ids, first.stays, first.until) == (("h0",), ("h0",), START + HOUR)
    assert first.reason == "It goes on from the tank, time 1 of 2."
    last = asked(tank(publications=2), [went(one, START)], START + HOUR, START)
    assert isinstance(last, Release)
    assert (last.ids, last.stays, last.until) == (("h0",), (), None)


def test_who_has_not_gone_yet_goes_before_who_has_and_then_who_went_longest_ago() -> None:
    old, older, fresh = held(START, START, START + HOUR)
    node, now = tank(publications=9), START + 5 * HOUR
    waiting = [went(old, START + 2 * HOUR), went(older, START + HOUR), fresh]
    assert asked(node, waiting, now, now - HOUR).ids == ("h2",)  # type: ignore[union-attr]
    assert asked(node, waiting[:2], now, now - HOUR).ids == ("h1",)  # type: ignore[union-attr]


def test_a_full_tank_refuses_the_newcomer_or_makes_room_for_it() -> None:
    full = held(START, START, START)
    refused = asked(tank(capacity=2), full, START, START)
    assert refused == Release(
        drop=("h2",), until=START + HOUR, reason=RULE, reasons={"h2": "The tank is full: it holds 2 posts."}
    )
    made_room = asked(tank(capacity=2, overflow="drop_oldest"), full, START, START)
    assert isinstance(made_room, Release)
    assert made_room.reasons == {"h0": "It made room for a newer post: the tank holds 2 posts."}


def test_settings_that_change_apply_to_what_is_in_it() -> None:
    one, other = held(START, START)
    waiting = [went(one, START, START + HOUR), other]
    answer = asked(tank(publications=2), waiting, START + HOUR, START + HOUR)
    assert isinstance(answer, Release)
    assert answer.reasons == {"h0": "The tank lets it go on no more: it went on 2 times."}


def test_what_a_removed_tank_keeps_leaves_it_and_the_others_go_on_once() -> None:
    one, other = held(START, START)
    ctx = ReleaseContext(START + HOUR, PARIS, (START,), random.Random(1), removed=True)
    answer = tank(order="random", publications=0).release([went(one, START), other], ctx)
    assert isinstance(answer, Release)
    assert (answer.ids, answer.stays, answer.drop) == (("h1",), (), ("h0",))


@pytest.mark.parametrize(
    "wrong",
    [{"publications": 0}, {"publications": 0, "order": "newest"}, {"every": "0s"}, {"every": "91d"}, {"capacity": 0},
     {"capacity": 401}, {"publications": -1}],
    ids=str,
)  # fmt: skip
def test_a_tank_that_could_not_hold_what_it_says_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        tank(**wrong)


TANKS = st.fixed_dictionaries(
    {
        "capacity": st.integers(1, 4),
        "order": st.sampled_from(["oldest", "newest", "random"]),
        "publications": st.integers(1, 3),
        "overflow": st.sampled_from(["refuse", "drop_oldest"]),
    },
    optional={"gap": st.sampled_from(["30m", "2h", "5h"])},
)
MOVES = st.lists(
    st.one_of(
        st.just("post"), st.timedeltas(timedelta(minutes=1), timedelta(hours=3)), st.timedeltas(-3 * HOUR, -HOUR / 60)
    ),
    min_size=1,
    max_size=25,
)


@dataclass
class Life:
    """A tank on a virtual clock, kept as the engine keeps it; `age` is the time that has truly gone by."""

    node: Tank
    now: datetime = START
    age: timedelta = timedelta(0)
    until: datetime | None = None
    held: list[Held] = field(default_factory=list)
    history: list[datetime] = field(default_factory=list)
    gone: list[tuple[str, timedelta]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    came: int = 0

    def do(self, move: object) -> None:
        if isinstance(move, str):
            self.held.append(Held(f"h{self.came:02}", Post(key=f"k{self.came}"), self.now))
            self.came += 1
            self.ask()
        elif isinstance(move, timedelta) and move < timedelta(0):
            self.now += move
            self.ask()
        elif isinstance(move, timedelta):
            self.wait(move)

    def wait(self, move: timedelta) -> None:
        end = self.now + move
        while self.until is not None and self.until <= end:
            self.pass_to(self.until)
            self.ask()
        self.pass_to(end)

    def pass_to(self, at: datetime) -> None:
        self.age += max(at - self.now, timedelta(0))
        self.now = max(at, self.now)

    def ask(self) -> None:
        self.history = [min(at, self.now) for at in self.history]
        self.held = [
            replace(one, since=min(one.since, self.now), last=one.last and min(one.last, self.now)) for one in self.held
        ]
        self.until = None
        if not self.held:
            return
        fresh = [one.id for one in self.held if not one.times]
        answer = asked(self.node, self.held, self.now, *self.history[-1:])
        self.until = answer.until
        if isinstance(answer, Release):
            self.leave(answer, fresh)
        assert len(self.held) <= self.node.config.capacity
        assert (self.until is not None and self.until > self.now) if self.held else self.until is None

    def leave(self, answer: Release, fresh: list[str]) -> None:
        assert len(answer.ids) <= 1
        for one in answer.ids:
            if self.node.config.order != "random" and fresh:
                assert one == fresh[0 if self.node.config.order == "oldest" else -1]
            self.gone.append((one, self.age))
            self.history.append(self.now)
        ended = [*answer.drop, *(one for one in answer.ids if one not in answer.stays)]
        self.left += ended
        self.held = [
            replace(one, times=one.times + 1, last=self.now) if one.id in answer.ids else one
            for one in self.held
            if one.id not in ended
        ]


@given(given_settings=TANKS, moves=MOVES)
@example(
    given_settings={"capacity": 1, "order": "oldest", "publications": 2, "overflow": "refuse", "gap": "5h"},
    moves=["post", -HOUR],
)
@settings(max_examples=50)
def test_whatever_comes_and_whatever_the_clock_does(given_settings: dict[str, Any], moves: list[object]) -> None:
    life = Life(tank(**given_settings))
    for move in moves:
        life.do(move)
    for _ in range(100):
        life.wait(6 * HOUR)

    assert (life.held, sorted(life.left)) == ([], [f"h{number:02}" for number in range(life.came)])
    counts = Counter(one for one, _ in life.gone)
    assert all(count <= given_settings["publications"] for count in counts.values())
    for (_, first), (_, later) in pairwise(life.gone):
        assert later - first >= HOUR
    gap = Duration.parse(given_settings["gap"]) if "gap" in given_settings else timedelta(0)
    for one in counts:
        for first, later in pairwise(age for gone, age in life.gone if gone == one):
            assert later - first >= gap


@given(order=st.sampled_from(["oldest", "newest", "random"]), count=st.integers(1, 6), publications=st.integers(1, 3))
@settings(max_examples=25)
def test_one_goes_in_each_period_as_long_as_there_are_any(order: str, count: int, publications: int) -> None:
    life = Life(tank(order=order, publications=publications))
    for _ in range(count):
        life.do("post")
    life.wait(20 * HOUR)
    assert [age for _, age in life.gone] == [number * HOUR for number in range(count * publications)]
    assert set(Counter(one for one, _ in life.gone).values()) == {publications}


def test_by_chance_none_goes_twice_in_a_row_and_each_has_its_turn() -> None:
    life = Life(tank(order="random", publications=0))
    for _ in range(4):
        life.do("post")
    life.wait(100 * HOUR)
    gone = [one for one, _ in life.gone]
    assert len(gone) == 101
    assert all(one != other for one, other in pairwise(gone))
    assert min(Counter(gone).values()) > 10
    assert len(life.held) == 4
