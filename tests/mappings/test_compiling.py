"""Compiling: from a document to the graph, and what makes two documents the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from engine.errors import MappingError
from engine.graph import Feed, FirstRun, flaws, walk
from engine.model.post import Post
from mappings.compiling import compile_document, meaning
from mappings.findings import FindingsError
from mappings.linting.lint import check

if TYPE_CHECKING:
    from engine.contract.registry import Registry

GOOD = (Path(__file__).parent / "samples" / "good.yaml").read_text()
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def test_the_mapping_of_the_design_becomes_a_graph(registry: Registry) -> None:
    graph = compile_document(GOOD, registry)
    assert (graph.mapping, graph.title) == ("company-news", "Company news for our ambassadors")
    assert (graph.zone, graph.max_age) == (ZoneInfo("Europe/Paris"), timedelta(hours=24))
    page = graph.sources["page"]
    assert (page.account, page.every, page.first_run) == ("acme-page", timedelta(minutes=5), FirstRun(last=3))
    linkedin = graph.sinks["linkedin"]
    assert (linkedin.audience, linkedin.accounts) == ("ambassadors-fr", ())
    assert (linkedin.spread, linkedin.approval) == (timedelta(hours=4), "person")
    assert [template.source[:7] for template in linkedin.variants] == ["Nous re", "Envie d"]
    assert flaws(graph) == ()


def test_a_steady_source_is_followed_by_a_node_that_holds(registry: Registry) -> None:
    graph = compile_document(GOOD, registry)
    assert list(graph.operators) == ["page.steady", "jobs", "signed", "office_hours"]
    assert graph.operators["page.steady"].feeds == (Feed("page"),)
    assert graph.operators["jobs"].feeds == (Feed("page.steady"),)
    walked = walk(graph, Post(key="1", text="Acme recrute"), "page", NOW)
    assert [(halt.node, halt.reason) for halt in walked.held] == [
        ("page.steady", "Waits until it has not changed for 10m.")
    ]


def test_what_is_not_said_has_its_default(registry: Registry) -> None:
    text = """
mapping: news
sources:
  blog: {kind: feed, url: https://example.org/feed, first_run: {since: 2026-03-29}}
sinks:
  hook: {kind: webhook, from: [blog, blog], url: https://hooks.example.org/in}
"""
    graph = compile_document(text, registry)
    assert (graph.title, graph.zone, graph.max_age) == ("news", ZoneInfo("UTC"), timedelta(hours=24))
    assert graph.sources["blog"].every == registry.sources["feed"].default_every
    assert graph.sources["blog"].first_run == FirstRun(since=datetime(2026, 3, 29, tzinfo=UTC))
    assert graph.sinks["hook"].feeds == (Feed("blog"),)
    assert graph.sinks["hook"].accounts == ()


def test_since_a_day_is_since_its_midnight_in_the_zone_of_the_mapping(registry: Registry) -> None:
    graph = compile_document(GOOD.replace("{last: 3}", "{since: 2026-07-14}"), registry)
    assert graph.sources["page"].first_run.since == datetime(2026, 7, 13, 22, tzinfo=UTC)


def test_one_account_is_a_list_of_one(registry: Registry) -> None:
    graph = compile_document(GOOD.replace("audience: ambassadors-fr", "account: lea"), registry)
    assert graph.sinks["linkedin"].accounts == ("lea",)


def test_a_document_with_errors_raises_all_of_them(registry: Registry) -> None:
    text = GOOD.replace("24h", "24 hours").replace("from: jobs", "from: job")
    with pytest.raises(MappingError) as caught:
        compile_document(text, registry, file="news.yaml")
    assert isinstance(caught.value, FindingsError)
    assert [finding.code for finding in caught.value.findings] == ["CH108", "CH201"]
    assert str(caught.value).splitlines()[0] == (
        "news.yaml:4:10  CH108  max_age  “24 hours” is not a duration: write 24h."
    )


def test_warnings_do_not_stop_a_mapping(registry: Registry) -> None:
    checked = check(GOOD.replace("timezone: Europe/Paris\n", ""), "n", registry)
    assert [finding.code for finding in checked.findings] == ["CH208"]
    assert checked.usable
    assert compile_document(checked.loaded.resolved, registry).zone == ZoneInfo("UTC")


def test_a_stored_text_needs_no_parameters(registry: Registry) -> None:
    text = GOOD.replace("acme-page", "${ACCOUNT}").replace("5m", "${EVERY}")
    checked = check(text, "n", registry, parameters={"ACCOUNT": "page: 1", "EVERY": "7m"})
    stored = compile_document(checked.loaded.resolved, registry)
    assert stored.sources["page"].account == "page: 1"
    assert stored.sources["page"].every == timedelta(minutes=7)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("x: 10", "x: 11", True),
        ("max_age: 24h", "max_age: '24h'  # a day", True),
        ("    every: 5m\n    steady: 10m\n", "    steady: 10m\n    every: 5m\n", True),
        ("max_age: 24h", "max_age: 23h", False),
        ("audience: ambassadors-fr", "audience: ambassadors-de", False),
        ("a job offer goes out, lunch does not", "a job offer goes out", False),
    ],
    ids=["canvas", "comment", "order", "setting", "audience", "test"],
)
def test_the_meaning_of_a_document(old: str, new: str, *, same: bool, registry: Registry) -> None:
    assert old in GOOD
    changed = check(GOOD.replace(old, new), "n", registry)
    assert changed.usable
    assert (meaning(changed) == meaning(check(GOOD, "n", registry))) is same
