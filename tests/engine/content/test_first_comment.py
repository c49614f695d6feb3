"""A first comment: its addresses leave the text where the network takes one, and nothing is ever lost."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from engine.content.rendering import Room, Wording, render
from engine.content.shortening import shortened
from engine.content.template import Template
from engine.model.post import Content, Link, Post
from engine.model.text import links_in
from engine.testing import strategies

A = "https://acme.example/a"
ROOM = Room(text_max=60, link_in_text=True, comment=((60, "characters"),))
POST = Post(key="1", text=f"We have moved: {A}", links=(Link(url=A),), comment=f"Read on: {A}")


def rendered(post: Post, room: Room = ROOM, template: str = "") -> Content:
    return render(post, Wording("news", ZoneInfo("UTC"), Template(template) if template else None), room)


def test_the_link_leaves_the_text_and_the_card_for_the_comment() -> None:
    content = rendered(POST)
    assert (content.text, content.link, content.comment) == ("We have moved:", None, f"Read on: {A}")


def test_a_network_without_comments_keeps_the_link() -> None:
    content = rendered(POST, Room(text_max=60))
    assert (content.text, content.link, content.comment) == (POST.text, A, "")


def test_the_text_is_measured_without_the_link() -> None:
    long = POST.model_copy(update={"text": f"{'word ' * 11}word {A}"})
    assert rendered(long).text == ("word " * 12).strip()


def test_a_template_that_names_the_link_does_not_bring_it_back() -> None:
    assert rendered(POST, template="{{ post.text }} {{ post.link }} #acme").text == "We have moved:  #acme"


@pytest.mark.parametrize(
    ("text", "limit"), [(A, 60), (POST.text, 10)], ids=["nothing would be left of it", "the comment has no room for it"]
)
def test_where_the_comment_cannot_be_the_link_stays(text: str, limit: int) -> None:
    content = rendered(POST.model_copy(update={"text": text}), Room(comment=((limit, "characters"),)))
    assert (A in content.text, content.link, content.comment) == (True, A, "")


def test_a_short_link_is_short_in_the_comment_too() -> None:
    short = shortened(POST.model_copy(update={"short": (A,)}), {A: "https://go.example/s/1"})
    assert rendered(short).comment == "Read on: https://go.example/s/1"


@given(post=strategies.posts())
@settings(max_examples=40)
def test_every_address_of_a_comment_is_in_the_comment_or_in_the_text(post: Post) -> None:
    post = post.model_copy(update={"text": f"{post.text[:500]} {A}", "links": (Link(url=A),), "comment": f"Read: {A}"})
    content = rendered(post, Room(comment=((30, "characters"),)))
    assert (A in content.comment) != (A in links_in(content.text))
