"""Every operator has a page, and what the page says of its mappings holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.kinds import registry
from mappings.compiling import graph_of
from mappings.linting.lint import check
from mappings.operators import ALL
from mappings.rehearsal.testing import run_case

_FOLDER = Path(__file__).parents[2] / "docs" / "operators"
_KINDS = [operator.kind for operator in ALL]
_REGISTRY = registry()
_MAPPING = re.compile(r"^```yaml\n(mapping:.*?)^```$", re.MULTILINE | re.DOTALL)
_MAPPINGS = [
    pytest.param(path.stem, text, id=f"{path.stem}-{number}")
    for path in sorted(_FOLDER.glob("*.md"))
    for number, text in enumerate(_MAPPING.findall(path.read_text(encoding="utf-8")), 1)
]


def test_every_operator_has_a_page_and_no_page_is_of_another() -> None:
    assert {path.stem for path in _FOLDER.glob("*.md")} == {*_KINDS, "README"}


@pytest.mark.parametrize("kind", _KINDS)
def test_a_page_is_listed_leads_to_the_settings_and_shows_its_operator_at_work(kind: str) -> None:
    page, index = ((_FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in (kind, "README"))

    assert page.startswith(f"# {kind}\n")
    assert f"(../reference/nodes.md#{kind})" in page
    assert f"[`{kind}`]({kind}.md)" in index
    assert any(f"kind: {kind}\n" in text or f"kind: {kind}," in text for text in _MAPPING.findall(page))


@pytest.mark.parametrize(("page", "text"), _MAPPINGS)
def test_a_pages_mapping_has_no_finding_and_does_what_its_tests_say(page: str, text: str) -> None:
    checked = check(text, f"{page}.yaml", _REGISTRY)
    assert checked.findings == []
    assert checked.document is not None
    assert checked.document.tests

    graph = graph_of(checked)
    assert [miss for case in checked.document.tests for miss in run_case(graph, case).misses] == []
