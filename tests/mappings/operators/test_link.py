"""`link`: addresses tagged and cleaned, shown in the text or not, and none lost."""

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
from engine.model.post import Link as Address
from engine.model.post import Post
from engine.model.text import links_in
from engine.testing import strategies
from mappings.addresses import TRACKING, canonical, tagged
from mappings.operators.link import Config, Link

CONTEXT = WalkContext("news", "links", ZoneInfo("Europe/Paris"), datetime(2026, 5, 4, 9, 30, tzinfo=UTC))
A, B = "https://acme.example/a", "https://acme.example/b"
UTM = {"source": "people", "campaign": "{{ mapping.name }}"}
TAGS = "utm_source=people&utm_campaign=news"


def changed(settings: dict[str, Any], post: Post) -> Post:
    decision = Link(Config.model_validate(settings)).decide(post, CONTEXT)
    assert isinstance(decision, Pass)
    return decision.post


def post_of(text: str, *urls: str, **more: Any) -> Post:
    return Post(key="1", text=text, links=tuple(Address(url=url) for url in urls), **more)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        (f"{A}?fbclid=1&b=2&utm_source=x&UTM_Medium=y#end", f"{A}?b=2#end"),
        (f"{A}?gclid=1", A),
        (f"{A}?utm%5Fsource=x", A),
        (f"{A}?b=%20+&c", f"{A}?b=%20+&c"),
        ("mailto:lea@acme.example?utm_source=x", "mailto:lea@acme.example?utm_source=x"),
        ("https://[", "https://["),
    ],
)
def test_a_canonical_address_has_nothing_that_tells_readers_apart(url: str, clean: str) -> None:
    assert canonical(url) == clean


def test_a_parameter_that_is_there_stays_unless_it_is_overwritten() -> None:
    known = f"{A}?utm_source=mail"
    assert tagged(known, {"utm_source": "x", "utm_term": "y"}, overwrite=False) == f"{known}&utm_term=y"
    assert changed({"utm": UTM}, post_of("", known)).link == f"{known}&utm_campaign=news"
    assert changed({"utm": UTM, "overwrite": True}, post_of("", known)).link == f"{A}?{TAGS}"
    assert changed({"utm": UTM, "canonical": True}, post_of("", known)).link == f"{A}?{TAGS}"


def test_the_first_address_alone_or_all_of_them() -> None:
    post = post_of(f"{B} and {A}", A, B)
    first = changed({"utm": UTM, "of": "first"}, post)
    assert [link.url for link in first.links] == [f"{A}?{TAGS}", B]
    assert first.text == f"{B} and {A}?{TAGS}"
    every = changed({"utm": UTM}, post)
    assert links_in(every.text) == (f"{B}?{TAGS}", f"{A}?{TAGS}")


@pytest.mark.parametrize(
    ("post", "text"),
    [
        (post_of("Read this ", A), f"Read this\n{A}"),
        (post_of(f"Read {A}.", A), f"Read {A}."),
        (post_of(f"Read {A}/more", A), f"Read {A}/more\n{A}"),
        (post_of("", A, title="News"), f"News\n{A}"),
        (post_of("", A), A),
        (post_of("", A, title=f"See {B}"), f"See {B}\n{A}"),
        (post_of("Read", title="News", permalink=B), f"Read\n{B}"),
        (post_of("Complete as it stands", permalink=B), "Complete as it stands"),
    ],
)
def test_an_address_is_set_under_a_text_that_lacks_it(post: Post, text: str) -> None:
    assert changed({"in_text": "append"}, post).text == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"Read {A}, and more {B}", "Read, and more"),
        (f"Read this:\n\n{A}\n\n#Acme", "Read this:\n\n#Acme"),
        (f"({A}) is it", "() is it"),
        (f"{A}\n{B}", f"{A}\n{B}"),
        ("No address\n\n\n\nhere", "No address\n\n\n\nhere"),
    ],
)
def test_an_address_that_leaves_the_text_stays_with_the_post(text: str, left: str) -> None:
    post = changed({"in_text": "remove"}, post_of(text))
    assert post.text == left
    assert {*links_in(left), *(link.url for link in post.links)} == set(links_in(text))


