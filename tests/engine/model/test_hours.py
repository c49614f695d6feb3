"""When a person's account may be used: the hours and days of a consent, by the wall clock of its zone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.consent import Head, Mode, Terms
from engine.model.permit import Asked, Refusal, permit
from engine.testing.strategies import terms

PARIS = "Europe/Paris"
WORKDAYS = {"hours": ("09:00-18:00",), "days": ("mon-fri",), "zone": PARIS}
FRIDAY = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked(now: datetime, **said: Any) -> Asked:
    head = Head(account_id="a", given=True, terms=Terms(mode=Mode.POST_FOR_ME, **said), seq=1)
    return Asked("news", personal=True, head=head, account_live=True, released_at=now, max_age=timedelta(hours=24))


def refused(one: Asked, now: datetime) -> Refusal:
    refusal = permit(one, now)
    assert refusal is not None
    return refusal


@pytest.mark.parametrize(
    ("said", "now", "opens"),
    [
        (WORKDAYS, "2026-11-20T07:59:59", "2026-11-20T08:00"),
        (WORKDAYS, "2026-11-20T08:00:00", None),
        (WORKDAYS, "2026-11-20T16:59:59", None),
        (WORKDAYS, "2026-11-20T17:00:00", "2026-11-23T08:00"),
        ({"hours": ("09:00-12:00", "14:00-18:00"), "zone": PARIS}, "2026-11-20T11:00", "2026-11-20T13:00"),
        ({"hours": ("22:00-02:00",), "days": ("fri",), "zone": PARIS}, "2026-11-21T00:59", None),
        ({"hours": ("22:00-02:00",), "days": ("fri",), "zone": PARIS}, "2026-11-21T01:00", "2026-11-27T21:00"),
        ({"hours": ("22:00-02:00",), "days": ("sat",), "zone": PARIS}, "2026-11-21T00:59", "2026-11-21T21:00"),
        ({"days": ("sat-sun", "tue"), "zone": PARIS}, "2026-11-20T22:59", "2026-11-20T23:00"),
        ({"days": ("sat-sun", "tue"), "zone": PARIS}, "2026-11-23T12:00", "2026-11-23T23:00"),
        ({"hours": ("09:00-18:00",), "zone": "Asia/Tokyo"}, "2026-11-20T09:00", "2026-11-21T00:00"),
    ],
)
def test_outside_of_the_hours_the_next_of_them_is_named(said: dict[str, Any], now: str, opens: str | None) -> None:
    assert Terms(**said).opens(utc(now)) == (utc(opens) if opens else None)


@pytest.mark.parametrize(
    ("said", "now", "opens"),
    [
        ("09:00-18:00", "2026-10-24T17:00", "2026-10-25T08:00"),
        ("09:00-18:00", "2026-03-28T18:00", "2026-03-29T07:00"),
        ("02:30-04:00", "2026-03-29T00:30", "2026-03-29T01:00"),
        ("02:10-02:50", "2026-03-29T00:30", "2026-03-30T00:10"),
        ("02:30-05:00", "2026-10-25T01:45", None),
    ],
    ids=["summer ends", "summer begins", "begins in the gap", "lies in the gap", "the hour that comes twice"],
)
def test_hours_follow_the_wall_clock_when_the_clocks_change(said: str, now: str, opens: str | None) -> None:
    assert Terms(hours=(said,), zone=PARIS).opens(utc(now)) == (utc(opens) if opens else None)


@given(one=terms(), minutes=st.integers(0, 400 * 24 * 60))
def test_the_moment_that_is_named_is_allowed_and_later(one: Terms, minutes: int) -> None:
    now = FRIDAY + timedelta(minutes=minutes)
    opens = one.opens(now)

    if opens is not None:
        assert opens > now
        assert one.opens(opens) is None
        assert one.opens(opens - timedelta(microseconds=1)) == opens


def test_the_owners_hours_delay_and_say_until_when_an_approval_or_not() -> None:
    refusal = refused(asked(FRIDAY, **WORKDAYS), FRIDAY)

    assert (refusal.move, refusal.until, refusal.alone) == (None, utc("2026-11-20T08:00"), True)
    assert refusal.sentence == (
        "The owner allows posts on mon-fri 09:00-18:00 (Europe/Paris): "
        "approved or not, it goes out from Fri 20 Nov, 09:00."
    )
    assert permit(asked(FRIDAY, **WORKDAYS), utc("2026-11-20T08:00")) is None


def test_all_of_the_weekend_that_the_owner_keeps_free_is_excused() -> None:
    evening = utc("2026-11-20T17:00")

    assert refused(asked(evening, **WORKDAYS), evening).excused == timedelta(hours=63)
    full = replace(asked(FRIDAY, max_per_hour=1), recent=[FRIDAY])
    assert refused(full, FRIDAY).excused == timedelta()


def test_caps_hold_within_the_hours_too() -> None:
    noon = utc("2026-11-20T11:00")
    full = replace(asked(noon, **WORKDAYS, max_per_hour=1), recent=[noon])

    assert refused(full, noon).sentence == "The owner allows at most 1 post an hour."


def test_terms_that_were_kept_without_hours_are_of_any_time() -> None:
    fields = json.loads(Terms().model_dump_json())
    old = Terms.model_validate({name: fields[name] for name in fields if name not in {"hours", "days", "zone"}})

    assert old == Terms()
    assert (old.times, old.opens(FRIDAY)) == ("any time", None)
