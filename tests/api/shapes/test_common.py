"""Times have their zone, on the way in and on the way out; ids and names are of one form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api.shapes.common import Id, Moment, Name

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)), st.integers(-720, 720))  # noqa: DTZ001
def test_a_moment_comes_back_as_it_went_out(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    sent = MOMENT.dump_json(MOMENT.validate_python(moment))

    assert sent.endswith(b'Z"')
    assert MOMENT.validate_json(sent) == moment


def test_a_moment_with_any_zone_is_taken_as_utc() -> None:
    read = MOMENT.validate_python("2026-05-04T09:30:00+02:00")

    assert (read, read.tzinfo) == (datetime(2026, 5, 4, 7, 30, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    "value",
    ["2026-05-04T09:30:00", "2026-05-04", "1700000000", 1_700_000_000, 1.5, "0001-01-01T00:00:00+14:00", "now", "",
     None, "\uff12026-05-04T09:30:00Z", "2026-02-30T09:30:00Z"],
)  # fmt: skip
def test_what_is_no_moment_with_a_zone_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value", "taken"),
    [(Id, "0" * 32, True), (Id, "0" * 31, False), (Id, "F" * 32, False), (Id, f"{'0' * 32}\n", False),
     (Name, "Léa ", True), (Name, " ", False), (Name, "a\0b", False), (Name, "a\nb", False), (Name, "a" * 201, False)],
)  # fmt: skip
def test_ids_and_names_are_of_one_form(kind: Any, value: str, taken: bool) -> None:
    adapter = TypeAdapter(kind)

    if taken:
        assert adapter.validate_python(value) == value.strip()
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)
