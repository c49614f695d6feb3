"""The pages of the networks say what the sinks declare, and their mappings are in order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from api.kinds import registry
from connectors.x import limits as prices
from docs import generate, limits
from mappings.linting.lint import lint
from tests.house import tree

_DOCS = Path(__file__).parents[2] / "docs"
_PAGES = sorted([*(_DOCS / "networks").glob("*.md"), _DOCS / "people.md", _DOCS / "connecting.md"])
_SINKS = {name: generate.shipped().sinks[name] for name in limits.PAGES}
_MAPPINGS = [
    pytest.param(text, id=f"{path.stem}-{number}")
    for path in _PAGES
    for number, text in enumerate(
        re.findall(r"^```yaml\n(mapping:.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)
    )
]


@pytest.mark.parametrize("text", _MAPPINGS)
def test_a_mapping_of_a_page_has_no_finding(text: str) -> None:
    assert lint(text, "page.yaml", registry()) == []


def test_every_sink_that_signs_in_has_a_page() -> None:
    signed_in = {name for name, sink in generate.shipped().sinks.items() if sink.account_kind not in {None, "webhook"}}

    assert signed_in == set(limits.PAGES)


@pytest.mark.parametrize("kind", _SINKS)
def test_a_networks_page_has_every_fact_with_its_source_and_day(kind: str) -> None:
    page = (_DOCS / "networks" / limits.PAGES[kind]).read_text()

    for fact in _SINKS[kind].limits.facts:
        assert f"| {fact.what} | [page]({fact.page}) | {fact.read} |" in page
    assert all(f"| {what} | {most} |" in page for what, most in limits.kept(_SINKS[kind]))


@pytest.mark.parametrize("kind", _SINKS)
def test_a_networks_page_names_its_setting_values_scopes_and_redirect_address(kind: str) -> None:
    page, account = tree.text_of(f"docs/networks/{limits.PAGES[kind]}"), _account(kind)

    assert [scope for scope in account.needed if f"`{scope}`" not in page] == []
    assert f"http://{account.loopback}:8591/callback/{account.kind}" in page
    assert [name for name in _SINKS[kind].Config.model_fields if f"`{name}" not in page] == []


def test_xs_prices_are_those_that_are_taken_from_the_budget() -> None:
    page = tree.text_of("docs/networks/x.md")

    for what, price in (
        ("a post without a link", prices.COST_OF_POST),
        ("a post with a link", prices.COST_WITH_LINK),
        ("a picture's description", prices.COST_OF_DESCRIPTION),
    ):
        assert f"| {what} | ${price:.3f} |" in page
    assert f"**${1_050 * prices.COST_WITH_LINK:.2f}**" in page
    assert f"**${1_050 * prices.COST_OF_POST:.2f}**" in page


def test_a_table_is_put_between_its_marks_and_nowhere_else() -> None:
    page = "before\n<!-- networks -->\nold\n<!-- end -->\nafter\n"

    assert limits.filled(page, {"networks": lambda: "new"}) == (
        "before\n<!-- networks -->\n\nnew\n\n<!-- end -->\nafter\n"
    )


def _account(kind: str) -> Any:
    return generate.shipped().accounts[_SINKS[kind].account_kind or ""]
