"""The ready-made mappings: each is whole, clean, and does what its own tests say, also once it was filled in."""

from __future__ import annotations

from datetime import date
from importlib import resources

import pytest

from connectors.shipped import ALL as CONNECTORS
from engine.contract.registry import Registry
from engine.errors import NotFoundError
from mappings import library
from mappings.compiling import compile_document, graph_of
from mappings.formatting import formatted
from mappings.known import Known
from mappings.linting.lint import check
from mappings.operators import ALL as OPERATORS
from mappings.rehearsal.testing import run_case

_REGISTRY = Registry([*CONNECTORS, *OPERATORS])
_OTHERWISE = {
    "COMPANY": 'Dubois: frères & "fils"', "HASHTAG": "éolien", "TOWN": "L'Isle", "ZONE": "Pacific/Auckland",
    "SPREAD": "90m", "TOPIC": "tea", "MORNING": "07:15", "EVE": "2027-02-28", "AFTER": "2027-03-05", "AUTHOR": "O'Neil",
}  # fmt: skip


def test_the_library_lists_every_file_that_it_has() -> None:
    files = {item.name for item in resources.files(library).iterdir() if item.name.endswith(".yaml")}
    assert files == {f"{name}.yaml" for name in library.NAMES}


@pytest.mark.parametrize("name", library.NAMES)
def test_a_ready_mapping_is_clean_and_asks_for_what_it_declares(name: str) -> None:
    ready = library.find(name)
    checked = check(ready.text, name, _REGISTRY, parameters=ready.examples(), today=date(2026, 11, 22))

    assert checked.findings == []
    assert checked.loaded.parameters == set(ready.parameters)
    assert all(one.description and (one.default or one.example) for one in ready.parameters.values())
    assert formatted(ready.text) == ready.text
    assert list(ready.told) == ["For whom", "What it does", "To begin", "To change"]


@pytest.mark.parametrize("name", library.NAMES)
def test_a_ready_mapping_fits_a_workspace_that_has_what_it_asks_for(name: str) -> None:
    ready = library.find(name)
    graph = compile_document(ready.text, _REGISTRY, ready.examples())
    reads = {node.account: node.source.account_kind for node in graph.sources.values() if node.account}
    writes = {account: node.sink.account_kind for node in graph.sinks.values() for account in node.accounts}
    people = frozenset(node.audience for node in graph.sinks.values() if node.audience)
    known = Known({account: kind for account, kind in (reads | writes).items() if kind}, people)

    assert check(ready.text, name, _REGISTRY, parameters=ready.examples(), known=known).findings == []
    asked = {ready.examples()[key] for key, one in ready.parameters.items() if one.kind in ("account", "audience")}
    assert asked == {*known.accounts, *known.audiences}


@pytest.mark.parametrize("name", library.NAMES)
@pytest.mark.parametrize("other", [{}, _OTHERWISE], ids=["examples", "otherwise"])
def test_a_filled_mapping_needs_nothing_more_and_its_tests_hold(name: str, other: dict[str, str]) -> None:
    ready = library.find(name)
    values = ready.examples() | {key: value for key, value in other.items() if key in ready.parameters}
    checked = check(ready.filled(values), name, _REGISTRY, today=date(2026, 11, 22))

    assert checked.findings == []
    assert "parameters" not in (checked.loaded.data or {})
    assert checked.document is not None
    assert checked.document.tests
    graph = graph_of(checked)
    assert [miss for case in checked.document.tests for miss in run_case(graph, case).misses] == []


def test_what_has_neither_a_value_nor_a_default_is_missing() -> None:
    assert library.find("blank").missing({"FEED": "https://acme.example/"}) == ["ADDRESS"]


def test_an_unknown_name_may_be_a_slip() -> None:
    with pytest.raises(NotFoundError, match="Did you mean `press-review`"):
        library.find("pres-review")


def test_a_text_that_ends_with_its_parameters_loses_only_them() -> None:
    ready = library.read("x", "# For whom: all.\nmapping: ${N}\nparameters:\n  N: {title: N}\n")
    assert ready.filled({"N": "x"}) == '# For whom: all.\nmapping: "x"\n'
    assert ready.summary == "All."
