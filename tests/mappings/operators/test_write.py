"""`write`: the words of a post, changed step by step, and never to nothing."""

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
from engine.model.post import Link, Post
from engine.model.text import hashtags_in, mentions_in
from engine.testing import strategies
from mappings.addresses import tagged
from mappings.operators.write import Config, Write

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
CONTEXT = WalkContext(mapping="news", node="signed", zone=ZoneInfo("Europe/Paris"), now=NOW)
POST = Post(
    key="1", text="Acme Corp. hires @lea@acme.example today", title="We grow", hashtags=("Jobs",), mentions=("lea",)
)
TEMPLATES = (
    "{{ post.text }}", "{{ post.title }}", "{{ post.text | slice: 0, 5 }} {{ post.link }}",
    "{{ post.text | strip }} \n",
    "{{ post.text | append: post.text | append: post.text | append: post.text }}",
)  # fmt: skip
SAID = ("signed would leave nothing of the text.", "signed would make the text longer than 10,000 characters.")


def written(settings: dict[str, Any], post: Post = POST) -> Post:
    decision = Write(Config.model_validate(settings)).decide(post, CONTEXT)
    assert isinstance(decision, Pass)
    return decision.post


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"text": "{{ post.title }}: {{ post.text }}"}, "We grow: Acme Corp. hires @lea@acme.example today"),
        ({"text": "{{ mapping.name | upcase }}"}, "NEWS"),
        ({"mentions": "strip"}, "Acme Corp. hires lea today"),
        ({"mention_as": {"@Lea@acme.example": "@lea@social.example"}}, "Acme Corp. hires @lea@social.example today"),
        ({"mention_as": {"lea": "Léa"}}, "Acme Corp. hires @lea@acme.example today"),
        ({"mention_as": {"karim": "@k"}, "mentions": "strip"}, "Acme Corp. hires lea today"),
        ({"replacements": {"Acme": "ACME", "Acme Corp.": "Acme"}}, "Acme hires @lea@acme.example today"),
        ({"replacements": {"hires": "today", "today": "hires"}}, "Acme Corp. today @lea@acme.example hires"),
        ({"prefix": "> ", "suffix": " <"}, "> Acme Corp. hires @lea@acme.example today <"),
        ({"hashtags": "Acme"}, "Acme Corp. hires @lea@acme.example today #Acme"),
        ({"hashtags": ["#Acme", "Jobs"]}, "Acme Corp. hires @lea@acme.example today #Acme #Jobs"),
        ({"text": "{{ post.title }} #acme", "hashtags": ["Acme", "été"]}, "We grow #acme #été"),
        ({"text": "{{ post.title }}\n", "suffix": "!", "hashtags": "a1"}, "We grow\n! #a1"),
    ],
)
def test_each_step_does_what_it_says(settings: dict[str, Any], text: str) -> None:
    assert written(settings).text == text


def test_the_steps_are_taken_in_their_order() -> None:
    settings = {
        "text": "{{ post.title }} @acme",
        "mentions": "strip",
        "replacements": {"acme": "#Acme"},
        "prefix": "acme: ",
        "hashtags": ["Acme", "News"],
    }
    post = written(settings)
    assert post.text == "acme: We grow #Acme #News"
    assert post.hashtags == ("Jobs", "Acme", "News")
    assert post.mentions == ()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"mention_as": {"LEA": "@lea.martin"}}, ("lea.martin", "karim")),
        ({"mention_as": {"lea": "Léa Martin"}}, ("karim",)),
        ({"mention_as": {"lea": "@karim"}}, ("karim",)),
        ({"mention_as": {"lea": "@l"}, "mentions": "strip"}, ("l",)),
    ],
)
def test_who_is_mentioned_follows_the_words(settings: dict[str, Any], named: tuple[str, ...]) -> None:
    post = Post(key="1", text="Thanks, @lea and @karim", mentions=("lea", "karim"))
    changed = written(settings, post)
    assert changed.mentions == named
    assert mentions_in(changed.text) == named


def test_what_is_not_changed_is_the_same_post() -> None:
    assert written(
        {"replacements": {"lunch": "dinner"}, "hashtags": "jobs"}, POST.model_copy(update={"text": "a #JOBS"})
    ) == (POST.model_copy(update={"text": "a #JOBS"}))
    assert written({"mentions": "keep"}) is POST


UTM = {"link": {"utm": {"source": "ambassadors", "campaign": "{{ mapping.name }} été"}}}
TAGS = "utm_source=ambassadors&utm_campaign=news%20%C3%A9t%C3%A9"


def test_addresses_are_tagged_in_links_and_text() -> None:
    post = Post(
        key="1", text="See https://acme.example/a, and more", links=(Link(url="https://acme.example/a", title="A"),)
    )
    changed = written(UTM, post)
    assert changed.links == (Link(url=f"https://acme.example/a?{TAGS}", title="A"),)
    assert changed.text == f"See https://acme.example/a?{TAGS}, and more"


def test_an_article_without_links_is_tagged_at_its_permalink() -> None:
    post = Post(key="1", title="A", text="See", permalink="https://acme.example/a")
    changed = written(UTM, post)
    assert changed.link == f"https://acme.example/a?{TAGS}"
    assert changed.permalink == "https://acme.example/a"


