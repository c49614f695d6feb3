"""The table of sizes is arithmetic: rate, margin, and what is kept for how long."""

from __future__ import annotations

from bench.sizing import Cost, Space, described, sized

COSTS = {number: Cost(rate=500.0, own_ms=1.5, database_ms=0.5 if number else 0.0, memory=2e8) for number in range(3)}
SPACE = Space(always=1_000, explained=500, events=300)


def test_what_explains_a_delivery_takes_no_more_room_once_it_is_deleted_as_fast_as_it_comes() -> None:
    assert SPACE.after(10, 1) == 10 * (1_000 + 500 + 300)
    assert SPACE.after(365, 2) == 2 * (365 * 1_000 + 90 * 500 + 30 * 300)


def test_an_instance_needs_twice_what_was_measured() -> None:
    rows = [line for line in sized(COSTS, SPACE) if line.startswith("| 200,000 |")]

    assert rows == [
        "| 200,000 | 2 × `chappe work`, `chappe serve`, PostgreSQL | 0.22 | 800 MB | 335.2 GB | 63 |",
    ]


def test_what_was_measured_stands_beside_it() -> None:
    lines = list(described(COSTS, SPACE, Space(0, 900, 0)))

    assert "| PostgreSQL, 2 × `chappe work` | 500 | 1.50 ms | 0.50 ms | 200 MB |" in lines
    assert "in SQLite 900 in all" in lines[-1]
