"""`translate_terms`: whole words of a glossary, the longest first, and nothing of addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.contract.context import WalkContext
from engine.contract.operator import Pass
from engine.errors import MappingError
from engine.model.post import Post
from engine.model.text import links_in, mentions_in
from engine.testing import strategies
from mappings.glossary import fixed_in, parts_of
from mappings.operators.translate_terms import Config, TranslateTerms

CONTEXT = WalkContext("news", "glossary", ZoneInfo("Europe/Paris"), datetime(2026, 5, 4, 9, 30, tzinfo=UTC))
TERMS = {
    "job": "emploi",
    "job offer": "offre d'emploi",
    "Acme Corp.": "Acme",
    "CEO": "directrice",
    "e-mail": "courriel",
}


def changed(post: Post, terms: dict[str, str] = TERMS, **settings: Any) -> Post:
    decision = TranslateTerms(Config.model_validate({"terms": terms, **settings})).decide(post, CONTEXT)
    assert isinstance(decision, Pass)
    return decision.post


def said(text: str, terms: dict[str, str] = TERMS, **settings: Any) -> str:
    return changed(Post(key="1", text=text), terms, **settings).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a job, a Job, a JOB", "a emploi, a Emploi, a EMPLOI"),
        ("Job offer and JOB  OFFER", "Offre d'emploi and OFFRE D'EMPLOI"),
        ("jobs jobless job_1 l'job", "jobs jobless job_1 l'emploi"),
        ("our CEO and our ceo", "our directrice and our directrice"),
        ("acme corp. is Acme Corp", "Acme is Acme Corp"),
        ("E-mail me", "Courriel me"),
        ("\uff2a\uff4f\uff42!", "Emploi!"),
        ("https://a.example/job job.com lea@job.example @job #job", None),
    ],
)
def test_whole_words_are_replaced_in_their_case(text: str, expected: str | None) -> None:
    assert said(text) == (expected or text)


def test_a_term_is_found_as_it_is_written_only_where_case_counts() -> None:
    assert said("a job, a Job", case_sensitive=True) == "a emploi, a Job"


def test_what_was_put_in_is_not_looked_at_again() -> None:
    assert said("a b", {"a": "b", "b": "a"}) == "b a"


def test_a_hashtag_is_replaced_as_a_whole_and_by_a_hashtag() -> None:
    post = Post(key="1", text="#Job #CEO #JobOffer", hashtags=("Job", "CEO", "Hiring"))
    terms = {"job": "offre d'emploi", "CEO": "!"}
    tagged = changed(post, terms, hashtags=True)
    assert tagged.text == "#Offredemploi #CEO #JobOffer"
    assert tagged.hashtags == ("Offredemploi", "CEO", "Hiring")
    assert changed(post, terms) is post


def test_the_title_is_translated_too() -> None:
    assert changed(Post(key="1", title="A job", text="x")) == Post(key="1", title="A emploi", text="x")


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [({"job": " "}, "glossary would leave nothing of the text."), ({"job": "a" * 500}, "longer than 10,000")],
)
def test_a_text_is_never_lost_in_silence(terms: dict[str, str], sentence: str) -> None:
    with pytest.raises(MappingError, match=sentence):
        said("job" if len(terms["job"]) == 1 else "job " * 30, terms)


@pytest.mark.parametrize("term", ["", " ", "a b c d e f g", "#job", "@lea", "see acme.com", "https://a.example"])
def test_what_can_be_no_term_is_refused(term: str) -> None:
    with pytest.raises(ValidationError, match=r"term|replaced"):
        Config.model_validate({"terms": {term: "x"}})


@given(text=strategies.texts() | st.text("ab .#@:/éÉ\n", max_size=60))
@runs(max_examples=25)
def test_the_parts_of_a_text_are_the_text(text: str) -> None:
    assert "".join(parts_of(text)) == text
    spans = [place for span in fixed_in(text) for place in span]
    assert spans == sorted(spans)


@given(post=strategies.posts(), terms=st.dictionaries(st.sampled_from(strategies.WORDS[:8]), st.just("x"), min_size=1))
@runs(max_examples=25)
def test_addresses_and_mentions_stay_and_words_without_a_term_too(post: Post, terms: dict[str, str]) -> None:
    after = changed(post, terms)
    assert links_in(after.text) == links_in(post.text)
    assert mentions_in(after.text) == mentions_in(post.text)
    known = {*map(str.casefold, terms), "x"}
    others = [word for word in post.text.split(" ") if word.isalpha() and word.casefold() not in known]
    assert [word for word in after.text.split(" ") if word in others] == others
