"""A delivery begins as its owner, its account and its mapping allow, and not at all where the owner said nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.birth import LOST, MAPPING_ASKS, OWNER_ASKS, PLANNED, TOLD_FIRST, Birth, Owner, birth
from engine.model.consent import Head, Mode, Terms
from engine.model.delivery import START
from engine.testing.strategies import heads

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def head(mode: Mode = Mode.POST_FOR_ME, *, given: bool = True, **terms: object) -> Head:
    return Head(account_id="a", given=given, terms=Terms.model_validate({"mode": mode, **terms}), seq=1)


@pytest.mark.parametrize(
    ("owner", "approval", "begins"),
    [
        (Owner(personal=False, live=True), False, PLANNED),
        (Owner(personal=False, live=True), True, MAPPING_ASKS),
        (Owner(personal=False, live=False), False, LOST),
        (Owner(personal=False, live=False), True, MAPPING_ASKS),
        (Owner(personal=True, live=True), False, None),
        (Owner(personal=True, live=True, head=head()), False, PLANNED),
        (Owner(personal=True, live=True, head=head()), True, MAPPING_ASKS),
        (Owner(personal=True, live=True, head=head(Mode.ASK_ME)), False, OWNER_ASKS),
        (Owner(personal=True, live=True, head=head(Mode.TELL_FIRST)), False, TOLD_FIRST),
        (Owner(personal=True, live=False, head=head()), False, LOST),
        (Owner(personal=True, live=False, head=head(Mode.ASK_ME)), False, OWNER_ASKS),
        (Owner(personal=True, live=True, head=head(given=False)), False, None),
        (Owner(personal=True, live=False, head=head(given=False)), False, None),
        (Owner(personal=True, live=True, head=head(mappings=["news"])), False, PLANNED),
        (Owner(personal=True, live=True, head=head(mappings=["other"])), False, None),
        (Owner(personal=True, live=True, head=head(until=NOW)), False, None),
        (Owner(personal=True, live=True, head=head(until=NOW + timedelta(seconds=1))), False, PLANNED),
    ],
)
def test_how_a_delivery_begins(owner: Owner, begins: Birth | None, *, approval: bool) -> None:
    assert birth(owner, "news", approval=MAPPING_ASKS.detail if approval else "", now=NOW) == begins


@given(st.booleans(), st.booleans(), st.none() | heads(), st.booleans())
def test_nobody_is_planned_for_without_a_yes_to_this_mapping(
    personal: bool, live: bool, given_head: Head | None, approval: bool
) -> None:
    begun = birth(
        Owner(personal, live, given_head if personal else None), "news", approval="Ask." if approval else "", now=NOW
    )

    allowed = given_head is not None and given_head.allows("news", NOW)
    assert (begun is None) == (personal and not allowed)
    assert begun is None or begun.state in START
    if begun == PLANNED:
        assert live
        assert not approval
        assert not personal or (given_head is not None and given_head.terms.mode is Mode.POST_FOR_ME)
