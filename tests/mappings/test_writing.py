"""Data that is written as YAML is read as the same data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.reading.loading import load
from mappings.writing import yaml_of

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.just("\n")).map(
    lambda text: text.replace("${", "$")
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.integers(-(10**9), 10**9).map(lambda number: number / 64)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_is_read_again_as_it_was(data: dict[str, Any]) -> None:
    assert load(yaml_of(data), "a.yaml").data == data


@pytest.mark.parametrize(
    "text", ["yes", "on", "12:30", "2026-07-14", "0o17", "1e3", "null", "~", "", "007", "<<", "- a"]
)
def test_a_text_that_yaml_might_take_for_something_else_stays_a_text(text: str) -> None:
    assert load(yaml_of({"a": text, text: "a"}), "a.yaml").data == {"a": text, text: "a"}
