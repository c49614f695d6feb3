"""The demo's mapping is without a finding, and fits its cast and what the company publishes."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from api.demo.cast import CAST, NETWORKS
from api.demo.news import BEFORE, PODCAST, TURBINE, Piece
from api.kinds import registry
from engine.model.post import Post
from engine.model.text import hashtags_in
from engine.testing.fakes import FakeClock
from mappings.compiling import graph_of
from mappings.linting.lint import check
from mappings.rehearsal.preview import render_preview

if TYPE_CHECKING:
    from engine.graph import Graph

PARAMETERS = {"FEED": "http://127.0.0.1:8124/feeds/acme/", "EVERY": "5s"}


@pytest.fixture(scope="module")
def graph() -> Graph:
    document = files("api.demo").joinpath("company-page.yaml").read_text(encoding="utf-8")
    checked = check(document, "company-page.yaml", registry(), parameters=PARAMETERS)
    assert checked.findings == []
    return graph_of(checked)


def test_every_network_has_as_many_wordings_as_people(graph: Graph) -> None:
    for network in NETWORKS:
        assert len(set(graph.sinks[network].variants)) >= len(CAST)


@pytest.mark.parametrize("piece", [*BEFORE, TURBINE, PODCAST], ids=lambda piece: piece.title)
def test_what_is_shared_goes_to_both_networks_and_nothing_else_does(graph: Graph, piece: Piece) -> None:
    post = Post(key=piece.mark, text=piece.text, hashtags=hashtags_in(piece.text))
    sinks = render_preview(graph, post, FakeClock().now(), "page").sinks
    assert set(sinks) == (set(NETWORKS) if piece.shared else set())
    contents = [one.content for rendered in sinks.values() for one in rendered]
    assert all(content and piece.mark in content.text for content in contents), "it is recognised whatever is cut"
