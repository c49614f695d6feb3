"""What ships: five packages and the migrations in the wheel, and locks that a fresh machine can install from."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.house import tree

if TYPE_CHECKING:
    from pathlib import Path

LOCKS = ("requirements.txt", "requirements-dev.txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel once and open it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=tree.ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    [path] = folder.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads(tree.text_of("pyproject.toml"))


def _pins(lock: str) -> dict[str, str]:
    """Return each locked requirement with the lines that belong to it."""
    blocks = re.split(r"^(?=[a-z0-9])", tree.text_of(lock), flags=re.MULTILINE)
    return {re.split(r"[\[=]", block)[0]: block for block in blocks if block[:1].isalnum()}


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~! ;]", requirement)[0]).lower()


def test_the_wheel_holds_the_five_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}

    assert {name for name in top if not name.endswith(".dist-info")} == set(tree.PACKAGES)


def test_the_wheel_says_that_it_is_typed(wheel: zipfile.ZipFile) -> None:
    assert {f"{package}/py.typed" for package in tree.PACKAGES} <= set(wheel.namelist())


def test_the_wheel_holds_every_committed_module(wheel: zipfile.ZipFile) -> None:
    ours = {module.path for module in tree.modules(*tree.PACKAGES)}
    migrations = {f"engine/_{module.path}" for module in tree.modules("alembic")}
    shipped = {name for name in wheel.namelist() if name.endswith(".py")}

    assert shipped == ours | migrations


def test_the_wheel_holds_the_migrations(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())

    assert "engine/_alembic/env.py" in names
    assert any(name.startswith("engine/_alembic/versions/") for name in names)


def test_the_wheel_holds_the_library_of_mappings(wheel: zipfile.ZipFile) -> None:
    library = {path for path in tree.committed() if path.startswith("mappings/library/") and path.endswith(".yaml")}

    assert library
    assert library <= set(wheel.namelist())


def test_the_wheel_installs_the_command(wheel: zipfile.ZipFile) -> None:
    [entry_points] = [name for name in wheel.namelist() if name.endswith("/entry_points.txt")]

    assert "chappe = api.cli.main:main" in wheel.read(entry_points).decode()


def test_the_wheel_carries_the_licence(wheel: zipfile.ZipFile) -> None:
    [licence] = [name for name in wheel.namelist() if name.endswith("/licenses/LICENSE")]

    assert wheel.read(licence).decode() == tree.text_of("LICENSE")


def test_every_package_of_the_wheel_can_be_imported_from_it(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    script = f"import {', '.join(tree.PACKAGES)}; print(engine.__file__)"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(str(tmp_path))


def test_the_wheel_shows_the_readme_where_there_is_one(project: dict[str, Any]) -> None:
    readme = "README.md" if "README.md" in tree.committed() else None

    assert project["project"].get("readme") == readme


def test_every_folder_with_code_is_type_checked(project: dict[str, Any]) -> None:
    folders = {path.split("/")[0] for path in tree.committed() if path.endswith(".py")}

    assert folders == {path.split("/")[0] for path in project["tool"]["mypy"]["files"]}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_version_and_a_hash(lock: str) -> None:
    loose = [name for name, block in _pins(lock).items() if "--hash=sha256:" not in block or "==" not in block]

    assert _pins(lock)
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address(lock: str) -> None:
    text = tree.text_of(lock)

    assert not re.search(r"://|@ file|^-|^--", text, re.MULTILINE)


def test_both_locks_agree() -> None:
    development = {line.rstrip(" \\") for line in tree.text_of(LOCKS[1]).splitlines() if "==" in line}
    runtime = {line.rstrip(" \\") for line in tree.text_of(LOCKS[0]).splitlines() if "==" in line}

    assert runtime <= development


def test_what_the_project_asks_for_is_locked(project: dict[str, Any]) -> None:
    runtime = {_name(each) for each in project["project"]["dependencies"]}
    testing = {_name(each) for each in project["project"]["optional-dependencies"]["testing"]}
    development = {_name(each) for each in project["dependency-groups"]["dev"]}

    assert runtime - set(_pins("requirements.txt")) == set()
    assert (runtime | testing | development) - set(_pins("requirements-dev.txt")) == set()


def test_every_library_that_is_imported_is_asked_for(project: dict[str, Any]) -> None:
    asked = {_name(each) for each in project["project"]["dependencies"]}
    testing = {_name(each) for each in project["project"]["optional-dependencies"]["testing"]}
    known = importlib.metadata.packages_distributions()
    missing = [
        f"{module.path} imports {library}"
        for module in tree.modules(*tree.PACKAGES, "alembic")
        for library in sorted(module.libraries() - set(tree.PACKAGES) - sys.stdlib_module_names)
        if not (asked | (testing if module.path.startswith("engine/testing/") else set()))
        & {_name(distribution) for distribution in known.get(library, [])}
    ]

    assert missing == []
