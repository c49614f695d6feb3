"""A dry run: what the engine would do, on a virtual clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from engine.model.post import Post
from engine.run.decisions import shares
from mappings.compiling import compile_document
from mappings.rehearsal.dry_run import run
from mappings.rehearsal.events import Arrival, Arrived, Dropped, Released, Stopped

if TYPE_CHECKING:
    from engine.contract.registry import Registry
    from engine.graph import Graph

MONDAY = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LATER = MONDAY + timedelta(days=14)
HOUR = timedelta(hours=1)
HOOK = "url: https://hooks.example.org/in"


def graph(registry: Registry, operators: str, *, feeds: str, sink: str = f"kind: webhook, {HOOK}") -> Graph:
    lines = "".join(f"  {line}\n" for line in operators.splitlines())
    return compile_document(
        "mapping: news\ntimezone: UTC\nsources:\n  blog: {kind: feed, url: https://example.org/feed, steady: 10m}\n"
        "  page: {kind: feed, url: https://example.org/page}\n"
        f"operators:\n{lines}sinks:\n  hook: {{from: {feeds}, {sink}}}\n",
        registry,
    )


def post(text: str, *, published: datetime | None = None) -> Post:
    return Post(key=text, text=text, published_at=published)


def at(number: float, text: str, node: str = "page") -> Arrival:
    return Arrival(text, node, post(text), MONDAY + number * HOUR)


def test_posts_wait_and_go_on_at_the_times_that_their_nodes_name(registry: Registry) -> None:
    news = graph(registry, "calm: {kind: pace, from: page, at_most: 1, per: 1d}", feeds="calm")
    going = run(news, [at(0, "a"), at(1, "b"), at(2, "c")], until=MONDAY + timedelta(days=1))
    assert [(event.post_id, event.at) for event in going.arrived] == [
        ("a", MONDAY),
        ("b", MONDAY + timedelta(days=1)),
    ]
    [left] = going.waiting
    assert (left.node, left.post_id, left.since) == ("calm", "c", MONDAY + 2 * HOUR)
    assert left.until == MONDAY + timedelta(days=2)
    assert left.reason == "Waits for its turn: at most 1 in 1d."
    assert [type(event) for event in going.events if event.post_id == "b"] == [Stopped, Released, Arrived]


def test_what_a_node_drops_and_what_ends_on_the_way_is_told_with_its_reason(registry: Registry) -> None:
    operators = (
        "jobs: {kind: keep, from: page, text: {contains: job}}\n"
        "calm: {kind: pace, from: jobs, at_most: 1, per: 1d, overflow: drop}"
    )
    going = run(graph(registry, operators, feeds="calm"), [at(0, "lunch"), at(1, "job 1"), at(2, "job 2")], until=LATER)
    assert [event.post_id for event in going.arrived] == ["job 1"]
    assert [(end.node, end.post_id) for end in going.dropped] == [("jobs", "lunch"), ("calm", "job 2")]
    assert going.dropped[1].reason == "Too many: at most 1 in 1d."


def test_a_post_that_changes_while_it_rests_goes_out_once_in_its_new_words(registry: Registry) -> None:
    news = graph(registry, "calm: {kind: write, from: blog, suffix: '!'}", feeds="calm")
    changed = Arrival("a", "blog", post("mended"), MONDAY + timedelta(minutes=5))
    [arrived] = run(news, [at(0, "a", "blog"), changed], until=LATER).arrived
    assert arrived.contents[0].text == "mended!"
    assert arrived.at == MONDAY + timedelta(minutes=15)


def test_a_post_older_than_the_mapping_takes_ends_at_its_source_but_not_in_a_first_run(registry: Registry) -> None:
    old = post("old", published=MONDAY - timedelta(days=3))
    news = graph(registry, "all: {kind: drop, from: page, language: xx}", feeds="all")
    going = run(
        news, [Arrival("1", "page", old, MONDAY), Arrival("2", "page", old, MONDAY, first_run=True)], until=LATER
    )
    [end] = going.dropped
    assert end == Dropped(
        MONDAY, "page", "1", "It was 3 days old when it was first seen: this mapping takes at most 24 hours."
    )
    assert [event.post_id for event in going.arrived] == ["2"]


def test_variants_and_times_are_dealt_to_an_audience_as_the_engine_deals_them(registry: Registry) -> None:
    sink = "kind: linkedin_member, audience: all, spread: 4h, variants: ['1 {{ post.text }}', '2 {{ post.text }}']"
    news = graph(registry, "calm: {kind: write, from: page, suffix: '!'}", feeds="calm", sink=sink)
    people = {"hook": ["lea", "karim", "ana"]}
    [arrived] = run(news, [at(0, "a")], version_id="v1", until=LATER, audience=people).arrived
    assert [content.text for content in arrived.contents] == ["1 a!", "2 a!"]
    assert [(send.account, send.content) for send in arrived.sends] == [("lea", 0), ("karim", 1), ("ana", 0)]
    moments = shares("v1", "hook", "a", 3)
    assert [send.at for send in arrived.sends] == [MONDAY + timedelta(seconds=14_400 * share) for share in moments]
    [anybody] = run(news, [at(0, "a")], until=LATER).arrived
    assert (len(anybody.contents), anybody.sends) == (2, ())
    nobody = run(news, [at(0, "a")], until=LATER, audience={"hook": []})
    assert [end.reason for end in nobody.dropped] == ["There is nobody to publish for."]


def test_an_account_gets_a_post_once_by_whatever_path_it_comes(registry: Registry) -> None:
    operators = "soon: {kind: delay, from: page, for: 1h}\nlate: {kind: delay, from: page, for: 2h}"
    going = run(graph(registry, operators, feeds="[soon, late]"), [at(0, "a")], until=LATER)
    [arrived] = going.arrived
    assert arrived.at == MONDAY + HOUR
    assert [send.account for send in arrived.sends] == ["news/hook"]


def test_the_order_of_arrivals_in_the_list_does_not_matter(registry: Registry) -> None:
    news = graph(registry, "calm: {kind: pace, from: page, at_most: 1, per: 1d}", feeds="calm")
    posts = [at(2, "c"), at(0, "a"), at(1, "b")]
    assert run(news, posts, until=LATER) == run(news, posts[::-1], until=LATER)


def test_more_posts_than_a_node_is_asked_about_at_once_go_on_at_one_time(registry: Registry) -> None:
    news = graph(registry, "calm: {kind: delay, from: page, for: 1h}", feeds="calm")
    going = run(news, [at(0, str(number)) for number in range(1_100)], until=LATER)
    assert len(going.arrived) == 1_100
    assert {event.at for event in going.arrived} == {MONDAY + HOUR}
    assert going.waiting == ()


def test_a_post_that_two_sources_give_travels_from_both_and_is_published_once(registry: Registry) -> None:
    news = graph(registry, "jobs: {kind: keep, from: page, text: {contains: job}}", feeds="[jobs, blog]")
    going = run(news, [at(0, "lunch"), at(0, "lunch", "blog")], until=LATER)
    assert [event.at for event in going.arrived] == [MONDAY + timedelta(minutes=10)]
    twice = run(news, [at(0, "job"), at(0, "job", "blog")], until=LATER)
    assert [event.at for event in twice.arrived] == [MONDAY]
