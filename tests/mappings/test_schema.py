"""The schema and the catalogue: every kind that is registered, with its settings, as data."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from mappings.catalogue import catalogue
from mappings.reading.loading import load
from mappings.rules import RULES
from mappings.schema import mapping_schema
from tests.mappings.photographs import WITH_PICTURES

if TYPE_CHECKING:
    from engine.contract.registry import Registry


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    """Give the schema of the kinds that ship, and of a network that the examples of rules name."""
    return mapping_schema(WITH_PICTURES)


def kinds(schema: dict[str, Any], role: str) -> dict[str, dict[str, Any]]:
    (section,) = schema["properties"][role]["patternProperties"].values()
    return {case["if"]["properties"]["kind"]["const"]: case["then"] for case in section["allOf"]}


def test_every_kind_is_in_the_schema_with_its_settings(registry: Registry) -> None:
    schema = mapping_schema(registry)
    assert set(kinds(schema, "sources")) == set(registry.sources)
    assert set(kinds(schema, "operators")) == set(registry.operators)
    assert set(kinds(schema, "sinks")) == set(registry.sinks)
    write = kinds(schema, "operators")["write"]
    assert list(write["properties"])[:2] == ["kind", "from"]
    assert {"text", "hashtags", "link"} <= set(write["properties"])
    assert write["required"] == ["kind", "from"]
    assert write["additionalProperties"] is False
    assert write["description"] == registry.operators["write"].summary()


def test_accounts_are_asked_for_where_a_kind_takes_them(registry: Registry) -> None:
    schema = mapping_schema(registry)
    assert "account" not in kinds(schema, "sources")["feed"]["properties"]
    assert "account" in kinds(schema, "sources")["facebook_page"]["properties"]
    assert "audience" in kinds(schema, "sinks")["linkedin_member"]["properties"]


def test_every_reference_leads_somewhere_and_every_definition_is_used(registry: Registry) -> None:
    text = json.dumps(mapping_schema(registry))
    references = set(re.findall(r'"#/\$defs/([^"]+)"', text))
    assert references == set(mapping_schema(registry)["$defs"])
    assert '{"type": "null"}' not in text


def test_the_schema_is_always_the_same(registry: Registry) -> None:
    assert json.dumps(mapping_schema(registry)) == json.dumps(mapping_schema(registry))


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.mended], ids=lambda rule: rule.code)
def test_the_keys_of_good_mappings_are_in_the_schema(rule: Any, shipped: dict[str, Any]) -> None:
    data = load(rule.mended, "n").data or {}
    assert set(data) <= set(shipped["properties"])
    for role in ("sources", "operators", "sinks"):
        for node in data.get(role, {}).values():
            assert set(node) <= set(kinds(shipped, role)[node["kind"]]["properties"])


def test_no_setting_has_the_name_of_a_common_key(registry: Registry) -> None:
    for card in catalogue(registry):
        assert not set(card.settings.get("properties", {})) & set(card.common), card.kind


def test_the_catalogue_has_a_card_for_every_kind(registry: Registry) -> None:
    cards = {card.kind: card for card in catalogue(registry)}
    assert set(cards) == {*registry.sources, *registry.operators, *registry.sinks}
    slots = cards["slots"]
    assert (slots.role, slots.title, slots.common) == ("operator", "Slots", ("kind", "from"))
    assert (
        slots.summary == "Hold posts until the next free time: a span of the day, or a time that takes one post each."
    )
    assert slots.settings["properties"]["days"]["description"]
    assert slots.example["days"] == ["mon-fri"]
    assert cards["linkedin_member"].limits["text_max"] == 60
    assert cards["facebook_page"].account_kind == "facebook"


def test_a_card_is_data(registry: Registry) -> None:
    cards = [card.as_dict() for card in catalogue(registry)]
    assert json.loads(json.dumps(cards)) == cards