def test_a_post_that_is_complete_as_it_stands_gets_no_link_to_where_it_was_first() -> None:
    post = Post(key="1", text="See", permalink="https://acme.example/a")
    assert written(UTM, post) is post


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example", "https://a.example?utm_source=x"),
        ("https://a.example/?b=1&c=2#d", "https://a.example/?b=1&c=2&utm_source=x#d"),
        ("https://a.example/?utm_source=old&utm_medium=mail", "https://a.example/?utm_medium=mail&utm_source=x"),
        ("https://a.example/?q=a%20b+c&&flag", "https://a.example/?q=a%20b+c&flag&utm_source=x"),
        ("mailto:lea@acme.example", "mailto:lea@acme.example"),
        ("https://[", "https://["),
    ],
)
def test_an_address_keeps_what_it_has(url: str, expected: str) -> None:
    assert tagged(url, {"utm_source": "x"}) == expected


def test_an_empty_parameter_is_left_out() -> None:
    post = Post(key="1", text="https://a.example/")
    assert (
        written({"link": {"utm": {"source": "x", "term": "{{ post.title }}"}}}, post).text
        == "https://a.example/?utm_source=x"
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"text": "{{ post.link }}"}, "signed would leave nothing of the text."),
        ({"replacements": {"a": "b" * 2_000}}, "signed would make the text longer than 10,000 characters."),
        ({"text": "{{ post.text | slice: 'x' }}"}, "The template is wrong"),
    ],
)
def test_a_text_is_never_lost_in_silence(settings: dict[str, Any], sentence: str) -> None:
    post = Post(key="1", text="a" * 20)
    with pytest.raises(MappingError, match=sentence):
        written(settings, post)


def test_a_post_without_a_text_may_get_one() -> None:
    bare = Post(key="1")
    assert written({"hashtags": "Acme"}, bare).text == "#Acme"
    assert written({"text": "{{ post.title }}", "link": {"utm": {}}}, bare) is bare


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "This changes nothing. Say at least one of `text:`, `prefix:`, `suffix:` or `hashtags:`."),
        ({"hashtags": "Acme Recrute"}, "“Acme Recrute” is not a hashtag: it has letters, digits and _ only. Write"),
        ({"hashtags": "2026"}, "“2026” is not a hashtag: it has letters, digits and _ only."),
        ({"hashtags": "#"}, "“#” is not a hashtag: it has letters, digits and _ only."),
        ({"text": "{% if %}"}, "The template is wrong"),
    ],
)  # fmt: skip
def test_wrong_settings_say_what_is_wrong(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(settings)
    assert sentence in str(caught.value)


@given(
    post=strategies.posts(),
    tags=st.lists(strategies.hashtags() | st.just("acme"), min_size=1, max_size=4),
    strip=st.sampled_from(["keep", "strip"]),
)
@runs(max_examples=40)
def test_every_hashtag_is_there_in_the_end_and_once(post: Post, tags: list[str], strip: str) -> None:
    changed = written({"hashtags": tags, "mentions": strip}, post)
    for tag in {tag.casefold() for tag in tags}:
        before, after = (each.text.casefold().split().count(f"#{tag}") for each in (post, changed))
        assert after == max(1, before) or tag in {known.casefold() for known in hashtags_in(post.text)}
    again = written({"hashtags": tags, "mentions": strip}, changed)
    assert again.text == changed.text


@given(post=strategies.posts())
@runs(max_examples=40)
def test_tagging_twice_changes_nothing_more(post: Post) -> None:
    once = written({"link": {"utm": {"source": "x", "medium": "y"}}}, post)
    assert written({"link": {"utm": {"source": "x", "medium": "y"}}}, once) == once
    assert once.permalink == post.permalink


@given(
    post=strategies.posts(),
    settings=st.fixed_dictionaries({"text": st.sampled_from(TEMPLATES)}, optional={
        "prefix": st.sampled_from(["> ", " "]), "replacements": st.just({"a": "", "e": " "}),
        "mentions": st.sampled_from(["keep", "strip"]), "hashtags": st.just(["Acme"]),
    }),
)  # fmt: skip
@runs(max_examples=40)
def test_whatever_is_written_a_text_comes_out_or_a_sentence_says_why_not(post: Post, settings: dict[str, Any]) -> None:
    node = Write(Config.model_validate(settings))
    said = ""
    try:
        decision = node.decide(post, CONTEXT)
    except MappingError as error:
        said = str(error)
    else:
        assert isinstance(decision, Pass)
        assert decision.post.text.strip() or not post.text.strip()
        assert len(decision.post.text) <= 10_000
        assert decision.post.media == post.media
    assert said in {"", *SAID}


def test_words_that_begin_with_each_other_are_bounded() -> None:
    alike = [f"{'a' * size}b" for size in range(40)]

    assert written({"replacements": dict.fromkeys(alike[:30], "c")}, Post(key="1", text="x aab")).text == "x c"
    with pytest.raises(MappingError, match="begin with each other"):
        Write(Config.model_validate({"replacements": dict.fromkeys(alike, "c")}))
    words = {f"word {number}": "c" for number in range(200)}
    assert written({"replacements": words}, Post(key="1", text="word 123")).text == "c"
