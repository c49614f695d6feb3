"""Preview: where a post would go, where it would wait, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from engine.model.post import Link, Media, Post
from mappings.compiling import compile_document
from mappings.rehearsal.preview import render_preview

if TYPE_CHECKING:
    from engine.contract.registry import Registry

GOOD = (Path(__file__).parents[1] / "samples" / "good.yaml").read_text()
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
OFFER = Post(
    key="1",
    text="Acme recrute une développeuse à Lyon",
    links=(Link(url="https://acme.example/jobs/7?ref=a#top"),),
    media=(Media(url="https://acme.example/a.png"), Media(url="https://acme.example/b.png")),
)


def test_a_post_is_rendered_for_each_variant_with_its_count(registry: Registry) -> None:
    preview = render_preview(compile_document(GOOD, registry), OFFER, NOW)
    first, second = preview.sinks["linkedin"]
    assert first.content is not None
    assert first.content.text == "Nous recrutons ! Acme recrute une développeuse… #AcmeRecrute"
    assert (first.length, first.text_max, first.unit) == (60, 60, "graphemes")
    assert first.content.link == (
        "https://acme.example/jobs/7?ref=a&utm_source=ambassadors&utm_campaign=company-news#top"
    )
    assert len(first.content.media) == 1
    assert second.content is not None
    assert second.content.text.startswith("Envie de nous rejoindre ? Acme recrute")
    assert second.length <= 60


def test_where_a_post_would_wait_it_is_passed_through(registry: Registry) -> None:
    preview = render_preview(compile_document(GOOD, registry), OFFER, NOW)
    rested = NOW + timedelta(minutes=10)
    assert preview.waits == (
        ("page.steady", "Waits until it has not changed for 10m.", NOW, rested),
        ("office_hours", "Waits for the next free time.", rested, rested),
    )
    assert [step.node for step in preview.steps] == ["page.steady", "jobs", "signed", "office_hours", "linkedin"]


def test_how_long_a_post_would_wait_counts_from_when_it_comes_to_the_node(registry: Registry) -> None:
    noon = NOW + timedelta(minutes=25)
    waits = render_preview(compile_document(GOOD, registry), OFFER, noon).waits
    at_two = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    assert waits[1] == (
        "office_hours",
        "Waits for Mon 4 May, 14:00 (Europe/Paris).",
        noon + timedelta(minutes=10),
        at_two,
    )


def test_a_post_that_ends_on_its_way_says_why(registry: Registry) -> None:
    preview = render_preview(compile_document(GOOD, registry), Post(key="1", text="Lunch"), NOW)
    assert preview.sinks == {}
    words = "the text contains “recrute”, “recrutons” or “we are hiring”"
    reason = f"None of the 2 conditions of jobs matched: {words}; it has the hashtag #recrutement or #hiring."
    assert [(end.node, end.reason) for end in preview.dropped] == [("jobs", reason)]


def test_a_variant_that_cannot_be_rendered_shows_its_problem(registry: Registry) -> None:
    text = GOOD.replace('"Nous recrutons ! {{ post.text | truncate_to_fit }}"', '"{{ post.title }}"')
    first, second = render_preview(compile_document(text, registry), OFFER, NOW).sinks["linkedin"]
    assert first.content is None
    assert first.problem == "The template leaves no text of this post: nothing would be published."
    assert second.content is not None


def test_a_source_may_be_named(registry: Registry) -> None:
    text = """
mapping: news
sources:
  a: {kind: feed, url: https://example.org/a}
  b: {kind: feed, url: https://example.org/b}
operators:
  short: {kind: keep, from: a, length: {max: 5}}
sinks:
  hook: {kind: webhook, from: [short, b], url: https://hooks.example.org/in}
"""
    graph = compile_document(text, registry)
    assert render_preview(graph, OFFER, NOW).sinks == {}
    assert list(render_preview(graph, OFFER, NOW, "b").sinks) == ["hook"]


HOLDS = """
mapping: evergreen
timezone: Europe/Paris
sources: {blog: {kind: feed, url: https://acme.example/blog/}}
operators:
  new: {kind: once, from: blog}
  stock: {kind: tank, from: new, every: 1d}
  morning: {kind: digest, from: stock, at: "12:00", text: "{% for post in posts %}News: {{ post.text }}{% endfor %}"}
  many: {kind: digest, from: stock, posts: 5, text: "{{ posts.size }} of five"}
sinks:
  wall: {kind: webhook, from: morning, url: https://hooks.acme.example/in}
  board: {kind: webhook, from: many, url: https://hooks.acme.example/board}
"""


def test_a_post_alone_passes_at_once_or_becomes_a_digest_at_its_time(registry: Registry) -> None:
    preview = render_preview(compile_document(HOLDS, registry), OFFER, NOW)
    noon = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
    assert [(stay.node, stay.until) for stay in preview.waits[:3]] == [("new", NOW), ("stock", NOW), ("morning", noon)]
    shown = [sink[0].content.text for sink in preview.sinks.values() if sink[0].content is not None]
    assert shown == [f"News: {OFFER.text}", "1 of five"]
