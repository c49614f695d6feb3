"""`route`: one way for each post, the first whose condition holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as runs
from pydantic import ValidationError

from api.kinds import registry
from engine.contract.context import WalkContext
from engine.contract.operator import Drop, Pass
from engine.graph import walk
from engine.model.post import Post
from engine.testing import strategies
from mappings.compiling import compile_document
from mappings.operators.route import Config, Route

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
CONTEXT = WalkContext(mapping="news", node="router", zone=ZoneInfo("Europe/Paris"), now=NOW)
PORTS = {"jobs": {"text": {"contains": "hiring"}}, "events": {"hashtag": "event"}}


def router(**settings: Any) -> Route:
    return Route(Config.model_validate({"ports": PORTS, **settings}))


@pytest.mark.parametrize(
    ("text", "port", "reason"),
    [
        ("We are hiring", "jobs", "The text contains “hiring”."),
        ("Come #event", "events", "It has the hashtag #event."),
        ("We are hiring #event", "jobs", "The text contains “hiring”."),
        ("Lunch", "rest", "No condition holds."),
    ],
)
def test_the_first_condition_that_holds_says_where(text: str, port: str, reason: str) -> None:
    post = Post(key="1", text=text)
    assert router(otherwise="rest").decide(post, CONTEXT) == Pass(post, port, reason)


def test_what_fits_nowhere_ends_unless_another_way_is_named() -> None:
    lunch = Post(key="1", text="Lunch")
    assert router().decide(lunch, CONTEXT) == Drop("No condition of router holds: it fits none of jobs, events.")
    assert router(otherwise="events").decide(lunch, CONTEXT) == Pass(lunch, "events", "No condition holds.")


def test_the_outputs_are_named_once_each() -> None:
    assert router().ports == ("jobs", "events")
    assert router(otherwise="rest").ports == ("jobs", "events", "rest")
    assert router(otherwise="jobs").ports == ("jobs", "events")


@pytest.mark.parametrize(
    "settings",
    [{"ports": {}}, {"ports": {"drop": {"language": "fr"}}}, {"ports": {"a.b": {"language": "fr"}}}],
    ids=str,
)
def test_wrong_outputs_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        router(**settings)


def test_the_trace_says_where_a_post_went_and_why() -> None:
    graph = compile_document(
        "mapping: news\nsources: {blog: {kind: feed, url: 'https://acme.example/feed'}}\n"
        "operators: {router: {kind: route, from: blog, ports: {jobs: {hashtag: hiring}}, otherwise: rest}}\n"
        "sinks:\n  wall: {kind: webhook, from: router.jobs, url: 'https://hooks.acme.example/in'}\n"
        "  log: {kind: webhook, from: router.rest, url: 'https://hooks.acme.example/log'}\n",
        registry(),
    )
    walked = walk(graph, Post(key="1", text="Join us #hiring"), "blog", NOW)
    assert [arrival.sink for arrival in walked.arrived] == ["wall"]
    assert walked.steps[0].sentence == "Sent to jobs. It has the hashtag #hiring."


@given(post=strategies.posts())
@runs(max_examples=25)
def test_every_post_takes_exactly_one_of_the_ways(post: Post) -> None:
    node = router(otherwise="rest")
    decision = node.decide(post, CONTEXT)
    assert isinstance(decision, Pass)
    assert decision.post is post
    assert decision.port in node.ports
    assert decision.reason.endswith(".")
