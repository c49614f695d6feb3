"""The `parameters:` of a mapping: what they mean, their defaults, and what is said where one has no value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from mappings.compiling import graph_of, meaning
from mappings.linting.lint import check
from mappings.parameters import ParameterEntry
from mappings.reading.loading import load

if TYPE_CHECKING:
    from engine.contract.registry import Registry

NEWS = """\
mapping: news
title: News of ${COMPANY}
timezone: ${ZONE}
parameters:
  COMPANY: {title: Company, description: Your company's name.}
  ZONE: {title: Time zone, kind: zone, default: Europe/Paris}
sources:
  blog: {kind: feed, url: "https://example.org/feed"}
sinks:
  hook: {kind: webhook, from: blog, url: "https://example.org/in"}
"""


def said(text: str, registry: Registry, **given: str) -> list[str]:
    return [str(finding) for finding in check(text, "n", registry, parameters=given).findings]


def test_a_parameter_without_a_value_is_named_by_its_title_and_description(registry: Registry) -> None:
    assert said(NEWS, registry) == [
        "n:2:8  CH010  title  The parameter `COMPANY` has no value. Company: Your company's name."
    ]


def test_a_default_counts_where_no_value_is_given(registry: Registry) -> None:
    checked = check(NEWS, "n", registry, parameters={"COMPANY": "Acme"})
    assert checked.findings == []
    assert str(graph_of(checked).zone) == "Europe/Paris"
    assert 'timezone: "Europe/Paris"' in checked.loaded.resolved

    other = check(NEWS, "n", registry, parameters={"COMPANY": "Acme", "ZONE": "Asia/Tokyo"})
    assert str(graph_of(other).zone) == "Asia/Tokyo"


def test_a_default_counts_for_more_uses_than_findings_are_shown(registry: Registry) -> None:
    tests = "".join(f'  - {{name: "{n} ${{ZONE}}", given: {{blog: a}}, expect: {{}}}}\n' for n in range(120))
    assert said(f"{NEWS}tests:\n{tests}", registry, COMPANY="Acme") == []


def test_what_is_said_of_parameters_is_no_part_of_what_a_mapping_does(registry: Registry) -> None:
    other = NEWS.replace("Your company's name", "As people say it")
    one, two = (check(text, "n", registry, parameters={"COMPANY": "Acme"}) for text in (NEWS, other))
    assert meaning(one) == meaning(two)


def test_a_default_has_no_parameters_itself(registry: Registry) -> None:
    text = NEWS.replace("default: Europe/Paris", 'default: "${COMPANY}"')
    assert any("The parameter `ZONE` has no value. Time zone" in line for line in said(text, registry, COMPANY="Acme"))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{title: Zone, kind: zone, default: Pariss}", "CH107"),
        ("{title: Zone, kind: town}", "This should be `text`"),
        ("{description: Which}", "needs `title`"),
        ("{title: Zone, defualt: x}", "Did you mean `default`?"),
        ("{title: Zone, default: 3}", "put it in quotes"),
    ],
)
def test_what_is_declared_wrongly_is_remarked_on(entry: str, words: str, registry: Registry) -> None:
    text = NEWS.replace("timezone: ${ZONE}\n", "").replace(
        "{title: Time zone, kind: zone, default: Europe/Paris}", entry
    )
    [line] = said(text, registry, COMPANY="Acme")
    assert words in line
    assert "parameters.ZONE" in line


def test_a_name_that_cannot_stand_in_braces_is_refused(registry: Registry) -> None:
    [line] = said(NEWS.replace("  COMPANY: {", "  my-company: {"), registry, COMPANY="Acme")
    assert "CH105  parameters.my-company" in line


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", "any words", ""),
        ("name", "job-offers", "job offers"),
        ("url", "https://acme.example/feed", "acme"),
        ("zone", "Europe/Paris", "Paris"),
        ("duration", "15m", "15 minutes"),
        ("time", "08:30", "8.30"),
        ("date", "2027-06-06", "6 June"),
        ("hashtag", "éolien", "#wind power"),
    ],
)
def test_a_value_is_refused_where_it_is_not_of_its_kind(kind: str, good: str, bad: str) -> None:
    entry = ParameterEntry.model_validate({"title": "It", "kind": kind, "example": good})
    assert entry.refused(good) == ""
    assert entry.refused(bad).endswith((".", "?"))
    with pytest.raises(ValidationError, match="Its default does not fit"):
        ParameterEntry.model_validate({"title": "It", "kind": kind, "default": bad})


def test_a_document_that_cannot_be_read_declares_nothing() -> None:
    loaded = load("a: ${X}\nparameters: [\n", "n")
    assert [finding.code for finding in loaded.findings] == ["CH010", "CH003"]
