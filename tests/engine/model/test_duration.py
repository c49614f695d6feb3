"""Durations: read as people write them, printed back the same."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from engine.model.duration import Duration

PLEASE = "is not a duration: write a number with its unit, such as 90s, 10m, 4h or 2d."


class Sample(BaseModel):
    every: Duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("4h", timedelta(hours=4)),
        ("2d", timedelta(days=2)),
        ("0s", timedelta(0)),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_a_duration_is_a_number_with_its_unit(text: str, expected: timedelta) -> None:
    assert Duration.parse(text) == expected


@given(number=st.integers(0, 87_600), unit=st.sampled_from("smhd").filter("d".__ne__))
def test_a_duration_prints_back_the_same(number: int, unit: str) -> None:
    text = f"{number}{unit}"
    assert str(Duration.parse(text)) == text
    assert Sample(every=Duration.parse(text)).model_dump_json() == f'{{"every":"{text}"}}'
    assert Sample.model_validate({"every": text}).every == Duration.parse(text)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("10 minutes", "“10 minutes” is not a duration: write 10m."),
        ("2 Hours", "“2 Hours” is not a duration: write 2h."),
        ("2D", "“2D” is not a duration: write 2d."),
        ("3w", "“3w” is not a duration: there are no weeks; write 21d."),
        ("soon", f"“soon” {PLEASE}"),
        ("1h30m", f"“1h30m” {PLEASE}"),
        ("-5m", f"“-5m” {PLEASE}"),
        (
            "\N{ARABIC-INDIC DIGIT FIVE}m",
            f"“\N{ARABIC-INDIC DIGIT FIVE}m” {PLEASE}",
        ),
        ("3651d", "3651d is longer than ten years."),
        ("999999999d", "999999999d is longer than ten years."),
    ],
)
def test_what_is_not_a_duration_says_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as caught:
        Duration.parse(text)
    assert str(caught.value) == advice


def test_a_long_text_is_shown_in_part() -> None:
    with pytest.raises(ValueError, match=f"^“{'x' * 20}…” is not a duration"):
        Duration.parse("x" * 50)


def test_a_bare_number_is_refused() -> None:
    with pytest.raises(ValidationError, match="A duration is a number with its unit"):
        Sample.model_validate({"every": 5})


def test_its_schema_is_a_text_with_a_pattern() -> None:
    assert Sample.model_json_schema()["properties"]["every"]["pattern"] == "^([0-9]{1,9})([smhd])$"


def test_a_copy_remembers_how_it_was_written() -> None:
    day = Duration.parse("24h")
    assert [str(one) for one in (copy.copy(day), copy.deepcopy(day))] == ["24h", "24h"]