def test_the_first_address_alone_leaves_the_text() -> None:
    post = changed({"in_text": "remove", "of": "first"}, post_of(f"See {A} or {B}", A, B))
    assert post.text == f"See or {B}"


def test_a_post_without_an_address_passes_as_it_is() -> None:
    bare = post_of("No address")
    assert changed({"utm": UTM, "in_text": "append"}, bare) is bare


def test_a_text_does_not_grow_without_end() -> None:
    with pytest.raises(MappingError, match="links would make the text longer than 10,000 characters"):
        changed({"in_text": "append"}, post_of("a" * 9_990, A))


@pytest.mark.parametrize("settings", [{}, {"of": "first"}, {"in_text": "keep"}, {"in_text": "first"}], ids=str)
def test_settings_that_change_nothing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate(settings)


@given(
    post=strategies.posts(),
    tracked=st.sampled_from(sorted(TRACKING)),
    of=st.sampled_from(["first", "all"]),
    in_text=st.sampled_from(["keep", "append", "remove"]),
)
@runs(max_examples=25)
def test_the_same_steps_again_change_nothing_more(post: Post, tracked: str, of: str, in_text: str) -> None:
    settings = {"canonical": True, "utm": UTM, "of": of, "in_text": in_text}
    post = post.model_copy(update={"links": (*post.links, Address(url=f"{A}?{tracked}=1"))})
    once = changed(settings, post)
    assert changed(settings, once) == once
    assert once.link is not None
    assert "utm_source=people" in once.link
    assert bool(once.text.strip()) or not post.text.strip()


@pytest.mark.parametrize(
    ("of", "post", "short"),
    [
        ("all", post_of(f"{B} mailto:lea@acme.example", A), (A, B)),
        ("first", post_of(B, A), (A,)),
        ("all", post_of("News", title="News", permalink=A), (A,)),
        ("all", post_of("News", permalink=A), ()),
    ],
    ids=["all", "first", "the page of an article", "the own page of a post"],
)
def test_addresses_are_marked_to_be_shortened_once(of: str, post: Post, short: tuple[str, ...]) -> None:
    marked = changed({"short": True, "of": of}, post)
    assert (marked.short, marked.link) == (short, post.link)
    assert changed({"short": True, "of": of}, marked) == marked


def test_the_first_comment_has_the_tagged_address_and_the_text_keeps_it_until_it_is_written_for_a_sink() -> None:
    settings = {"utm": UTM, "first_comment": True, "comment": "Read on: {{ post.link }}"}
    post = changed(settings, post_of(f"See {A} and {B}", A, B))

    assert post.comment == f"Read on: {A}?{TAGS}"
    assert links_in(post.text) == (f"{A}?{TAGS}", f"{B}?{TAGS}")
    assert changed(settings, post) is post


@pytest.mark.parametrize(
    ("comment", "said"), [(None, A), ("Read on", f"Read on {A}"), ("{{ post.link }}: all of it", f"{A}: all of it")]
)
def test_a_comment_always_has_the_address(comment: str | None, said: str) -> None:
    assert changed({"first_comment": True, "comment": comment}, post_of("Bonjour", A)).comment == said


def test_an_address_that_changes_later_changes_in_the_comment_too() -> None:
    post = changed({"first_comment": True}, post_of(f"See {A}", A))
    assert changed({"utm": UTM}, post).comment == f"{A}?{TAGS}"


def test_a_comment_without_a_first_comment_is_refused() -> None:
    with pytest.raises(ValidationError, match="nothing to say it in"):
        Config.model_validate({"comment": "Read on"})
