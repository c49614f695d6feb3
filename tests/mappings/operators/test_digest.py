"""`digest`: every post stands in one digest, at its time, in the order in which it came."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract.operator import Held, Release, ReleaseContext, Wait
from engine.errors import MappingError
from engine.model.post import Media, Post
from mappings.operators.digest import Config, Digest
from tests.mappings.operators.life import PARIS, paris, utc

START = utc("2026-05-04T09:00")
HOUR = timedelta(hours=1)


def digest(**given_settings: Any) -> Digest:
    return Digest(Config.model_validate(given_settings))


def news(number: int, at: datetime = START, **more: Any) -> Held:
    made = Post(key=f"k{number}", title=f"News {number}", permalink=f"https://acme.example/{number}", **more)
    return Held(f"h{number}", made, at)


def asked(node: Digest, waiting: list[Held], now: datetime, *, removed: bool = False) -> Release | Wait:
    return node.release(waiting, ReleaseContext(now, PARIS, (), random.Random(1), "press", removed=removed))


def made(node: Digest, *waiting: Held) -> Post:
    answer = asked(node, list(waiting), START + timedelta(days=3))
    assert isinstance(answer, Release)
    assert answer.into is not None
    return answer.into


def test_posts_are_collected_from_the_first_on() -> None:
    waiting = [news(0), news(1, START + HOUR)]
    node = digest(every="3h")
    assert asked(node, waiting, START + 2 * HOUR) == Wait(
        START + 3 * HOUR, "Waits for the digest of Mon 4 May, 14:00 (Europe/Paris)."
    )
    answer = asked(node, [*waiting, news(2, START + 4 * HOUR)], START + 5 * HOUR)
    assert isinstance(answer, Release)
    assert (answer.ids, answer.until, answer.reason) == (("h0", "h1"), None, "It went into a digest of 2.")


def test_at_its_time_a_digest_has_what_came_before_it() -> None:
    node = digest(at="09:00", days="mon-fri")
    friday = paris("2026-03-27T10:00")
    monday = paris("2026-03-30T09:00")  # the clocks change in between
    assert asked(node, [news(0, friday)], friday).until == monday
    answer = asked(node, [news(0, friday), news(1, monday)], monday + HOUR)
    assert isinstance(answer, Release)
    assert answer.ids == ("h0",)


def test_enough_posts_make_one_at_once_and_the_others_wait_for_the_next() -> None:
    node = digest(posts=2, every="1d")
    waiting = [news(number, START) for number in range(5)]
    assert asked(node, waiting, START).ids == ("h0", "h1")  # type: ignore[union-attr]
    left = asked(node, waiting[4:], START)
    assert left.reason == "Waits for the digest of Tue 5 May, 11:00 (Europe/Paris), or for 1 more for a digest."
    assert asked(digest(posts=3), waiting[:1], START).reason == "Waits for 2 more for a digest."


def test_what_waits_for_more_goes_out_when_no_more_will_come() -> None:
    answer = asked(digest(posts=3), [news(0)], START, removed=True)
    assert isinstance(answer, Release)
    assert answer.ids == ("h0",)
    assert isinstance(asked(digest(at="12:00"), [news(0)], START, removed=True), Wait)


def test_a_line_for_each_post_with_its_link() -> None:
    one = made(digest(every="1h"), news(0), news(1))
    assert one.text == "News 0 https://acme.example/0\nNews 1 https://acme.example/1"
    assert [link.url for link in one.links] == ["https://acme.example/0", "https://acme.example/1"]
    assert (one.title, one.permalink, one.published_at) == ("", None, None)


def test_templates_see_the_posts_and_the_mapping() -> None:
    node = digest(
        every="1h",
        title="{{ posts.size }} news of {{ mapping.name }}, first {{ posts.first.title }}",
        text="{% for item in posts %}{{ forloop.index }}. {{ item.title | upcase }} #Acme\n{% endfor %}",
    )
    one = made(node, news(0, language="fr"), news(1, language="fr"))
    assert (one.title, one.text) == ("2 news of press, first News 0", "1. NEWS 0 #Acme\n2. NEWS 1 #Acme")
    assert (one.hashtags, one.language) == (("Acme",), "fr")


def test_long_posts_have_a_share_each() -> None:
    node = digest(every="1h", text="{% for post in posts %}{{ post.text }}{% endfor %}")
    one = made(node, *(news(number, text=f"{number} " + "words " * 1_000) for number in range(5)))
    assert 5_000 < len(one.text) <= 10_000
    assert all(f"{number} words" in one.text for number in range(5))


@pytest.mark.parametrize(("media", "expected"), [("first", ["a", "b"]), ("all", ["a", "b", "c"]), ("none", [])])
def test_pictures_are_the_first_posts_or_all(media: str, expected: list[str]) -> None:
    pictures = [(), (Media(url="a"), Media(url="b")), (Media(url="c"),)]
    one = made(digest(every="1h", media=media), *(news(nth, media=some) for nth, some in enumerate(pictures)))
    assert [picture.url for picture in one.media] == expected


def test_a_template_that_fails_says_so_and_nothing_is_lost() -> None:
    node = digest(every="1h", text="{% for post in posts %}{{ post.title | divided_by: 0 }}{% endfor %}")
    with pytest.raises(MappingError, match="The template is wrong"):
        made(node, news(0))


@pytest.mark.parametrize(
    "wrong",
    [{}, {"every": "1d", "at": "09:00"}, {"every": "1d", "days": "mon"}, {"posts": 0}, {"posts": 101}, {"at": "25:00"},
     {"every": "1d", "text": "{{ post.title }}"}, {"every": "1d", "text": "{% for p in posts %}{{ p.x }}{% endfor %}"},
     {"posts": 1, "title": 7}],
    ids=str,
)  # fmt: skip
def test_settings_that_say_too_little_or_too_much_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        digest(**wrong)


WHEN = st.sampled_from([{"every": "5h"}, {"at": ["09:00", "17:30"]}, {"posts": 3}, {"posts": 2, "every": "1d"}])
STEPS = st.lists(st.timedeltas(timedelta(0), timedelta(hours=9)), min_size=1, max_size=15)


@given(when=WHEN, steps=STEPS, sleeps=st.integers(0, 3))
@settings(max_examples=60)
def test_every_post_stands_in_one_digest_in_order(when: dict[str, Any], steps: list[timedelta], sleeps: int) -> None:
    node, now, waiting, stood = digest(**when), START, list[Held](), list[str]()

    def ask(*, removed: bool = False) -> None:
        while waiting and isinstance(answer := asked(node, waiting, now, removed=removed), Release):
            assert len(answer.ids) <= (node.config.posts or 100)
            stood.extend(answer.ids)
            waiting[:] = [one for one in waiting if one.id not in answer.ids]

    for number, step in enumerate(steps):
        now += step
        waiting.append(news(number, now))
        if number % (sleeps + 1) == 0:
            ask()
    now += timedelta(days=3)
    ask(removed=True)
    assert (waiting, stood) == ([], [f"h{number}" for number in range(len(steps))])
