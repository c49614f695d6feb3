"""`slots`: posts go out at free times only, in order, and none is lost."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.operator import Release, Wait
from mappings.calendar_days import Calendar
from mappings.operators.slots import Config, Slots
from tests.mappings.operators.life import PARIS, asked, held, lived, local, paris, utc


def slots(**settings: Any) -> Slots:
    return Slots(Config.model_validate(settings))


OFFICE = slots(days="mon-fri", between=["09:00-12:00", "14:00-18:00"])


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-05-04T08:59:59", "Mon 04 May 09:00"),
        ("2026-05-04T12:00", "Mon 04 May 14:00"),
        ("2026-05-04T18:00", "Tue 05 May 09:00"),
        ("2026-05-08T18:00", "Mon 11 May 09:00"),
        ("2026-05-10T11:00", "Mon 11 May 09:00"),
    ],
)
def test_out_of_office_hours_posts_wait_for_the_next_span(now: str, until: str) -> None:
    answer = asked(OFFICE, held(paris(now)), paris(now))
    assert isinstance(answer, Wait)
    assert local(answer.until) == until
    assert answer.reason.startswith("Waits for Mon" if "Mon" in until else "Waits for Tue")


@pytest.mark.parametrize("now", ["2026-05-04T09:00", "2026-05-04T11:59:59", "2026-05-08T17:30"])
def test_within_office_hours_all_go_at_once_in_order(now: str) -> None:
    waiting = held(paris("2026-05-02T10:00"), paris("2026-05-03T10:00"), paris(now))
    assert asked(OFFICE, waiting, paris(now)) == Release(("h0", "h1", "h2"))


def test_the_reason_is_a_time_that_people_read() -> None:
    answer = asked(OFFICE, held(paris("2026-05-08T20:00")), paris("2026-05-08T20:00"))
    assert answer.reason == "Waits for Mon 11 May, 09:00 (Europe/Paris)."


def test_one_post_goes_out_at_each_time() -> None:
    gone, _ = lived(slots(at=["09:00", "17:30"]), [paris("2026-05-04T08:00")] * 3)
    assert [(one, local(at)) for one, at in gone] == [
        ("h0", "Mon 04 May 09:00"),
        ("h1", "Mon 04 May 17:30"),
        ("h2", "Tue 05 May 09:00"),
    ]


def test_a_post_that_comes_just_after_a_time_waits_for_the_next() -> None:
    gone, _ = lived(slots(at=["09:00", "17:30"]), [paris("2026-05-04T09:00:01")])
    assert local(gone[0][1]) == "Mon 04 May 17:30"


def test_a_post_that_comes_exactly_at_a_time_goes_out_then() -> None:
    gone, _ = lived(slots(at="09:00"), [paris("2026-05-04T09:00")])
    assert local(gone[0][1]) == "Mon 04 May 09:00"


@pytest.mark.parametrize(("late", "when"), [(9, "Mon 04 May 09:09"), (11, "Tue 05 May 09:11")])
def test_a_time_that_was_missed_by_more_than_ten_minutes_is_passed_over(late: int, when: str) -> None:
    waiting = held(paris("2026-05-04T08:00"))
    now = paris("2026-05-04T09:00") + timedelta(minutes=late)
    answer = asked(slots(at="09:00"), waiting, now)
    if isinstance(answer, Wait):
        assert local(answer.until) == "Tue 05 May 09:00"
        assert when.startswith("Tue")
    else:
        assert (answer.ids, local(now)) == (("h0",), when)


def test_a_time_is_used_once_even_when_asked_twice() -> None:
    waiting = held(paris("2026-05-04T08:00"), paris("2026-05-04T08:00"))
    at = paris("2026-05-04T09:00:01")
    assert asked(slots(at=["09:00", "12:00"]), waiting, at).until == paris("2026-05-04T12:00")
    again = asked(slots(at=["09:00", "12:00"]), waiting[1:], at + timedelta(seconds=5), at)
    assert isinstance(again, Wait)
    assert again.until == paris("2026-05-04T12:00")


def test_holidays_and_blackout_days_are_free_of_posts() -> None:
    node = slots(at="09:00", days="mon-fri", holidays="FR", blackout=["2026-05-11..2026-05-13", "2026-05-15"])
    gone, _ = lived(node, [paris("2026-05-07T10:00")] * 3)
    assert [local(at) for _, at in gone] == ["Mon 18 May 09:00", "Tue 19 May 09:00", "Wed 20 May 09:00"]


def test_the_holidays_of_a_region_count() -> None:
    epiphany = date(2026, 1, 6)
    assert Calendar(["mon-sun"], ["DE"], []).free(epiphany)
    assert not Calendar(["mon-sun"], ["DE-BY"], []).free(epiphany)
    assert not Calendar(["mon-sun"], ["DE", "DE-BW"], []).free(epiphany)


def test_without_times_posts_go_out_on_the_whole_of_the_allowed_days() -> None:
    node = slots(days=["sat", "sun"])
    assert isinstance(asked(node, held(paris("2026-05-03T23:59")), paris("2026-05-03T23:59")), Release)
    answer = asked(node, held(paris("2026-05-04T00:00")), paris("2026-05-04T00:00"))
    assert local(answer.until or utc("2000-01-01")) == "Sat 09 May 00:00"


def test_an_own_zone_wins_over_that_of_the_mapping() -> None:
    node = slots(at="09:00", timezone="Asia/Tokyo")
    answer = asked(node, held(utc("2026-05-04T05:00")), utc("2026-05-04T05:00"))
    assert answer.until == utc("2026-05-05T00:00")
    assert answer.reason == "Waits for Tue 5 May, 09:00 (Asia/Tokyo)."


def test_a_span_over_midnight_belongs_to_its_first_day() -> None:
    node = slots(days="fri", between="22:00-02:00")
    assert isinstance(asked(node, held(paris("2026-05-09T01:59")), paris("2026-05-09T01:59")), Release)
    assert isinstance(asked(node, held(paris("2026-05-08T01:59")), paris("2026-05-08T01:59")), Wait)


def test_the_spring_night_has_its_time_at_the_change_and_the_autumn_night_the_first_of_two() -> None:
    node = slots(at="02:30")
    spring, _ = lived(node, [paris("2026-03-28T03:00")] * 2)
    assert [at for _, at in spring] == [utc("2026-03-29T01:00"), utc("2026-03-30T00:30")]
    autumn, _ = lived(node, [paris("2026-10-24T03:00")] * 2)
    assert [at for _, at in autumn] == [utc("2026-10-25T00:30"), utc("2026-10-26T01:30")]


def test_where_no_day_is_free_posts_wait_and_say_so() -> None:
    node = slots(at="09:00", blackout="2026-01-01..2030-01-01")
    now = paris("2026-05-04T09:00")
    answer = asked(node, held(now), now)
    assert answer == Wait(now + timedelta(days=1), "There is no free time within 400 days.")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"between": "09:00-12:00", "at": "09:00"}, "`between:` and `at:` exclude each other"),
        ({"days": "mon-fry"}, "“mon-fry” is not a day of the week"),
        ({"days": "mon-tue-wed"}, "“mon-tue-wed” is not a day of the week"),
        ({"at": "24:00"}, "“24:00” is not a time of the day"),
        ({"at": "9h"}, "“9h” is not a time of the day"),
        ({"between": "09:00"}, "“09:00” is not a span of the day"),
        ({"between": "09:00-09:00"}, "“09:00-09:00” is empty: it ends when it begins. The whole day is 00:00-24:00."),
        ({"blackout": "2026-12-24..2026-12-20"}, "“2026-12-24..2026-12-20” ends before it begins."),
        ({"blackout": "2026-12-24..2026-12-25..2026-12-26"}, "is not a day such as"),
        ({"holidays": "fr"}, "whose holidays are known. Did you mean `FR`?"),
        ({"holidays": "DE-XX"}, "“DE-XX” is not a country"),
        ({"timezone": "Lyon"}, "“Lyon” is not a time zone such as Europe/Paris."),
    ],
)
def test_wrong_settings_say_what_to_write(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match="validation error") as caught:
        slots(**settings)
    assert sentence in str(caught.value)


def test_days_and_times_are_read_as_people_write_them() -> None:
    config = Config.model_validate({"days": ["Monday", "Sat-Mon"], "between": ["9:00 – 12:30", "22:00-24:00"]})
    assert (config.days, config.between) == (("mon", "sat-mon"), ("09:00-12:30", "22:00-24:00"))
    assert Calendar(["sat-mon"], [], []).free(date(2026, 5, 4))
    assert not Calendar(["sat-mon"], [], []).free(date(2026, 5, 5))


MOMENTS = st.lists(st.timedeltas(timedelta(0), timedelta(days=300)), min_size=1, max_size=6)
ZONES = st.sampled_from(["Europe/Paris", "America/Nuuk", "Africa/Casablanca", "Asia/Beirut", "Australia/Lord_Howe"])


@given(moments=MOMENTS, zone=ZONES, late=st.timedeltas(timedelta(0), timedelta(hours=30)))
def test_posts_leave_within_the_spans_in_order_and_all(moments: list[timedelta], zone: str, late: timedelta) -> None:
    node = slots(days="tue-sat", between=["08:30-11:00", "15:00-19:30"], timezone=zone, holidays="FR")
    arrivals = [utc("2026-01-01T00:00") + moment for moment in moments]
    gone, dropped = lived(node, arrivals, late=late)
    assert (dropped, [one for one, _ in gone]) == ([], [f"h{number}" for number in range(len(moments))])
    for _, at in gone:
        wall = at.astimezone(ZoneInfo(zone))
        assert 1 <= wall.weekday() <= 5
        assert time(8, 30) <= wall.time() < time(11) or time(15) <= wall.time() < time(19, 30)


@given(moments=MOMENTS)
def test_each_time_takes_one_post(moments: list[timedelta]) -> None:
    arrivals = sorted(utc("2026-01-01T00:00") + moment for moment in moments)
    gone, _ = lived(slots(at=["02:30", "12:00"]), arrivals)
    assert [one for one, _ in gone] == [f"h{number}" for number in range(len(moments))]
    walls = [at.astimezone(PARIS) for _, at in gone]
    assert len(set(walls)) == len(walls)
    assert {wall.time() for wall in walls} <= {time(2, 30), time(3, 0), time(12)}
    for (_, at), since in zip(gone, arrivals, strict=True):
        assert at >= since
