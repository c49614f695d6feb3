"""How a command shows things: times with their zone, numbers with their nouns."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from api.cli.session import when
from api.cli.show import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.cli.conftest import Cli


@pytest.fixture
def in_paris(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine stand in Paris."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Paris")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_paris")
@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 5, 4, 7, 5, tzinfo=UTC), "04 May 2026 09:05 CEST"),
        (datetime(2026, 12, 4, 7, 5, tzinfo=UTC), "04 Dec 2026 08:05 CET"),
        (None, "–"),
    ],
)
def test_a_time_is_shown_by_this_machines_clock_with_its_zone(moment: datetime | None, shown: str) -> None:
    assert when(moment) == shown


@pytest.mark.parametrize(
    ("number", "words", "shown"),
    [
        (1, ("post",), "1 post"),
        (0, ("post",), "0 posts"),
        (1, ("delivery", "deliveries"), "1 delivery"),
        (2, ("delivery", "deliveries"), "2 deliveries"),
    ],
)
def test_a_noun_goes_by_its_number(number: int, words: tuple[str, ...], shown: str) -> None:
    assert count(number, *words) == shown


def test_every_time_for_programs_has_its_offset(cast: Cli) -> None:
    end = cast.arrive("We are hiring")
    cast.out("pause", "mapping", "news")
    cast.out("secrets", "set", "hooks", given="words")
    commands = (
        ("status",), ("sources", "list"), ("deliveries", "list"), ("explain",), ("explain", end), ("pause",),
        ("accounts", "list"), ("secrets", "list"), ("people", "list"), ("people", "consent", "show", "Léa"),
    )  # fmt: skip
    times = [found for command in commands for found in _times(cast.data(*command))]

    assert len(times) > 2 * len(commands)
    assert [each for each in times if datetime.fromisoformat(each).tzinfo is None] == []


def _times(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _times(each)
    elif isinstance(value, list):
        for each in value:
            yield from _times(each)
    elif isinstance(value, str) and value[:2] == "20" and value[4:5] == "-" and "T" in value[:11]:
        yield value
