"""Migrations go up and down on both databases, and a database of another revision is refused in a sentence."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, text

from engine.dispatch import schema
from engine.store.migrate import QUEUE, check, current_revision, differences, downgrade, script_folder, upgrade
from engine.store.tables import metadata
from engine.store.unit import StoreError, open_store

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD = "0016"
ROOT = Path(__file__).parents[3]


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def _tables_of(url: str) -> set[str]:
    store = open_store(url)
    try:
        return await store.read(_tables)
    finally:
        await store.close()


def _mark(connection: Connection, revision: str) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


async def test_upgrade_makes_every_table_and_downgrade_takes_them_away(blank_url: str) -> None:
    await upgrade(blank_url)
    queue = schema.TABLES if blank_url.startswith("postgresql:") else frozenset[str]()
    assert await _tables_of(blank_url) == {*metadata.tables, *queue, "alembic_version"}
    assert await current_revision(blank_url) == HEAD

    await downgrade(blank_url)
    assert await _tables_of(blank_url) == {"alembic_version"}
    assert await current_revision(blank_url) is None


def test_the_tables_of_the_queue_are_told_from_ours_by_their_names() -> None:
    assert all(name.startswith(QUEUE) for name in schema.TABLES)
    assert not any(name.startswith(QUEUE) for name in metadata.tables)


def test_no_migration_makes_a_table_anew() -> None:
    """Alembic's batches copy a table into a new one on SQLite, and what tells its events is not copied with it."""
    found = [path.name for path in script_folder().glob("versions/*.py") if "batch_alter_table" in path.read_text()]
    assert found == []


async def test_each_revision_goes_up_and_down_alone(blank_url: str) -> None:
    there = []
    for revision in ("0001", "0002", "0003", "0004"):
        await upgrade(blank_url, revision)
        there.append(await _tables_of(blank_url))
    await upgrade(blank_url)
    for revision in ("0004", "0003", "0002", "0001"):
        await downgrade(blank_url, revision)
        assert await _tables_of(blank_url) == there.pop()

    await upgrade(blank_url)
    assert await current_revision(blank_url) == HEAD


async def test_migrations_make_what_the_code_declares(database_url: str) -> None:
    assert await differences(database_url) == []


async def test_a_table_that_no_migration_makes_is_seen(blank_url: str) -> None:
    await upgrade(blank_url)
    store = open_store(blank_url)
    await store.write(metadata.tables["traces"].drop)
    await store.close()

    assert [difference[0] for difference in await differences(blank_url)] == ["add_table", "add_index"]


async def test_two_processes_that_migrate_at_once_both_succeed(blank_url: str) -> None:
    await asyncio.gather(upgrade(blank_url), upgrade(blank_url))

    await check(blank_url)


async def test_a_migrated_database_is_accepted(database_url: str) -> None:
    await check(database_url)


async def test_a_database_without_tables_is_told_to_migrate(blank_url: str) -> None:
    with pytest.raises(StoreError, match=r"no database (yet|at .*): run `chappe init`"):
        await check(blank_url)


async def test_an_older_database_is_told_to_migrate(blank_url: str) -> None:
    await upgrade(blank_url, "0001")

    with pytest.raises(StoreError, match=rf"revision 0001 and this version of Chappe needs {HEAD}.*backup.*migrate"):
        await check(blank_url)


async def test_a_newer_database_is_refused_and_left_alone(blank_url: str) -> None:
    await upgrade(blank_url)
    store = open_store(blank_url)
    await store.write(_mark, "9999")
    await store.close()

    for way in (check, upgrade, downgrade):
        with pytest.raises(StoreError, match=rf"newer version of Chappe \(revision 9999, this one knows {HEAD}\)"):
            await way(blank_url)
    assert await current_revision(blank_url) == "9999"


async def test_asking_for_the_revision_of_a_missing_file_does_not_make_it(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite3"

    assert await current_revision(f"sqlite:///{path}") is None
    assert not path.exists()


def test_the_scripts_are_found_in_the_tree() -> None:
    assert (script_folder() / "env.py").is_file()
    assert (script_folder() / "versions").is_dir()


def test_the_scripts_are_found_inside_the_package_of_a_wheel(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "engine", tmp_path / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "alembic", tmp_path / "engine" / "_alembic")
    code = (
        "import asyncio; from engine.store import migrate; print(migrate.script_folder());"
        "asyncio.run(migrate.upgrade('sqlite:///chappe.sqlite3'));"
        "asyncio.run(migrate.check('sqlite:///chappe.sqlite3'))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.stdout.strip() == str(tmp_path / "engine" / "_alembic")
