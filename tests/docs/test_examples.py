"""The example mappings are what they show: without a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.kinds import registry
from mappings.linting.lint import lint

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_has_no_finding(path: Path) -> None:
    assert lint(path.read_text(encoding="utf-8"), path.name, registry()) == []


def test_there_are_examples() -> None:
    assert EXAMPLES
