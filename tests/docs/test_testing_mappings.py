"""The page about tests in mappings: its mappings have no finding, and their tests are as expected."""

from __future__ import annotations

import re

import pytest

from api.kinds import registry
from mappings.compiling import graph_of
from mappings.linting.lint import check
from mappings.rehearsal.testing import run_case
from tests.house import tree

_PAGE = tree.text_of("docs/testing-mappings.md")
_MAPPINGS = re.findall(r"^```yaml\n(mapping: .*?)^```$", _PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", _MAPPINGS, ids=lambda text: text.partition("\n")[0])
def test_what_the_page_shows_is_as_it_says(text: str) -> None:
    checked = check(text, "page", registry())
    assert checked.document is not None
    assert [finding.code for finding in checked.findings if finding.code != "CH208"] == []
    assert checked.document.tests
    for case in checked.document.tests:
        assert (case.name, run_case(graph_of(checked), case).misses) == (case.name, ())


def test_what_is_not_as_expected_is_told_as_the_page_shows_it() -> None:
    first, shown = _MAPPINGS[0], re.findall(r"got:      (.*)", _PAGE)
    late = first.replace("    given: ", "    now: fri 19:30\n    until: 1d\n    given: ", 1)
    checked = check(late, "page", registry())
    assert checked.document is not None
    assert shown == [run_case(graph_of(checked), checked.document.tests[0]).misses[0].got]
