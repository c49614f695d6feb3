"""Drawing: every node and arrow is in the picture, and nothing that somebody wrote breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from engine.errors import MappingError
from engine.graph import Feed, Graph, OperatorNode, layers
from mappings.compiling import compile_document
from mappings.drawing import dot, mermaid, svg

if TYPE_CHECKING:
    from engine.contract.registry import Registry

SVG = "{http://www.w3.org/2000/svg}"
TEXT = """\
mapping: news
title: Acme & <"friends">
timezone: UTC
sources:
  blog: {kind: feed, url: https://example.org/feed}
operators:
  sort: {kind: route, from: blog, ports: {jobs: {hashtag: [jobs]}}, otherwise: rest}
  calm: {kind: pace, from: sort.jobs, at_most: 1, per: 1d}
sinks:
  hook: {kind: webhook, from: [calm, sort.rest], url: https://hooks.example.org/in}
"""


@pytest.fixture
def news(registry: Registry) -> Graph:
    return compile_document(TEXT, registry)


def test_columns_go_from_sources_to_sinks_and_leave_room_for_arrows(news: Graph) -> None:
    assert layers(news) == [[("blog",)], [("sort",)], [("calm",), ("sort", "hook", "2")], [("hook",)]]


def test_a_circle_is_refused(news: Graph) -> None:
    calm = news.operators["calm"]
    round_about = {"calm": OperatorNode("calm", calm.operator, (Feed("calm"),))}
    circle = Graph(news.mapping, news.title, news.zone, news.max_age, news.sources, round_about, news.sinks)
    with pytest.raises(MappingError, match="calm → calm"):
        svg(circle)


def test_the_svg_is_xml_with_a_title_every_name_and_every_arrow(news: Graph) -> None:
    root = ET.fromstring(svg(news))  # noqa: S314  # our own
    texts = {element.text for element in root.iter(f"{SVG}text")}

    assert {"blog", "sort", "calm", "hook", "jobs", "rest"} <= texts
    assert root.findtext(f"{SVG}title") == 'Acme & <"friends">'
    assert "sort.jobs feeds calm" in (root.findtext(f"{SVG}desc") or "")
    assert len([path for path in root.iter(f"{SVG}path") if path.get("marker-end")]) == 4


def test_mermaid_and_graphviz_get_every_arrow_with_its_port(news: Graph) -> None:
    assert '  n1 -->|"rest"| n3' in mermaid(news).splitlines()
    assert '  n0(["blog<br>feed"])' in mermaid(news).splitlines()
    assert '  "sort" -> "calm" [label="jobs"];' in dot(news).splitlines()
    assert r'label="Acme & <\"friends\">";' in dot(news)
