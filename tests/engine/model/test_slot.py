"""Slots and windows: once a local day in every zone, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.slot import Slot, Window, instant, next_opening, next_slot, open_until

PARIS = ZoneInfo("Europe/Paris")
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
LAST = datetime(2033, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)

Transition = tuple[datetime, timedelta | None, timedelta | None]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def exact(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    start = offset(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if offset(middle, zone) == start else (before, middle)
    return after


def transitions(zone: ZoneInfo) -> tuple[Transition, ...]:
    """Find the zone's changes of offset; none lasts less than a week (the shortest are Morocco's, of a month)."""
    found = []
    at = FIRST
    while at < LAST:
        later = at + 7 * DAY
        if offset(at, zone) != offset(later, zone):
            change = exact(at, later, zone)
            found.append((change, offset(at, zone), offset(change, zone)))
        at = later
    return tuple(found)


@cache
def zones() -> dict[tuple[Transition, ...], str]:
    """Map each pattern of changes to one zone that has it: zones of one pattern are one case."""
    return {changes: name for name in sorted(available_timezones()) if (changes := transitions(ZoneInfo(name)))}


def test_the_zone_database_has_the_zones_that_change() -> None:
    assert len(zones()) > 25
    assert sum(map(len, zones())) > 400


AROUND_THE_CLOCK = [time(hour, minute) for hour in range(24) for minute in (0, 30)]
MINUTE = timedelta(minutes=1)


def walls(change: Transition) -> set[time]:
    """Return the times of day that the change can touch, and some that it cannot; those of 2026 are half-hourly too."""
    at, *offsets = change
    edges = sorted((at + offset).replace(tzinfo=None) for offset in offsets if offset is not None)
    touched = [
        edge + step for edge in (*edges, edges[0] + (edges[1] - edges[0]) / 2) for step in (-MINUTE, timedelta(0))
    ]
    others = [time(0), time(0, 1), time(2, 15), time(12), time(23, 59)]
    return {moment.time().replace(second=0) for moment in touched} | {
        *others,
        *(AROUND_THE_CLOCK if at.year == 2026 else ()),
    }


def test_each_slot_comes_exactly_once_for_each_local_day_in_every_zone() -> None:
    wrong = []
    for changes, name in zones().items():
        zone = ZoneInfo(name)
        for change in changes:
            day = change[0].astimezone(zone).date() - 2 * DAY
            wrong += [(name, wall, day) for wall in walls(change) if not comes_once_a_day(Slot(wall, zone), day)]

    assert wrong == []


def comes_once_a_day(slot: Slot, day: date) -> bool:
    """Tell whether the slot comes on each of four days, the first time on that one, and never between them."""
    at = slot.on(day - DAY)
    for _ in range(4):
        following = next_slot([slot], at)
        if following is None or following <= at or following != slot.on(day):
            return False
        local = following.astimezone(slot.zone)
        jumped = local.time() != slot.at
        if local.date() != day and not (jumped and local.time() == time(0)):
            return False
        at, day = following, day + DAY
    return True


def test_a_time_in_a_gap_is_the_first_instant_after_it_in_every_zone() -> None:
    gaps = 0
    for changes, name in zones().items():
        zone = ZoneInfo(name)
        for change, before, after in changes:
            assert before is not None
            assert after is not None
            if after <= before:
                continue
            gaps += 1
            wall = (change + before).replace(tzinfo=None)
            for inside in (wall, wall + (after - before) / 2, wall + (after - before) - timedelta(seconds=1)):
                assert instant(inside, zone) == change
    assert gaps > 200


def test_a_time_that_comes_twice_is_the_first_of_the_two_in_every_zone() -> None:
    for changes, name in zones().items():
        zone = ZoneInfo(name)
        for change, before, after in changes:
            assert before is not None
            assert after is not None
            if after < before:
                middle = change - (before - after) / 2
                assert instant(middle.astimezone(zone).replace(tzinfo=None, fold=0), zone) == middle


def test_the_nights_of_paris() -> None:
    slot = Slot(time(2, 30), PARIS)
    assert slot.on(date(2026, 3, 28)) == utc("2026-03-28T01:30")
    assert slot.on(date(2026, 3, 29)) == utc("2026-03-29T01:00")
    assert slot.on(date(2026, 10, 25)) == utc("2026-10-25T00:30")
    assert slot.on(date(2026, 10, 26)) == utc("2026-10-26T01:30")


def test_a_jump_over_midnight_moves_the_slot_to_the_first_instant_of_the_next_day() -> None:
    nuuk = ZoneInfo("America/Nuuk")
    late = Slot(time(23, 30), nuuk)
    assert late.on(date(2026, 3, 28)) == utc("2026-03-29T01:00")
    assert next_slot([late], utc("2026-03-29T00:59")) == utc("2026-03-29T01:00")
    assert next_slot([late], utc("2026-03-29T01:00")) == utc("2026-03-30T00:30")


def test_the_next_slot_is_the_earliest_of_many_and_later_than_now() -> None:
    slots = [Slot(time(18), PARIS), Slot(time(9), PARIS)]
    assert next_slot(slots, utc("2026-07-01T05:00")) == utc("2026-07-01T07:00")
    assert next_slot(slots, utc("2026-07-01T07:00")) == utc("2026-07-01T16:00")
    assert next_slot(slots, utc("2026-07-01T16:00")) == utc("2026-07-02T07:00")


def test_the_next_slot_looks_only_at_the_days_that_are_allowed() -> None:
    slot = Slot(time(9), PARIS)
    monday = utc("2026-07-06T07:00")
    assert next_slot([slot], utc("2026-07-03T08:00"), lambda day: day.weekday() < 5) == monday


def test_there_is_no_next_slot_where_no_day_is_allowed() -> None:
    assert next_slot([Slot(time(9), PARIS)], FIRST, lambda _day: False) is None
    assert next_slot([], FIRST) is None


def test_a_window_is_open_from_its_start_until_just_before_its_end() -> None:
    morning = Window(time(9), time(12), PARIS)
    assert open_until([morning], utc("2026-07-01T06:59:59")) is None
    assert open_until([morning], utc("2026-07-01T07:00")) == utc("2026-07-01T10:00")
    assert open_until([morning], utc("2026-07-01T09:59:59")) == utc("2026-07-01T10:00")
    assert open_until([morning], utc("2026-07-01T10:00")) is None


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = Window(time(22), time(2), PARIS)
    only_friday = date(2026, 7, 3).__eq__
    assert open_until([night], utc("2026-07-03T23:30"), only_friday) == utc("2026-07-04T00:00")
    assert open_until([night], utc("2026-07-04T20:30"), only_friday) is None


def test_a_whole_day_lasts_23_or_25_hours_where_the_clock_changes() -> None:
    whole = Window(time(0), time(0), PARIS)
    start, end = whole.on(date(2026, 3, 29))
    assert end - start == timedelta(hours=23)
    start, end = whole.on(date(2026, 10, 25))
    assert end - start == timedelta(hours=25)


def test_the_next_opening_is_a_start_of_a_window() -> None:
    windows = [Window(time(9), time(12), PARIS), Window(time(14), time(18), PARIS)]
    assert next_opening(windows, utc("2026-07-01T07:30")) == utc("2026-07-01T12:00")


@given(
    at=st.timedeltas(timedelta(0), LAST - FIRST).map(FIRST.__add__),
    name=st.sampled_from(sorted(available_timezones())),
    wall=st.times(),
)
def test_the_next_slot_is_never_more_than_two_days_away(at: datetime, name: str, wall: time) -> None:
    slot = Slot(wall.replace(second=0, microsecond=0), ZoneInfo(name))
    found = next_slot([slot], at)
    assert found is not None
    assert timedelta(0) < found - at <= 2 * DAY


@pytest.mark.parametrize("name", ["Europe/Paris", "America/Nuuk", "Asia/Kolkata", "Pacific/Chatham"])
def test_a_whole_day_is_always_open(name: str) -> None:
    whole = [Window(time(0), time(0), ZoneInfo(name))]
    at = utc("2026-01-01T00:00")
    for _ in range(800):
        at += timedelta(hours=11)
        assert open_until(whole, at) is not None
