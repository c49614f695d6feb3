"""An instance of its own for each test of a command."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.databases import DIALECTS
from tests.fixtures.instances import MAPPING, Cli, copied, enter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.postgres import PostgresServer

__all__ = ["MAPPING", "Cli", "enter"]


@pytest.fixture
def cli(made: Cli, tmp_path: Path) -> Cli:
    """Give an instance with a workspace."""
    return copied(made, tmp_path)


@pytest.fixture
def cast(played: Cli, tmp_path: Path) -> Cli:
    """Give an instance with a company's account, two people of whom one consented, and an active mapping."""
    return copied(played, tmp_path)


@pytest.fixture
def bare(tmp_path: Path) -> Cli:
    """Give an instance of which nothing is made yet."""
    folder = tmp_path / "bare"
    return Cli(folder, f"sqlite:///{folder}/chappe.db")


@pytest.fixture(scope="session")
def played_on_postgres(
    postgres: PostgresServer, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cli]:
    """Give an instance on PostgreSQL with its cast, which tests copy and never use."""
    url = postgres.create(like=postgres_template)
    instance = Cli(tmp_path_factory.mktemp("played") / "instance", url)
    instance.out("init", "acme")
    enter(instance)
    yield instance
    postgres.drop(url)


@pytest.fixture(params=DIALECTS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cli]:
    """Give an instance with its cast, once on each database."""
    if request.param == "sqlite":
        yield copied(request.getfixturevalue("played"), tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    played: Cli = request.getfixturevalue("played_on_postgres")
    folder, url = tmp_path / "instance", server.create(like=played.url)
    shutil.copytree(played.folder, folder)
    yield Cli(folder, url)
    server.drop(url)
