"""An instance of its own for each test of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixtures.instances import MAPPING, Cli, copied, enter

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.fixture
def either(tmp_path: Path, database_url: str) -> Cli:
    """Give an instance with its cast, once on each database."""
    instance = Cli(tmp_path / "either", database_url)
    instance.out("init", "acme")
    enter(instance)
    return instance
