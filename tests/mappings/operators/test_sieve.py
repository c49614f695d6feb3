"""`keep` and `drop`: what holds, what does not, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.context import WalkContext
from engine.contract.operator import Drop, Pass
from engine.model.post import Author, Link, Media, Post
from engine.testing import strategies
from mappings.conditions import Condition
from mappings.operators import sieve

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
CONTEXT = WalkContext(mapping="news", node="jobs", zone=ZoneInfo("Europe/Paris"), now=NOW)

OFFER = Post(
    key="1",
    text="Nous RECRUTONS une développeuse à Lyon : https://jobs.acme.example/7 #Hiring",
    title="Offre",
    hashtags=("Recrutement",),
    language="fr-FR",
    author=Author(name="Léa Martin"),
    media=(Media(url="https://acme.example/a.png"), Media(url="https://acme.example/b.mp4", kind="video")),
    links=(Link(url="https://www.Acme.example/jobs"),),
    published_at=NOW - timedelta(hours=30),
)


def keeps(settings: dict[str, Any], post: Post = OFFER) -> bool:
    condition = Condition.model_validate(settings)
    kept = isinstance(sieve.Keep(condition).decide(post, CONTEXT), Pass)
    dropped = isinstance(sieve.Drop(condition).decide(post, CONTEXT), Drop)
    assert kept is dropped
    return kept


@pytest.mark.parametrize(
    ("settings", "holds"),
    [
        ({"text": {"contains": "recrut"}}, True),
        ({"text": {"contains": ["lunch", "DÉVELOPPEUSE"]}}, True),
        ({"text": {"contains": "de\u0301veloppeuse"}}, True),
        ({"text": {"contains": "\uff2c\uff59\uff4f\uff4e"}}, True),
        ({"text": {"contains": "developpeuse"}}, False),
        ({"text": {"contains": "recrutons", "case_sensitive": True}}, False),
        ({"text": {"contains": "RECRUTONS", "case_sensitive": True}}, True),
        ({"text": {"starts_with": ["nous", "we"]}}, True),
        ({"text": {"starts_with": "recrutons"}}, False),
        ({"text": {"contains": "recrut", "starts_with": "we"}}, False),
        ({"title": {"equals": " OFFRE "}}, True),
        ({"title": {"equals": "Offres"}}, False),
        ({"text": {"matches": r"recrut(e|ons)\b"}}, True),
        ({"text": {"matches": r"(?-i)recrutons"}}, False),
        ({"text": {"matches": [r"^recrut", r"d\p{L}veloppeuse"]}}, True),
        ({"hashtag": "#hiring"}, True),
        ({"hashtag": ["lunch", "recrutement"]}, True),
        ({"hashtag": "hir"}, False),
        ({"link": {"host": "acme.example"}}, True),
        ({"link": {"host": "jobs.acme.example"}}, True),
        ({"link": {"host": "cme.example"}}, False),
        ({"link": {"has": True}}, True),
        ({"link": {"has": False}}, False),
        ({"language": "fr"}, True),
        ({"language": ["en", "fr_FR"]}, True),
        ({"language": "fr-CA"}, False),
        ({"language": "f"}, False),
        ({"media": {"has": True}}, True),
        ({"media": {"kind": "video"}}, True),
        ({"media": {"kind": ["audio", "document"]}}, False),
        ({"media": {"count": {"max": 1}}}, False),
        ({"media": {"kind": "image", "count": {"min": 1, "max": 1}}}, True),
        ({"length": {"min": 10}}, True),
        ({"length": {"min": 10, "max": 20}}, False),
        ({"author": ["lea", "léa martin"]}, True),
        ({"author": "Léa"}, False),
        ({"age": {"older": "1d"}}, True),
        ({"age": {"older": "1d", "newer": "29h"}}, False),
    ],
)
def test_a_test_holds_or_not(settings: dict[str, Any], *, holds: bool) -> None:
    assert keeps(settings) is holds


def test_a_grown_family_is_one_character_long() -> None:
    family = Post(key="1", text="\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}")
    assert keeps({"length": {"max": 1}}, family)


def test_a_post_without_a_date_is_new() -> None:
    assert keeps({"age": {"newer": "1h"}}, Post(key="1"))
    assert not keeps({"age": {"older": "1s"}}, Post(key="1"))


def test_a_bare_post_has_none_of_it() -> None:
    bare = Post(key="1")
    for settings in ({"language": "fr"}, {"author": "Léa"}, {"hashtag": "a"}, {"link": {"has": True}}):
        assert not keeps(settings, bare)


def test_an_address_that_nobody_can_follow_has_no_host() -> None:
    assert not keeps({"link": {"host": "acme.example"}}, Post(key="1", links=(Link(url="https://["),)))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"text": {"contains": "lunch"}}, "The text does not contain “lunch”."),
        ({"hashtag": ["food", "#eat"], "length": {"max": 9}}, "It does not have the hashtag #food or #eat."),
        ({"length": {"max": 9}}, "Its text does not have at most 9 characters."),
        (
            {"any": [{"text": {"contains": "lunch"}}, {"language": "en"}, {"link": {"has": False}}]},
            "None of the 3 conditions of jobs matched: the text contains “lunch”; its language is en; it has no link.",
        ),
        ({"all": [{"language": "fr"}, {"title": {"equals": "x"}}]}, "The title is not “x”."),
        ({"none": [{"language": "en"}, {"link": {"host": "acme.example"}}]}, "It links to acme.example."),
        ({"any": [{"language": "en"}]}, "Its language is not en."),
        ({"language": "fr", "media": {"has": False}}, "It has media."),
        ({"none": {"all": [{"language": "fr"}, {"author": "Léa Martin"}]}},
         "Its language is fr and its author is “Léa Martin”."),
        ({"all": [{"none": [{"hashtag": "hiring"}]}, {"language": "fr"}]}, "It has the hashtag #hiring."),
    ],
)  # fmt: skip
def test_a_post_that_is_not_kept_is_told_why(settings: dict[str, Any], reason: str) -> None:
    assert sieve.Keep(Condition.model_validate(settings)).decide(OFFER, CONTEXT) == Drop(reason)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"text": {"contains": ["lunch", "Lyon"]}}, "The text contains “lunch” or “Lyon”."),
        ({"any": [{"language": "en"}, {"age": {"older": "1d"}}]}, "It is older than 1d."),
        ({"language": "fr", "media": {"has": True}}, "It has media."),
        ({"none": [{"language": "en"}, {"title": {"starts_with": "x"}}]},
         "Its language is not en and the title does not begin with “x”."),
    ],
)  # fmt: skip
def test_a_post_that_is_dropped_is_told_why(settings: dict[str, Any], reason: str) -> None:
    decision = sieve.Drop(Condition.model_validate(settings)).decide(OFFER, CONTEXT)
    assert isinstance(decision, Drop)
    assert decision.reason.endswith(reason[1:])


def test_a_reason_is_never_a_page_long() -> None:
    wordy = {"any": [{"text": {"equals": f"{'x' * 90} {number}"}} for number in range(400)]}
    decision = sieve.Keep(Condition.model_validate(wordy)).decide(OFFER, CONTEXT)
    assert isinstance(decision, Drop)
    assert len(decision.reason) < 420


@pytest.mark.parametrize(
    "settings",
    [{}, {"text": {}}, {"text": {"case_sensitive": True}}, {"any": []}, {"any": [{}]}, {"media": {"count": {}}},
     {"length": {"min": 3, "max": 2}}, {"length": {"min": -1}}, {"text": {"matches": ["a"] * 21}}],
    ids=str,
)  # fmt: skip
def test_a_condition_that_says_nothing_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Condition.model_validate(settings)


LEAVES = st.sampled_from(
    [
        {"text": {"contains": "recrute"}},
        {"text": {"matches": "acme|été"}},
        {"hashtag": "hiring"},
        {"link": {"host": "acme.example"}},
        {"language": ["fr", "en"]},
        {"media": {"kind": "image"}},
        {"length": {"max": 40}},
        {"author": "Karim"},
        {"age": {"older": "2d"}},
    ]
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda word, parts: {word: parts},
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


@given(settings=CONDITIONS, post=strategies.posts())
def test_a_post_is_either_kept_or_dropped_and_always_told_why(settings: dict[str, Any], post: Post) -> None:
    condition = Condition.model_validate(settings)
    kept, dropped = sieve.Keep(condition).decide(post, CONTEXT), sieve.Drop(condition).decide(post, CONTEXT)
    assert isinstance(kept, Pass) is isinstance(dropped, Drop)
    for decision in (kept, dropped):
        if isinstance(decision, Drop):
            assert decision.reason[0].isupper()
            assert decision.reason.endswith(".")
        else:
            assert isinstance(decision, Pass)
            assert decision.post is post


@given(parts=st.lists(CONDITIONS, min_size=1, max_size=3), post=strategies.posts())
def test_all_any_and_none_are_what_their_names_say(parts: list[dict[str, Any]], post: Post) -> None:
    each = [keeps(part, post) for part in parts]
    assert keeps({"all": parts}, post) is all(each)
    assert keeps({"any": parts}, post) is any(each)
    assert keeps({"none": parts}, post) is not any(each)
    assert keeps({"none": [{"all": parts}]}, post) is not all(each)
