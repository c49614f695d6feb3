"""A post and its contents: frozen, the same after JSON, and known again by what a reader sees."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from engine.model.post import Content, Link, Media, Post
from engine.testing.strategies import contents, posts

LATER = datetime(2026, 2, 1, tzinfo=UTC)
POST = Post(key="k1", text="Karim joins us.", links=(Link(url="https://acme.example/karim"),))


@given(post=posts())
def test_a_post_is_the_same_after_json_and_as_a_copy(post: Post) -> None:
    assert post == Post.model_validate_json(post.model_dump_json())
    assert post == Post.model_validate(post.model_dump(mode="json"))
    assert post == copy.deepcopy(post)


@given(content=contents())
def test_a_content_is_the_same_after_json_and_keeps_its_hash(content: Content) -> None:
    again = Content.model_validate_json(content.model_dump_json())

    assert content == again
    assert content.content_hash == again.content_hash


@given(post=posts())
def test_what_no_reader_sees_does_not_make_a_revision(post: Post) -> None:
    same = post.model_copy(update={"key": "another", "updated_at": LATER, "html": "<p></p>", "language": "de"})

    assert post.content_hash == same.content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Karim joined us."},
        {"title": "News"},
        {"links": ()},
        {"links": (Link(url="https://acme.example/karim", title="Karim"),)},
        {"media": (Media(url="https://acme.example/karim.jpg"),)},
        {"permalink": "https://acme.example/news/1"},
    ],
)
def test_a_changed_copy_is_another_revision_even_when_the_first_was_hashed(change: dict[str, Any]) -> None:
    before = POST.content_hash

    assert before != POST.model_copy(update=change).content_hash


def test_a_changed_copy_has_its_own_fingerprint() -> None:
    long = POST.model_copy(update={"text": "Karim joins us, and will build wind farms."})
    assert long.fingerprint
    assert long.fingerprint != POST.model_copy(update={"text": "Léa leaves us, and will build boats."}).fingerprint
    same = Post(key="a", title="“Karim” joins us; and will build wind farms").fingerprint
    assert same == long.fingerprint


@pytest.mark.parametrize("text", ["Read more", "Lire la suite : https://acme.example/a-long-address-of-an-article", ""])
def test_few_words_are_not_what_a_post_is_known_by(text: str) -> None:
    assert Post(key="a", text=text, title="A title of many words that nobody has read").fingerprint == (
        "" if text else Post(key="b", text="A title of many words that nobody has read").fingerprint
    )


@given(content=contents())
def test_every_field_of_a_content_is_in_its_hash(content: Content) -> None:
    for change in (
        {"text": content.text + "."},
        {"variant": content.variant + 1},
        {"post_key": content.post_key + "x"},
    ):
        assert content.content_hash != content.model_copy(update=change).content_hash


def test_the_link_is_the_first_one_or_else_the_permalink_of_an_article() -> None:
    assert POST.link == "https://acme.example/karim"
    article = Post(key="a", title="We hire", permalink="https://acme.example/1")
    assert article.link == "https://acme.example/1"
    assert article.model_copy(update={"title": ""}).link is None
    assert Post(key="a").link is None


def test_nothing_of_a_post_can_be_set() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        POST.text = "Another."  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ""},
        {"key": "k" * 501},
        {"key": "k", "colour": "red"},
        {"key": "k", "published_at": "2026-01-05T09:00:00"},
    ],
)
def test_a_post_without_key_of_an_unknown_field_or_of_no_zone_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Post.model_validate(wrong)


def test_what_no_database_takes_is_replaced_before_it_gets_there() -> None:
    post = Post(key="k\0", text="half \ud83d of a pair", media=(Media(url="https://acme.example/\0", alt="\udc00"),))

    assert post == Post.model_validate_json(post.model_dump_json())
    assert "\0" not in post.model_dump_json()
    assert post.text == "half \N{REPLACEMENT CHARACTER} of a pair"
