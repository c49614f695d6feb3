"""What is wrong with the arrows of a graph is found all at once, and named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import MappingError
from engine.graph import Graph, flaws, order, walk
from tests.engine.sample_graph import NOW, Does, graph, operator, passes, post, sink

NAMES = ["a", "b", "c", "d", "e"]


def codes(drawn: Graph) -> list[tuple[str, tuple[str, ...]]]:
    return [(flaw.code, flaw.nodes) for flaw in flaws(drawn)]


def router(name: str, feeds: str) -> Does:
    return Does(passes, ports=("jobs", "otherwise"))


def test_a_graph_from_source_to_sink_has_no_flaw() -> None:
    assert flaws(graph(operator("jobs", "page", passes), sink("board", "jobs page"))) == ()


def test_a_circle_is_named_node_by_node() -> None:
    drawn = graph(
        operator("a", "page c", passes), operator("b", "a", passes), operator("c", "b", passes), sink("board", "c")
    )

    (flaw,) = flaws(drawn)

    assert flaw.code == "circle"
    assert flaw.nodes == ("a", "b", "c")
    assert "a → b → c → a" in flaw.sentence


def test_a_node_that_feeds_itself_is_a_circle() -> None:
    assert codes(graph(operator("a", "page a", passes), sink("board", "a"))) == [("circle", ("a",))]


def test_two_circles_are_both_named() -> None:
    drawn = graph(
        operator("a", "page b", passes), operator("b", "a", passes),
        operator("c", "b d", passes), operator("d", "c", passes), sink("board", "d"),
    )  # fmt: skip

    assert codes(drawn) == [("circle", ("a", "b")), ("circle", ("c", "d"))]


def test_a_graph_with_a_circle_is_not_walked() -> None:
    drawn = graph(operator("a", "page b", passes), operator("b", "a", passes), sink("board", "b"))

    with pytest.raises(MappingError, match="a → b → a"):
        walk(drawn, post(), "page", NOW)


def test_a_feed_that_does_not_exist_is_named() -> None:
    (flaw,) = flaws(graph(sink("board", "page paeg")))

    assert (flaw.code, flaw.nodes) == ("unknown", ("board", "paeg"))
    assert "board is fed by paeg" in flaw.sentence


def test_nothing_is_fed_by_a_sink() -> None:
    assert codes(graph(sink("board", "page"), sink("other", "page board"))) == [("leaf", ("other", "board"))]


def test_a_node_that_no_source_reaches_is_named() -> None:
    drawn = graph(operator("lost", "", passes), sink("board", "page"), sink("behind", "lost"))

    assert codes(drawn) == [("unfed", ("lost",)), ("unfed", ("behind",))]


def test_a_node_whose_posts_reach_no_sink_is_named() -> None:
    drawn = graph(operator("end", "page", passes), sink("board", "page"), sources="page feed")

    assert codes(drawn) == [("idle", ("feed",)), ("idle", ("end",))]


@pytest.mark.parametrize(
    ("feeds", "sentence"),
    [
        ("kinds.job", "kinds.job, which is not one of its outputs: write kinds.jobs or kinds.otherwise."),
        ("kinds", "kinds, which is not one of its outputs"),
        ("page.jobs kinds.jobs", "page.jobs, and page has one output: write page."),
    ],
)
def test_an_output_that_does_not_exist_is_named_with_those_that_do(feeds: str, sentence: str) -> None:
    (flaw,) = flaws(graph(operator("kinds", "page", router("kinds", "page")), sink("board", f"{feeds} page")))

    assert (flaw.code, flaw.nodes[0]) == ("port", "board")
    assert sentence in flaw.sentence


def test_all_flaws_are_found_at_once() -> None:
    drawn = graph(operator("a", "b", passes), operator("b", "a", passes), sink("board", "nowhere"))

    assert {code for code, _ in codes(drawn)} == {"unknown", "circle", "unfed", "idle"}


def test_order_puts_each_node_after_those_that_feed_it_and_else_keeps_the_mappings_order() -> None:
    drawn = graph(
        operator("late", "early", passes), operator("early", "page", passes), sink("x", "late"), sink("board", "page")
    )

    assert order(drawn) == ("page", "early", "late", "x", "board")


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=12))
def test_a_graph_either_has_a_circle_or_an_order(edges: list[tuple[str, str]]) -> None:
    feeds = {name: " ".join(["page", *(giver for giver, taker in edges if taker == name)]) for name in NAMES}
    drawn = graph(*(operator(name, feeds[name], passes) for name in NAMES), sink("board", " ".join(NAMES)))

    if any(code == "circle" for code, _ in codes(drawn)):
        with pytest.raises(MappingError):
            order(drawn)
        return
    place = {name: nth for nth, name in enumerate(order(drawn))}
    assert all(place[giver] < place[taker] for giver, taker in edges)
    assert codes(drawn) == []
