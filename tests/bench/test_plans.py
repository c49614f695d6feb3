"""What the comparison of plans says, and that it asks for every read of the API."""

from __future__ import annotations

from bench import every_read
from bench.crowd import Crowd
from bench.explaining import Statement
from bench.plans import compared


def test_what_touches_ten_times_as_many_buffers_has_grown_and_a_few_more_are_nothing() -> None:
    small = {"list": {"custom": (50, 1.0, "")}, "one": {"custom": (4, 1.0, "")}}
    big = {"list": {"custom": (500, 1.0, "")}, "one": {"custom": (12, 1.0, "")}}

    assert [(one.read, one.ratio) for one in compared(small, big)] == [("list", 10), ("one", 1)]


def test_lists_of_values_of_any_length_are_one_shape() -> None:
    short, long = Statement("id IN ($1::VARCHAR)", ("a",)), Statement("id IN ($1::VARCHAR, $2::VARCHAR)", ("a", "b"))

    assert short.shape == long.shape == "id IN (…)"


def test_every_combination_of_filters_is_asked_for_and_no_sink_without_its_mapping() -> None:
    route = f"{every_read.HERE}/deliveries"
    known = every_read.known_of(route, Crowd(1_000, 20_000))

    paths = list(every_read.paths(route, ["limit", "mapping", "sink", "sort"], known, "acme"))

    assert [path.partition("?")[2] for path in paths] == [
        "limit=5", "limit=5&sort=oldest", "limit=5&mapping=news-1", "limit=5&mapping=news-1&sort=oldest",
        "limit=5&mapping=news-1&sink=people", "limit=5&mapping=news-1&sink=people&sort=oldest",
    ]  # fmt: skip
