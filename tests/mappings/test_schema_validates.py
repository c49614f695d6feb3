"""Mappings against the schema that editors check them by."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator

from mappings.reading.loading import load
from mappings.rules import RULES
from mappings.schema import mapping_schema
from mappings.schema_easing import eased
from tests.mappings.photographs import WITH_PICTURES

if TYPE_CHECKING:
    from mappings.findings import Rule

HOME = Path(__file__).parents[2]
SEEN = ("CH101", "CH102", "CH103", "CH104", "CH105", "CH107", "CH108", "CH207")
"""The findings that a schema can tell: keys, kinds, names, shapes and durations."""


def written() -> dict[str, str]:
    """Return every mapping that ships or stands in the docs, by where it is."""
    files = [*HOME.glob("docs/**/*.yaml"), *HOME.glob("docs/**/*.md"), *HOME.glob("api/demo/*.yaml")]
    found = {}
    for file in [*files, *HOME.glob("mappings/library/**/*.yaml")]:
        text = file.read_text(encoding="utf-8")
        parts = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if file.suffix == ".md" else [text]
        for nth, part in enumerate(parts):
            if (
                re.search("^sinks:", part, re.MULTILINE)
                and part.startswith(("#", "mapping:"))
                and "Mended:" not in text
            ):
                found[f"{file.relative_to(HOME)}-{nth}"] = part
    return found


WRITTEN = written()


def raw(text: str) -> Any:
    """Return a document as an editor sees it: its parameters are texts like others."""
    asked = load(text, "n").parameters
    return load(text, "n", {name: f"${{{name}}}" for name in asked}).data


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    """Return what checks by the schema of the kinds that ship, and of a network that the examples of rules name."""
    schema = mapping_schema(WITH_PICTURES)
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def said(validator: Draft7Validator, text: str) -> list[str]:
    """Return where and why a document does not fit."""
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(raw(text))]


@pytest.mark.parametrize("place", WRITTEN)
def test_what_ships_and_what_the_docs_show_fits(place: str, validator: Draft7Validator) -> None:
    assert said(validator, WRITTEN[place]) == []


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.mended], ids=lambda rule: rule.code)
def test_what_the_linter_lets_through_fits(rule: Rule, validator: Draft7Validator) -> None:
    assert said(validator, rule.mended) == []


@pytest.mark.parametrize("code", SEEN)
def test_what_a_schema_can_tell_does_not_fit(code: str, validator: Draft7Validator) -> None:
    assert said(validator, RULES[code].failing)


def test_a_setting_of_another_kind_is_named_and_nothing_else(validator: Draft7Validator) -> None:
    text = RULES["CH101"].mended + "moved: {from: old, to: new, capacity: 3}\n"
    (sentence,) = said(validator, text)
    assert "$.moved" in sentence
    data = raw(RULES["CH101"].mended)
    next(iter(data["sources"].values()))["capacity"] = 3
    (error,) = validator.iter_errors(data)
    assert "'capacity' was unexpected" in error.message


def test_a_parameter_may_stand_for_any_value() -> None:
    for schema in ({"type": "integer"}, {"type": "boolean"}, {"type": "string", "pattern": "^a$"}, {"enum": ["a"]}):
        checked = Draft7Validator(eased(schema))
        assert checked.is_valid("${ANY}")
        assert not checked.is_valid("other")


def test_an_editor_says_how_a_value_is_written() -> None:
    shown = eased({"type": "string", "pattern": "^x$", "examples": ["10m", "4h"], "format": "duration"})
    assert shown["patternErrorMessage"] == "Write it like 10m or 4h."
    assert "format" not in shown
    assert eased({"type": "integer"})["patternErrorMessage"] == "Write a whole number, or a parameter such as ${NAME}."


def test_a_pair_of_values_is_written_as_draft_7_has_it() -> None:
    pair = eased({"type": "array", "prefixItems": [{"type": "string"}, {"type": "string"}], "maxItems": 2})
    assert pair["items"] == [{"type": "string"}] * 2
    assert "prefixItems" not in pair


def test_a_text_or_a_list_of_texts_is_one_schema() -> None:
    text = {"type": "string", "pattern": "^a+$"}
    schema = eased({"title": "Words", "anyOf": [text, {"type": "array", "items": text, "maxItems": 2}]})
    assert "anyOf" not in schema
    checked = Draft7Validator(schema)
    assert all(checked.is_valid(value) for value in ("a", ["a", "aa"]))
    assert not any(checked.is_valid(value) for value in ("b", ["b"], ["a"] * 3, 1))
