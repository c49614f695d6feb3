"""Silence is no: what a consent allows, until when, and the chain that its records form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from pydantic import ValidationError

from engine.model.consent import Head, Mode, Terms, chain_hash
from engine.testing.strategies import heads, instants, terms

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def head_of(*, given: bool = True, mappings: tuple[str, ...] | None = None, until: datetime | None = None) -> Head:
    return Head(account_id="a1", given=given, terms=Terms(mappings=mappings, until=until), seq=1)


def test_a_consent_covers_every_mapping_unless_it_names_some() -> None:
    assert head_of().allows("news", NOW)
    assert head_of(mappings=("news", "jobs")).allows("jobs", NOW)
    assert not head_of(mappings=("news", "jobs")).allows("blog", NOW)
    assert not head_of(mappings=()).allows("news", NOW)


def test_a_consent_ends_at_its_time_to_the_instant() -> None:
    head = head_of(until=NOW)

    assert head.allows("news", NOW - timedelta(microseconds=1))
    assert not head.allows("news", NOW)


@given(head=heads(), now=instants())
def test_what_is_withdrawn_allows_nothing(head: Head, now: datetime) -> None:
    withdrawn = head.model_copy(update={"given": False})

    assert not any(withdrawn.allows(mapping, now) for mapping in ("news", "jobs", "blog"))


@given(head=heads(), now=instants())
def test_what_is_not_allowed_now_is_not_allowed_later(head: Head, now: datetime) -> None:
    if not head.allows("news", now):
        assert not head.allows("news", now + timedelta(days=400))


@given(one=terms())
def test_terms_are_the_same_after_json(one: Terms) -> None:
    assert one == Terms.model_validate_json(one.model_dump_json())


def test_without_a_word_a_person_is_asked_each_time_and_two_an_hour_are_the_most() -> None:
    silent = Terms()

    assert silent.mode is Mode.ASK_ME
    assert (silent.max_per_hour, silent.max_per_day) == (2, 8)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_per_hour": -1},
        {"max_per_hour": 61},
        {"max_per_day": 201},
        {"how": "guess"},
        {"mode": "always"},
        {"hours": ("9-18",), "zone": "Europe/Paris"},
        {"hours": ("24:00-02:00",), "zone": "Europe/Paris"},
        {"days": ("monday",), "zone": "Europe/Paris"},
        {"hours": ("09:00-18:00",)},
        {"zone": "Europe/Paris"},
        {"days": ("mon",), "zone": "Europe/Acme"},
        {"days": ("mon",), "zone": "../etc"},
    ],
)
def test_terms_out_of_bounds_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Terms.model_validate(wrong)


def test_each_link_of_the_chain_depends_on_the_one_before_its_number_and_its_record() -> None:
    first = chain_hash("", 1, '{"given":true}')
    second = chain_hash(first, 2, '{"given":false}')

    assert len(first) == 64
    assert second == chain_hash(first, 2, '{"given":false}')
    assert len({second, chain_hash("", 2, '{"given":false}'), chain_hash(first, 3, '{"given":false}')}) == 3
    assert second != chain_hash(first, 2, '{"given":true}')
