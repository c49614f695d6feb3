"""Kill a real worker at random instants, hundreds of times: nothing is lost, and nothing comes twice.

Each row of lives prints its seed and its figures (`pytest -s`, or the output of a failure).
"""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from engine.store.migrate import upgrade
from tests.kills.grounds import NETWORKS, RECEIVERS
from tests.kills.lives import PATIENT, SHORT_LEASES, Plan, rows_of_lives
from tests.peers.postgres import start_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.kills.grounds import Ground
    from tests.peers.postgres import PostgresServer

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

INTERRUPTED = 0.1
"""At least so many sends a kill must have been cut off: else the kills came when nothing was under way."""
MANY = 20
ON_EACH_GROUND = 0.05
"""At least so many of many on every ground, or a class of doubt was never tried; a slow machine makes them uneven."""


@pytest.fixture
def files(sqlite_template: Path, tmp_path: Path) -> list[str]:
    """Give the URLs of three migrated, empty SQLite databases."""
    return [f"sqlite:///{shutil.copy(sqlite_template, tmp_path / f'{number}.sqlite3')}" for number in range(3)]


@pytest.fixture
def databases(postgres: PostgresServer, postgres_template: str) -> Iterator[list[str]]:
    """Give the URLs of three migrated, empty PostgreSQL databases."""
    urls = [postgres.create(like=postgres_template) for _ in range(3)]
    yield urls
    for url in urls:
        postgres.drop(url)


def check_kills(
    kills: int, urls: list[str], folder: Path, grounds: Mapping[str, Ground] = RECEIVERS, turn: int = 0, **plan: Any
) -> None:
    """Kill so often on each ground; every turn has instants of its own."""
    first = 1 + turn * len(grounds)
    plans = [Plan(ground, kills=kills, seed=seed, **plan) for seed, ground in enumerate(grounds.values(), first)]
    verdicts = rows_of_lives(plans, urls, folder)
    for verdict in verdicts:
        assert verdict.faults == ()
        assert verdict.figures["published"] > kills
        assert kills < MANY or verdict.figures["interrupted"] >= ON_EACH_GROUND * kills
    assert sum(verdict.figures["interrupted"] for verdict in verdicts) > INTERRUPTED * kills * len(plans)


def test_three_hundred_kills_lose_and_double_nothing(files: list[str], tmp_path: Path) -> None:
    check_kills(100, files, tmp_path)


def test_thirty_kills_on_postgresql_lose_and_double_nothing(databases: list[str], tmp_path: Path) -> None:
    check_kills(10, databases, tmp_path, settings=SHORT_LEASES)


def test_another_worker_takes_over_what_a_killed_one_leaves(databases: list[str], tmp_path: Path) -> None:
    check_kills(4, databases, tmp_path, settings=SHORT_LEASES, beside=1)


def test_kills_before_facebook_linkedin_and_x_lose_and_double_nothing(files: list[str], tmp_path: Path) -> None:
    check_kills(12, files, tmp_path, NETWORKS, settings=PATIENT)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("turn", range(1, 18))  # of more posts than 100, as 20 kills bring, a look does not show all
def test_a_thousand_kills_before_facebook_linkedin_and_x_lose_and_double_nothing(
    turn: int, files: list[str], tmp_path: Path
) -> None:
    check_kills(20, files, tmp_path, NETWORKS, turn, settings=PATIENT)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_a_thousand_kills_lose_and_double_nothing(files: list[str], tmp_path: Path) -> None:
    check_kills(334, files, tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_three_hundred_kills_on_postgresql_lose_and_double_nothing(databases: list[str], tmp_path: Path) -> None:
    check_kills(100, databases, tmp_path, settings=SHORT_LEASES)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("mode", RECEIVERS)
def test_a_database_that_crashes_ten_times_under_load_loses_and_doubles_nothing(mode: str, tmp_path: Path) -> None:
    with start_postgres(durable=True) as server:
        url = server.create()
        asyncio.run(upgrade(url))
        plan = Plan(RECEIVERS[mode], 10, seed=1, beside=2, disturb=server.restart, settings=SHORT_LEASES)
        [verdict] = rows_of_lives([plan], [url], tmp_path)

    assert verdict.faults == ()
    assert verdict.figures["published"] >= 20


def test_the_judge_finds_the_bugs_that_a_worker_is_given(files: list[str], tmp_path: Path) -> None:
    plans = [
        Plan(RECEIVERS["plain"], kills=8, seed=1, bug="no_intent"),
        Plan(RECEIVERS["readback"], kills=8, seed=2, bug="no_intent"),
        Plan(RECEIVERS["plain"], kills=8, seed=3, bug="resend"),
    ]
    unwritten, unwritten_too, resent = rows_of_lives(plans, files, tmp_path)

    for verdict in (unwritten, unwritten_too):
        assert [fault for fault in verdict.faults if "before its attempt was written" in fault]
    assert unwritten.figures["doubled"] + unwritten_too.figures["doubled"] > 0
    assert [fault for fault in resent.faults if "was tried again by itself" in fault]
    assert [fault for fault in resent.faults if "reached the receiver 2 times" in fault]


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_others_take_over_what_a_hundred_killed_ones_leave(databases: list[str], tmp_path: Path) -> None:
    check_kills(100, databases, tmp_path, settings=SHORT_LEASES, beside=2)
