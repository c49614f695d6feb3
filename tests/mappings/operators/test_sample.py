"""`sample`: a share of the posts, the same ones each time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.contract.context import WalkContext
from engine.contract.operator import Drop, Pass
from engine.model.post import Post
from engine.testing import strategies
from mappings.operators.sample import Config, Sample

CONTEXT = WalkContext("news", "canary", ZoneInfo("Europe/Paris"), datetime(2026, 5, 4, 9, 30, tzinfo=UTC))
POSTS = [Post(key=f"k{number}") for number in range(2_000)]


def kept(percent: float, ctx: WalkContext = CONTEXT) -> set[str]:
    node = Sample(Config(percent=percent))
    return {post.key for post in POSTS if isinstance(node.decide(post, ctx), Pass)}


@pytest.mark.parametrize("percent", [1, 10, 50, 99.5])
def test_the_share_is_about_as_large_as_it_should_be(percent: float) -> None:
    assert abs(len(kept(percent)) / len(POSTS) * 100 - percent) < 3


def test_a_hundred_of_a_hundred_are_all() -> None:
    assert len(kept(100)) == len(POSTS)


def test_a_larger_share_takes_the_same_posts_and_more() -> None:
    assert kept(5) < kept(20) < kept(60)


def test_another_node_and_another_mapping_draw_anew() -> None:
    assert kept(50) != kept(50, CONTEXT._replace(node="other")) != kept(50, CONTEXT._replace(mapping="other"))


def test_the_reason_names_the_share() -> None:
    dropped = next(post for post in POSTS if post.key not in kept(0.5))
    reason = Drop("Not of the share that goes on: 0.5 of a hundred posts.")
    assert Sample(Config(percent=0.5)).decide(dropped, CONTEXT) == reason


@pytest.mark.parametrize("percent", [0, -1, 101])
def test_a_share_that_is_none_is_refused(percent: float) -> None:
    with pytest.raises(ValidationError):
        Config(percent=percent)


@given(post=strategies.posts(), percent=st.floats(0.1, 100), text=strategies.texts())
@runs(max_examples=25)
def test_neither_time_nor_words_change_what_is_drawn(post: Post, percent: float, text: str) -> None:
    node = Sample(Config(percent=percent))
    later = CONTEXT._replace(now=datetime(2027, 1, 1, tzinfo=UTC), zone=ZoneInfo("UTC"))
    first = node.decide(post, CONTEXT)
    again = node.decide(post.model_copy(update={"text": text}), later)
    assert type(first) is type(again)
