"""A walk follows a post to the end of every branch, and tells what happened at each node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.operator import Drop, Pass, Split
from engine.errors import MappingError
from engine.graph import Walk, walk
from tests.engine.sample_graph import (
    NOW,
    PARIS,
    Does,
    Keeps,
    drops,
    graph,
    operator,
    passes,
    post,
    shouts,
    sink,
)

if TYPE_CHECKING:
    from engine.contract.context import WalkContext


def told(result: Walk) -> list[tuple[str, str]]:
    return [(step.node, step.what) for step in result.steps]


def test_a_post_that_is_let_through_arrives_as_it_came() -> None:
    came = post()

    result = walk(graph(operator("jobs", "page", passes), sink("board", "jobs")), came, "page", NOW)

    assert [(arrival.sink, arrival.post) for arrival in result.arrived] == [("board", came)]
    assert told(result) == [("jobs", "passed"), ("board", "arrived")]


def test_a_changed_post_arrives_changed_and_the_other_branch_keeps_its_own() -> None:
    drawn = graph(operator("loud", "page", shouts), sink("shouted", "loud"), sink("plain", "page"))

    result = walk(drawn, post("hello"), "page", NOW)

    assert {arrival.sink: arrival.post.text for arrival in result.arrived} == {"shouted": "HELLO", "plain": "hello"}
    assert ("loud", "changed") in told(result)


def test_a_drop_ends_its_branch_only_and_says_why() -> None:
    drawn = graph(operator("jobs", "page", drops), sink("board", "jobs"), sink("all", "page"))

    result = walk(drawn, post(), "page", NOW)

    assert [tuple(end) for end in result.dropped] == [("jobs", "Nothing in it is about jobs.")]
    assert [arrival.sink for arrival in result.arrived] == ["all"]
    assert told(result) == [("jobs", "dropped"), ("all", "arrived")]


def test_a_hold_stops_the_branch_with_the_post_as_it_came_there() -> None:
    drawn = graph(operator("loud", "page", shouts), operator("hours", "loud", Keeps()), sink("board", "hours"))

    result = walk(drawn, post("hello"), "page", NOW)

    assert [(halt.node, halt.post.text, halt.reason) for halt in result.held] == [
        ("hours", "HELLO", "It waits for the word.")
    ]
    assert result.arrived == ()


def test_a_walk_goes_on_behind_the_node_that_held() -> None:
    drawn = graph(operator("hours", "page", Keeps()), operator("loud", "hours", shouts), sink("board", "loud"))

    result = walk(drawn, post("hello"), "hours", NOW)

    assert told(result) == [("loud", "changed"), ("board", "arrived")]
    assert result.arrived[0].post.text == "HELLO"


def test_a_router_sends_by_its_port() -> None:
    router = Does(lambda came, ctx: Pass(came, port="jobs"), ports=("jobs", "otherwise"))
    drawn = graph(operator("kinds", "page", router), sink("work", "kinds.jobs"), sink("rest", "kinds.otherwise"))

    result = walk(drawn, post(), "page", NOW)

    assert [arrival.sink for arrival in result.arrived] == ["work"]
    assert result.steps[0].sentence == "Sent to jobs."


def test_a_port_that_feeds_nothing_drops_with_a_sentence() -> None:
    router = Does(lambda came, ctx: Pass(came, port="otherwise"), ports=("jobs", "otherwise"))
    drawn = graph(operator("kinds", "page", router), sink("work", "kinds.jobs"))

    result = walk(drawn, post(), "page", NOW)

    assert [tuple(end) for end in result.dropped] == [("kinds", "Nothing is connected to kinds.otherwise.")]


def test_a_split_gives_each_part_to_its_port() -> None:
    splitter = Does(lambda came, ctx: Split((Pass(came, "one"), Pass(came, "two"))), ports=("one", "two"))
    drawn = graph(operator("parts", "page", splitter), sink("first", "parts.one"), sink("second", "parts.two"))

    assert [arrival.sink for arrival in walk(drawn, post(), "page", NOW).arrived] == ["first", "second"]


def test_a_node_that_two_paths_feed_gets_the_post_once_as_its_first_feed_gives_it() -> None:
    drawn = graph(operator("loud", "page", shouts), sink("board", "loud page"))

    result = walk(drawn, post("hello"), "page", NOW)

    assert [arrival.post.text for arrival in result.arrived] == ["HELLO"]
    assert ("board", "again") in told(result)
    again = next(step for step in result.steps if step.what == "again")
    assert again.sentence == "It also came by page; it is taken once, as loud gave it."


def test_the_second_path_serves_when_the_first_drops() -> None:
    drawn = graph(operator("jobs", "page", drops), sink("board", "jobs page"))

    assert [arrival.post.text for arrival in walk(drawn, post("hello"), "page", NOW).arrived] == ["hello"]


def test_an_operators_error_ends_its_branch_with_the_sentence() -> None:
    def fails(came: object, ctx: object) -> Drop:
        raise MappingError("The template does not end.")

    drawn = graph(operator("text", "page", Does(fails)), sink("board", "text"), sink("all", "page"))

    result = walk(drawn, post(), "page", NOW)

    assert [tuple(end) for end in result.dropped] == [("text", "The template does not end.")]
    assert [arrival.sink for arrival in result.arrived] == ["all"]


def test_an_operator_is_told_who_asks_and_when() -> None:
    seen: list[tuple[object, ...]] = []

    def looks(came: object, ctx: WalkContext) -> Drop:
        seen.append(tuple(ctx))
        return Drop("Seen.")

    walk(graph(operator("jobs", "page", Does(looks)), sink("board", "jobs")), post(), "page", NOW)

    assert seen == [("company-news", "jobs", PARIS, NOW)]


def test_a_source_that_feeds_nothing_drops_with_a_sentence() -> None:
    result = walk(graph(sink("board", "page"), sources="page feed"), post(), "feed", NOW)

    assert [tuple(end) for end in result.dropped] == [("feed", "Nothing is connected behind this node.")]


@pytest.mark.parametrize("start", ["nowhere", "board"])
def test_a_walk_starts_where_posts_leave(start: str) -> None:
    with pytest.raises(MappingError, match=f"No post leaves {start}"):
        walk(graph(sink("board", "page")), post(), start, NOW)


@given(st.lists(st.sampled_from([passes, drops, shouts, Keeps()]), min_size=1, max_size=8), st.data())
def test_every_branch_ends_and_the_same_walk_gives_the_same_result(deeds: list[object], data: st.DataObject) -> None:
    nodes = []
    for nth, deed in enumerate(deeds):
        feeds = data.draw(st.sets(st.sampled_from(["page", *(f"n{before}" for before in range(nth))]), min_size=1))
        nodes.append(operator(f"n{nth}", " ".join(sorted(feeds)), deed))  # type: ignore[arg-type]
    drawn = graph(*nodes, sink("board", " ".join(node.name for node in nodes)), sink("all", "page"))

    result = walk(drawn, post("hello"), "page", NOW)

    assert result == walk(drawn, post("hello"), "page", NOW)
    ends = [step for step in result.steps if step.what in {"dropped", "held", "arrived"}]
    assert len(ends) == len(result.dropped) + len(result.held) + len(result.arrived)
    assert len({arrival.sink for arrival in result.arrived}) == len(result.arrived)
