"""Ways by which no picture comes to a network that takes no post without one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.model.post import Media, Post
from mappings.compiling import compile_document
from mappings.linting.lint import lint
from mappings.rehearsal.preview import render_preview
from mappings.rules.sample import sample
from tests.mappings.photographs import WITH_PICTURES

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NOTES = "blog: {kind: notes}"
HOUSE = "default: {url: https://acme.example/a.png, alt: The house}"
BARE = "bare: {kind: media, from: blog, keep: document}"


def wall(operators: str = "", feeds: str = "blog", source: str = "") -> str:
    given = {"source": source} if source else {}
    return sample(operators, feeds=feeds, kind="instagram", sink="account: acme", **given)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (wall(), []),
        (wall(source=NOTES), [("CH219", "sinks.hook")]),
        (wall(f"shown: {{kind: media, from: blog, {HOUSE}}}", "shown", NOTES), []),
        (wall(BARE, "bare"), [("CH218", "operators.bare")]),
        (wall(BARE, "[bare, blog]"), [("CH218", "operators.bare")]),  # what comes by it never goes out
        (wall(f"{BARE}\nshown: {{kind: media, from: bare, {HOUSE}}}", "shown"), []),
        (wall(f"{BARE}\nshort: {{kind: write, from: bare, suffix: '!'}}", "short"), [("CH218", "operators.bare")]),
        (wall("films: {kind: media, from: blog, keep: video}", "films"), []),
        (wall("none: {kind: media, from: blog, at_most: 0}", "none"), [("CH218", "operators.none")]),
        (wall("day: {kind: digest, from: blog, every: 1d, media: none}", "day"), [("CH218", "operators.day")]),
        (wall("plain: {kind: drop, from: blog, media: {has: true}}", "plain"), [("CH219", "sinks.hook")]),
        (wall("plain: {kind: keep, from: blog, media: {has: false}}", "[plain, blog]"), []),
    ],
)
def test_a_way_without_pictures_is_told_where_it_begins(text: str, found: list[tuple[str, str]]) -> None:
    told = [(one.code, one.path) for one in lint(text, "n", WITH_PICTURES) if one.code != "CH211"]
    assert told == found


def test_a_text_alone_does_not_reach_such_a_network_and_the_reason_is_told() -> None:
    graph = compile_document(wall(), WITH_PICTURES)
    alone = Post(key="1", text="We are hiring")
    shown = alone.model_copy(update={"media": (Media(url="https://acme.example/a.png"),)})
    ((refused,), (taken,)) = (render_preview(graph, post, NOW).sinks["hook"] for post in (alone, shown))

    assert (refused.content, taken.problem) == (None, "")
    assert refused.problem.startswith("The network takes no post without a picture or a film, and this one has none.")
