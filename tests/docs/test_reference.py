"""The generated pages tell all that the code declares."""

from __future__ import annotations

import json
import re

from docs import generate
from engine import errors
from engine.model.delivery import MOVES, State
from mappings.rules import RULES


def test_the_picture_of_a_delivery_has_every_state_and_move() -> None:
    page = generate.delivery()
    arrows = re.findall(r"^    (\w+) --> (\w+): (.+)$", page, re.MULTILINE)

    assert arrows == [(state, target, move.replace("_", " ")) for (state, move), target in MOVES.items()]
    assert {name for state, target, _ in arrows for name in (state, target)} == set(State)


def test_the_table_of_errors_is_the_tree_of_classes() -> None:
    named = re.findall(r"^\| `(\w+)` \| (.+) \|$", generate.outcomes(), re.MULTILINE)

    assert {name for name, _ in named} == {
        kind.__name__ for kind in errors.ChappeError.__subclasses__() if kind.__module__ == errors.__name__
    }
    assert all(meaning.endswith(".") for _, meaning in named)


def test_every_kind_has_its_section_and_every_setting_its_row() -> None:
    page = generate.nodes()
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |^## |\Z)", page, re.MULTILINE | re.DOTALL))
    kinds = {kind.kind: kind for kind in generate.shipped().nodes()}

    assert set(sections) == set(kinds)
    for name, kind in kinds.items():
        rows = set(re.findall(r"^\| `([\w-]+)` \|", sections[name], re.MULTILINE))
        assert rows == {field.alias or key for key, field in kind.Config.model_fields.items()}


def test_every_finding_is_listed_and_has_its_page() -> None:
    assert re.findall(r"^\| \[(CH\d+)\]", generate.findings(), re.MULTILINE) == list(RULES)
    for code, rule in RULES.items():
        told = generate.PAGES[f"reference/findings/{code}.md"]()
        assert told.startswith(f"# {code} {rule.title}\n")
        assert rule.mended.strip() in told


def test_the_schema_knows_every_kind() -> None:
    schema = json.loads(generate.schema())
    kinds = set(re.findall(r'"const": "(\w+)"', json.dumps(schema)))

    assert {kind.kind for kind in generate.shipped().nodes()} <= kinds


def test_a_cell_that_holds_a_bar_stays_one_cell() -> None:
    assert generate.tabulate(("a",), [("x | y",)]).splitlines()[-1] == "| x \\| y |"
