"""`once`: the same news passes once within its time, and whoever ends is told of the one before."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract.operator import Held, Release, ReleaseContext
from engine.model.post import Link, Post
from mappings.likeness import likeness, shingles
from mappings.operators.once import Config, Once
from tests.mappings.operators.life import PARIS, utc

START = utc("2026-05-04T09:00")
NEWS = "Nous recrutons un développeur Python à Lyon pour rejoindre notre équipe produit"


def once(**given_settings: Any) -> Once:
    return Once(Config.model_validate(given_settings))


def came(*posts: Post, at: datetime = START) -> list[Held]:
    return [Held(f"h{number}", post, at) for number, post in enumerate(posts)]


def passed(post: Post, at: datetime = START) -> Held:
    return Held("before", post, at, 1, at)


def asked(node: Once, waiting: list[Held], *before: Held, now: datetime = START) -> Release:
    return node.release(waiting, ReleaseContext(now, PARIS, (), random.Random(1), "news", before))


def post(text: str = "", link: str = "", title: str = "") -> Post:
    return Post(key=text or link or title or "k", text=text, title=title, links=(Link(url=link),) if link else ())


def test_the_first_passes_and_the_second_ends_with_the_name_of_the_first() -> None:
    first, second = (
        post(title="Acme hires", link="https://acme.example/7"),
        post(link="https://acme.example/7?utm_id=1"),
    )
    answer = asked(once(), came(first, second))
    assert (answer.ids, answer.drop, answer.until) == (("h0",), ("h1",), None)
    assert answer.reason_of("h1") == (
        "It has the same link as “Acme hires” (https://acme.example/7), which came just before."
    )


def test_what_passed_before_is_remembered_with_its_day() -> None:
    answer = asked(once(by="title"), came(post(title="ACME  hires!")), passed(post(title="Acme hires")))
    assert answer.reason_of("h0") == "It has the same title as “Acme hires”, which passed on 4 May 2026."


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.acme.example/7/", "http://acme.example/7", True),
        ("https://acme.example/7?gclid=a&utm_source=x", "https://acme.example/7#top", True),
        ("https://acme.example/7?id=1", "https://acme.example/7?id=2", False),
        ("https://acme.example/a", "https://acme.example/A", False),
        ("https://[", "https://[", True),
    ],
)
def test_links_are_compared_without_what_tells_readers_apart(one: str, other: str, *, same: bool) -> None:
    answer = asked(once(by="link"), came(post(link=one), post(link=other)))
    assert answer.drop == (("h1",) if same else ())


def test_similar_words_are_the_same_news_and_others_are_not() -> None:
    similar = f"{NEWS} dès janvier 🎉 https://acme.example/jobs"
    answer = asked(once(), came(post(NEWS), post(similar), post("Acme ouvre un bureau à Nantes, et fête ses dix ans")))
    assert (answer.ids, answer.drop) == (("h0", "h2"), ("h1",))
    assert "% of its words as “Nous recrutons" in answer.reason_of("h1")
    assert asked(once(similar=1), came(post(NEWS), post(similar))).drop == ()
    assert "the same words" in asked(once(similar=1), came(post(NEWS), post(NEWS.upper()))).reason_of("h1")


def test_few_words_and_missing_links_and_titles_are_not_compared() -> None:
    short = [post("Read more"), post("Read more!"), post(""), post("")]
    assert asked(once(by=["link", "title", "text"]), came(*short)).ids == ("h0", "h1", "h2", "h3")


def test_only_what_is_asked_for_is_compared() -> None:
    pair = came(post(NEWS, title="A"), post(NEWS, title="B"))
    assert asked(once(by="title"), pair).drop == ()
    assert asked(once(by="text"), pair).drop == ("h1",)


def test_what_ends_keeps_no_others_from_passing() -> None:
    a, b, c = "one two three four five six", "three four five six seven eight", "five six seven eight nine ten"
    answer = asked(once(similar=0.3, by="text"), came(post(a), post(b), post(c)))
    assert (answer.ids, answer.drop) == (("h0", "h2"), ("h1",))


def test_it_remembers_for_its_time_which_is_bounded() -> None:
    assert once(within="3d").remembers == timedelta(days=3)
    for wrong in ({"within": "91d"}, {"within": "0s"}, {"similar": 0}, {"similar": 1.1}, {"by": "colour"}):
        with pytest.raises(ValueError, match="validation error"):
            once(**wrong)


WORDS = st.lists(st.sampled_from(["acme", "ouvre", "un", "bureau", "à", "lyon", "nice"]), max_size=12).map(" ".join)


@given(texts=st.lists(WORDS, min_size=1, max_size=8), split=st.integers(0, 8))
@settings(max_examples=50)
def test_it_makes_no_difference_how_many_come_at_once(texts: list[str], split: int) -> None:
    node, everything = once(by="text"), came(*(post(text) for text in texts))
    together = asked(node, everything)
    first = asked(node, everything[:split]) if split else Release()
    before = [replace(one, times=1, last=START) for one in everything if one.id in first.ids]
    later = asked(node, everything[split:], *before) if everything[split:] else Release()
    assert (*first.ids, *later.ids) == together.ids
    assert (*first.drop, *later.drop) == together.drop


@given(one=WORDS, other=WORDS)
@settings(max_examples=50)
def test_likeness_is_the_same_both_ways_and_whole_with_itself(one: str, other: str) -> None:
    a, b = shingles(one), shingles(other)
    assert likeness(a, b) == likeness(b, a)
    assert 0 <= likeness(a, b) <= 1
    assert likeness(a, a) == (1 if a else 0)


def test_a_language_without_spaces_is_compared_by_its_letters() -> None:
    one = "東京の新しいオフィスで一緒に働くエンジニアを募集しています"
    assert likeness(shingles(one), shingles(f"{one}!")) == 1
    assert likeness(shingles(one), shingles("本日は大阪支店の十周年記念式典が盛大に開催されることになりました")) < 0.2
