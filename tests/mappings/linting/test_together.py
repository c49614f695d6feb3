"""What several sinks and mappings let go to one account is counted together, and what comes from one source once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from connectors.shipped import ALL as CONNECTORS
from engine.contract.registry import Registry
from engine.model.consent import Terms
from mappings.changing.changes import Change, check_all
from mappings.known import Known
from mappings.operators import ALL as OPERATORS

SHIPPED = Registry([*CONNECTORS, *OPERATORS])
TWO_A_DAY = Known(
    accounts={"lea": "linkedin", "karim": "linkedin", "acme": "x"},
    audiences=frozenset({"sailors"}),
    members={("sailors", "linkedin"): ("lea", "karim")},
    terms={"lea": Terms(max_per_day=2)},
)


def mapping(name: str, *, feed: str, every: str = "14h", sink: str = "kind: linkedin_member, account: lea") -> str:
    """Return a mapping that lets one post go in so long, 12 a week unless it is said."""
    return (
        f"mapping: {name}\ntitle: T\ntimezone: Europe/Paris\n"
        f"sources: {{{feed}: {{kind: feed, url: 'https://example.org/{feed}'}}}}\n"
        f"operators: {{store: {{kind: tank, from: {feed}, every: {every}}}}}\n"
        f"sinks: {{out: {{{sink}, from: store}}}}\n"
    )


def found(known: Known, *texts: str) -> list[tuple[str, str, str]]:
    checked = check_all(Change("", {f"{nth}.yaml": text for nth, text in enumerate(texts)}), SHIPPED, known)
    return [(each.file, each.code, each.sentence) for one in checked for each in one.findings]


def test_two_mappings_that_are_within_an_owners_cap_alone_are_above_it_together() -> None:
    one, other = mapping("one", feed="blog"), mapping("other", feed="news")
    by = "`out` of `one` and `out` of `other` together"
    said = f"Up to 24 posts a week come to 1 account by {by}; its owner allows at most 14."

    assert found(TWO_A_DAY, one) == found(TWO_A_DAY, other) == []
    assert found(TWO_A_DAY, one, other) == [("0.yaml", "CH310", said), ("1.yaml", "CH310", said)]


def test_a_mapping_that_is_active_counts_and_the_same_one_in_its_older_version_does_not() -> None:
    one, other = mapping("one", feed="blog"), mapping("other", feed="news")
    (checked,) = check_all(Change("", {"one.yaml": one}), SHIPPED, TWO_A_DAY)
    beside = replace(TWO_A_DAY, loads=checked.loads)

    assert [(file, code) for file, code, _ in found(beside, other)] == [("0.yaml", "CH310")]
    assert found(beside, one) == []


def test_what_comes_from_one_source_by_two_ways_comes_once() -> None:
    assert found(TWO_A_DAY, mapping("one", feed="blog"), mapping("other", feed="blog")) == []


@pytest.mark.parametrize(("sink", "codes"), [
    ("kind: linkedin_member, audience: sailors", ["CH310", "CH310"]),
    ("kind: linkedin_member, audience: sailors, approval: person", []),
    ("kind: linkedin_member, account: karim", []),
])  # fmt: skip
def test_groups_are_their_people_and_who_is_asked_may_take_some_out(sink: str, codes: list[str]) -> None:
    told = found(TWO_A_DAY, mapping("one", feed="blog"), mapping("other", feed="news", sink=sink))

    assert [code for _, code, _ in told] == codes


def test_the_months_money_is_spent_by_all_together() -> None:
    known = replace(TWO_A_DAY, money=Decimal(1))
    one, other = (mapping(name, feed=name, sink="kind: x_post, account: acme") for name in ("one", "other"))

    assert found(known, one) == []
    said = "What comes by `out` of `one` and `out` of `other` together costs $1.54 in 30 days or more."
    assert [sentence.partition(" The")[0] for _, _, sentence in found(known, one, other)] == [said, said]


def test_the_networks_own_window_is_one_for_all_sinks_of_an_account() -> None:
    one, other = (mapping(name, feed=name, every="16m") for name in ("one", "other"))
    known = replace(TWO_A_DAY, terms={})

    assert found(known, one) == []
    said = "Up to 1260 posts a week come to 1 account by `out` of `one` and `out` of `other` together"
    assert [sentence for _, _, sentence in found(known, one, other)] == [f"{said}; the network takes 1050."] * 2


def test_many_sinks_are_counted_and_not_named() -> None:
    many = [mapping(f"m{nth}", feed=f"f{nth}", every="3d") for nth in range(7)]
    told = found(TWO_A_DAY, *many)

    assert len(told) == 7
    assert "come to 1 account by 7 sinks of 7 mappings together" in told[0][2]
