"""`media`: which pictures, films and files go on."""

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
from engine.contract.operator import Decision, Drop, Pass
from engine.model.post import Media as Piece
from engine.model.post import Post
from engine.testing import strategies
from mappings.operators.media import Config, Media

CONTEXT = WalkContext("news", "pictures", ZoneInfo("Europe/Paris"), datetime(2026, 5, 4, 9, 30, tzinfo=UTC))
SEEN = Piece(url="https://acme.example/a.png", alt="The team")
MUTE = Piece(url="https://acme.example/b.png", alt=" ")
FILM = Piece(url="https://acme.example/c.mp4", kind="video")
POST = Post(key="1", media=(SEEN, FILM, MUTE))
DEFAULT = {"url": "https://acme.example/d.png", "alt": "The house"}
HOUSE = Piece(url="https://acme.example/d.png", alt="The house")


def decided(settings: dict[str, Any], post: Post = POST) -> Decision:
    return Media(Config.model_validate(settings)).decide(post, CONTEXT)


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"keep": "image"}, (SEEN, MUTE)),
        ({"drop": ["image", "audio"]}, (FILM,)),
        ({"at_most": 2}, (SEEN, FILM)),
        ({"at_most": 0}, ()),
        ({"without_alt": "leave_out"}, (SEEN, FILM)),
        ({"default": DEFAULT}, (SEEN, FILM, MUTE)),
        ({"drop": "image", "default": DEFAULT}, (HOUSE, FILM)),
        ({"drop": "image", "default": DEFAULT, "at_most": 1}, (HOUSE,)),
    ],
)
def test_what_may_go_on_does_in_its_order(settings: dict[str, Any], left: tuple[Piece, ...]) -> None:
    decision = decided(settings)
    assert isinstance(decision, Pass)
    assert decision.post.media == left


def test_pictures_without_a_description_get_the_default_in_their_place() -> None:
    decision = decided({"without_alt": "leave_out", "default": DEFAULT}, Post(key="1", media=(MUTE,)))
    assert decision == Pass(Post(key="1", media=(HOUSE,)))


def test_a_post_can_end_for_a_picture_without_a_description() -> None:
    one = "One picture is without a description, and this node asks for one."
    assert decided({"without_alt": "drop"}) == Drop(one)
    several = Post(key="1", media=(MUTE, MUTE))
    assert decided({"without_alt": "drop"}, several) == Drop(one.replace("One picture is", "2 pictures are"))
    assert isinstance(decided({"without_alt": "drop", "keep": "video"}), Pass)


def test_what_is_not_changed_is_the_same_post() -> None:
    decision = decided({"at_most": 3})
    assert isinstance(decision, Pass)
    assert decision.post is POST


@pytest.mark.parametrize(
    "settings",
    [{}, {"keep": "image", "drop": "video"}, {"default": DEFAULT, "at_most": 0}, {"default": {"url": "x", "alt": "a"}}],
    ids=str,
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        decided(settings)


@given(post=strategies.posts(), most=st.integers(1, 4), keep=st.sampled_from([["image"], ["image", "video"]]))
@runs(max_examples=25)
def test_there_is_always_a_picture_and_never_too_much(post: Post, most: int, keep: list[str]) -> None:
    settings = {"keep": keep, "default": DEFAULT, "at_most": most, "without_alt": "leave_out"}
    decision = decided(settings, post)
    assert isinstance(decision, Pass)
    media = decision.post.media
    assert 1 <= len(media) <= most
    assert all(piece.kind in keep and (piece.alt.strip() or piece.kind != "image") for piece in media)
    own = [piece for piece in media if piece != HOUSE]
    meant = [piece for piece in post.media if piece.kind in keep and (piece.alt.strip() or piece.kind != "image")]
    assert own == meant[: len(own)]
