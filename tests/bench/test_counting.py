"""How long counting may take is held to in every run of the tests, with much room for a slow machine."""

from __future__ import annotations

from bench.counting import LONG, POSTS, counts

MOST_US = 200


def test_counting_a_post_of_280_characters_takes_at_most_a_fifth_of_a_millisecond() -> None:
    assert {len(post) for post in POSTS} == {LONG} == {280}
    assert min(counts(50) for _ in range(5)) <= MOST_US
