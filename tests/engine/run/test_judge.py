"""The guards of the intake: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.run.judge import STALE_AFTER, Reading, judge
from engine.store.intake import Facts, Judgement
from engine.store.posts import ECHO, HELD, NEW, SEEN, STALE, Incoming

NOW = datetime(2026, 1, 20, 9, tzinfo=UTC)


def posts(count: int, **values: Any) -> list[Incoming]:
    return [Incoming(str(n), f"key {n}", "", "", None, "{}", NOW)._replace(**values) for n in range(count)]


def judged(
    fresh: list[Incoming], *, echoes: dict[str, str] | None = None, known: bool = True, had: bool = True, **values: Any
) -> Judgement:
    reading = Reading("page", first=False, now=NOW, window=20, flood_new=5, flood_window=6)
    facts = Facts(fresh, echoes or {}, any_known=known, had_posts=had)
    return judge(facts, reading=Reading(**{name: getattr(reading, name) for name in reading.__slots__} | values))


def states(judgement: Judgement) -> list[str]:
    return [one.state for one in judgement.placed]


def test_what_a_first_reading_finds_was_there_before() -> None:
    judgement = judged(posts(30), first=True, known=False, had=False, window=30)
    assert set(states(judgement)) == {SEEN}
    assert not judgement.held
    assert judgement.note == ""
    assert "before a mapping first read this source" in judgement.placed[0].reason


def test_a_new_post_is_new() -> None:
    judgement = judged(posts(1))
    assert states(judgement) == [NEW]
    assert judgement == Judgement(judgement.placed)


@pytest.mark.parametrize(
    ("count", "window", "flood"),
    [
        (5, 20, False),
        (6, 20, True),
        (3, 6, False),
        (4, 6, True),
        (5, 5, False),
        (5, 0, False),
        (6, 0, True),
        (5, 9, True),
    ],
)
def test_too_many_at_once_wait_for_a_person(count: int, window: int, flood: bool) -> None:
    judgement = judged(posts(count), window=window)
    assert states(judgement) == [HELD if flood else NEW] * count
    assert judgement.held is flood
    if flood:
        assert f"{count} posts were new at once" in judgement.note
        assert "`chappe sources release page`" in judgement.note
        assert judgement.placed[0].reason == judgement.note


def test_the_sentence_says_when_it_was_the_share_and_not_the_number() -> None:
    assert "more than half of the 6 that the source shows" in judged(posts(4), window=6).note


def test_what_is_ours_is_an_echo_and_says_where_it_stands() -> None:
    judgement = judged(posts(2), echoes={"0": "https://x.example/1", "1": ""})
    assert states(judgement) == [ECHO, ECHO]
    assert judgement.placed[0].reason == "Not routed: Chappe published this itself (https://x.example/1)."
    assert judgement.placed[1].reason == "Not routed: Chappe published this itself."


def test_ours_make_no_flood() -> None:
    fresh = posts(12)
    judgement = judged(fresh, echoes={post.id: "" for post in fresh[:10]})
    assert states(judgement) == [ECHO] * 10 + [NEW] * 2


def test_ours_are_echoes_at_a_first_reading_too() -> None:
    assert states(judged(posts(2), echoes={"0": ""}, first=True)) == [ECHO, SEEN]


def test_what_is_far_too_old_is_stale() -> None:
    old = posts(1, published_at=NOW - STALE_AFTER - timedelta(seconds=1))
    assert states(judged(old)) == [STALE]
    assert "already 7 days old" in judged(old).placed[0].reason
    assert states(judged(posts(1, published_at=NOW - STALE_AFTER))) == [NEW]
    assert states(judged(posts(1, published_at=None))) == [NEW]


def test_a_feed_that_changes_all_its_keys_routes_nothing() -> None:
    fresh = [post._replace(published_at=NOW - timedelta(days=n)) for n, post in enumerate(posts(20))]
    judgement = judged(fresh, known=False)
    assert set(states(judgement)) == {HELD, STALE}
    assert judgement.held


def test_a_gap_is_told() -> None:
    assert "None of the 3 posts that the source shows was known" in judged(posts(3), window=3, known=False).note
    assert states(judged(posts(3), window=3, known=False)) == [NEW] * 3


@pytest.mark.parametrize(
    "case",
    [{"known": True}, {"had": False, "known": False}, {"known": False, "window": 0}, {"known": False, "window": 1}],
)
def test_no_gap_is_told_where_none_can_be(case: dict[str, Any]) -> None:
    assert judged(posts(3), **{"window": 3, "known": False} | case).note == ""


@given(st.integers(1, 40), st.integers(0, 40), st.sets(st.integers(0, 39)), st.booleans())
def test_every_post_gets_one_state_and_a_flood_routes_nothing(
    count: int, window: int, ours: set[int], first: bool
) -> None:
    fresh = posts(count)
    judgement = judged(fresh, echoes={str(n): "" for n in ours if n < count}, window=window, first=first)
    assert [one.post for one in judgement.placed] == fresh
    assert not (NEW in states(judgement) and (judgement.held or first))
    assert states(judgement).count(NEW) <= 5
    assert all(one.reason for one in judgement.placed if one.state != NEW)
