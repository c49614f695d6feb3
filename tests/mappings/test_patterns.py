"""Patterns: RE2's syntax, and no pattern takes long, whatever the text."""

from __future__ import annotations

import time

import pytest

from mappings.patterns import LONGEST, LOOKED_AT, Pattern

BOMBS = [
    "(a+)+$", "(a|aa)+$", "(x+x+)+y", "(a*)*b", "(.*)*z", ".*" * 300 + "z", "(?:a?){200}a{200}", "[ab]*a[ab]{300}z",
    "(" * 400 + "a" + ")" * 400, "|".join("a" * length for length in range(1, 60)) + "z", r"(\w+\s*)+z$",
    r"(?:\pL|\pN)+z",
]  # fmt: skip
TEXTS = ["a" * 10_000, "ab" * 5_000, "les mots " * 1_100, "é" * 5_000, "x" * 9_999 + "y", "abaabb" * 1_600]


@pytest.mark.parametrize("source", BOMBS, ids=lambda source: source[:20])
def test_a_bomb_is_refused_or_harmless(source: str) -> None:
    try:
        pattern = Pattern(source)
    except ValueError as error:
        assert "too large" in str(error)  # noqa: PT017  # either way is right
        return
    for text in TEXTS:
        start = time.process_time()
        pattern.found_in(text)
        assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("hiring (", "This is not a pattern of RE2: missing ) in “hiring (”."),
        ("[z-a]", "This is not a pattern of RE2: invalid character class range in “z-a”."),
        ("*a", "This is not a pattern of RE2: no argument for repetition operator in “*”."),
        ("a(?=b)", "Patterns have no look-around and no references back, such as “(?=”."),
        (r"(a)\1", r"This is not a pattern of RE2: invalid escape sequence in “\1”."),
        ("\\", "This is not a pattern of RE2: trailing \\ in it."),
        ("x{2000}", "This pattern is too large: write fewer or smaller repetitions such as {1,20}."),
        (r"\pL{1,900}", "This pattern is too large: write fewer or smaller repetitions such as {1,20}."),
        ("a" * (LONGEST + 1), "This pattern has 2,001 characters, and 2,000 is the most."),
    ],
)
def test_a_wrong_pattern_says_what_is_wrong(source: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as caught:
        Pattern(source)
    assert str(caught.value) == sentence


def test_case_does_not_count_unless_the_pattern_says_so() -> None:
    assert Pattern("ÉTÉ").found_in("un été à Lyon")
    assert not Pattern("(?-i)ÉTÉ").found_in("un été à Lyon")
    assert not Pattern("ÉTÉ", case_sensitive=True).found_in("un été à Lyon")


def test_letters_written_in_two_ways_are_the_same() -> None:
    assert Pattern("é").found_in("e\u0301")


def test_a_pattern_of_2_000_characters_is_taken() -> None:
    assert Pattern("a" * LONGEST).found_in("a" * LONGEST)


def test_the_beginning_of_a_very_long_text_is_looked_at() -> None:
    assert Pattern("z").found_in("a" * (LOOKED_AT - 1) + "z")
    assert not Pattern("z").found_in("a" * LOOKED_AT + "z")
