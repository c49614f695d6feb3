"""Patterns: RE2's syntax, and no pattern takes long, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.conditions import Condition
from mappings.operators import route
from mappings.pattern_weight import HEAVIEST, weight_of
from mappings.patterns import LONGEST, LOOKED_AT, Pattern

HARMLESS = [
    "(a+)+$", "(a|aa)+$", "(x+x+)+y", "(a*)*b", "(.*)*z", ".*" * 30 + "z", r"(\w+\s*)+z$", r"(?:\pL|\pN)+z",
    "|".join(f"word{number}" for number in range(200)), "recrut.{0,30}lyon", "[ab]*a[ab]{90}z",
    r"\b[\w.+-]+@[\w.-]+\.\w{2,20}",
]  # fmt: skip
BOMBS = [
    ".*" * 300 + "z", "(?:a?){200}a{200}", "[ab]*a[ab]{300}z", "(" * 400 + "a" + ")" * 400, "a" * 1_900 + "[bz]",
    "[ab]" * 400, "a?" * 900, "(?:(?:a|ab|abc){1,30}){1,10}z", "a.{0,99}b.{0,99}c", "[^z]{0,250}y", r"\pL\pL\pL",
    r"[\pL\pN]+\PL", "(a|b)*a(a|b){700}", r"\Q" + "a" * 200 + r"\E[bc]", "[[:alpha:]]{101}", "|".join(["a{9}"] * 12),
]  # fmt: skip


@pytest.mark.parametrize("source", HARMLESS, ids=lambda source: source[:20])
def test_what_is_little_work_is_taken(source: str) -> None:
    assert Pattern(source).weight <= HEAVIEST


@pytest.mark.parametrize("source", BOMBS, ids=lambda source: source[:20])
def test_a_bomb_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"and 100 is the most|too large|nested too deeply"):
        Pattern(source)


@pytest.mark.parametrize(
    ("source", "weight"),
    [
        ("", 0),
        ("hiring", 6),
        ("job|hiring|a", 6),
        (r"recrut(e|ons)\b", 10),
        (r"\Qa.b\E\.", 4),
        (r"\QaE", 2),
        ("a.[^b][cd]", 8),
        (r"\d\D[\d]", 7),
        (r"\pL[\p{Greek}a]\x{61}", 81),
        ("a*b+c?", 3),
        ("(ab){3}", 6),
        ("(ab){3,}", 8),
        ("(a|bc){2,3}", 9),
        ("(?:)*", 1),
        ("a{,3}", 5),
        ("[]a]{3}", 3),
        (r"[\]]a", 4),
        ("[[:alpha:]]{4}", 4),
        ("(?i)a(?P<n>b)(?-i:cc)", 4),
    ],
)
def test_a_weight_counts_the_places_at_which_a_text_can_stand(source: str, weight: int) -> None:
    assert weight_of(source) == weight
    assert Pattern(source).weight == weight


SIGNS = st.sampled_from(["a", "é", ".", "[ab]", r"\w", r"\pL", r"\b", "^", "(?:a|b)", "(c)", "[^d]", r"\.", "(x|y)"])


@given(source=st.lists(SIGNS, max_size=8).map("".join), least=st.integers(0, 9), more=st.integers(1, 9))
@settings(max_examples=50)
def test_what_is_repeated_more_often_weighs_no_less(source: str, least: int, more: int) -> None:
    once, often = (weight_of(f"(?:{source}){{0,{most}}}") for most in (least, least + more))
    assert weight_of(source) <= often
    assert once <= often


def test_the_patterns_of_a_node_are_weighed_together() -> None:
    heavy = {"text": {"matches": "[ab]{40}"}}
    assert Condition.model_validate({"any": [heavy, {"none": heavy}]}).weight == 80
    together = "The patterns of this node weigh together 120, and 100 is the most"
    with pytest.raises(ValueError, match=together):
        Condition.model_validate({"any": [heavy, {"none": [heavy, {"title": {"matches": "[ab]{40}"}}]}]})
    with pytest.raises(ValueError, match=together):
        route.Config.model_validate({"ports": {"a": heavy, "b": heavy, "c": heavy}})


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
    words = "|".join(["hiring"] * 300)[:LONGEST]
    assert Pattern(words).found_in("We are hiring")


def test_the_beginning_of_a_very_long_text_is_looked_at() -> None:
    assert Pattern("z").found_in("a" * (LOOKED_AT - 1) + "z")
    assert not Pattern("z").found_in("a" * LOOKED_AT + "z")
