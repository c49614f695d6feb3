"""A backup is made while others work, and put back only where it fits; then all is paused until a person has looked."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.clock import SystemClock
from engine.runtime import KEY_FINGERPRINT
from engine.store import dump, home
from engine.store.dump import variables
from engine.store.lock import only_process
from engine.store.unit import StoreError, open_store
from engine.vault import KeyFile
from tests.api.cli.conftest import Cli
from tests.peers.postgres import found_binaries

if TYPE_CHECKING:
    import pytest

    from tests.peers.postgres import PostgresServer


def test_a_backup_is_private_sound_and_without_the_key_file(cast: Cli, tmp_path: Path) -> None:
    file = tmp_path / "chappe-backup.db"
    with closing(sqlite3.connect(cast.folder / "chappe.db")) as other:
        other.execute("BEGIN IMMEDIATE")  # somebody writes meanwhile
        made = cast.data("backup", str(file))

    assert made["bytes"] == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("chappe-backup")] == [file.name]
    assert (cast.folder / "chappe.key").read_bytes().split(b"\n")[1][:20] not in file.read_bytes()
    assert "there already" in cast.refused(1, "backup", str(file))


def test_a_restored_instance_is_paused_and_says_what_to_do(cast: Cli, tmp_path: Path) -> None:
    file = str(tmp_path / "backup.db")
    cast.arrive("We are hiring")
    cast.out("backup", file)
    cast.out("people", "add", "Zoé")
    cast.arrive("We are hiring again")

    done = cast.data("restore", file, "--yes")
    status: dict[str, Any] = cast.data("status")

    assert (done["doubtful"], done["waiting"]) == (1, 1)  # the company's, and that of Léa, who is asked
    assert Path(done["aside"]).exists()
    assert "Zoé" not in cast.out("people", "list")
    assert (status["deliveries"]["doubtful"], status["deliveries"]["planned"]) == (1, 0)
    assert [each["what"] for each in status["paused"]] == ["everything"]
    assert "restored from the backup of" in status["paused"][0]["reason"]
    assert cast.data("resume", "everything")["was_paused"]


def test_what_does_not_fit_is_refused_before_anything_is_touched(cast: Cli, tmp_path: Path) -> None:
    file, database = tmp_path / "backup.db", cast.folder / "chappe.db"
    cast.out("backup", str(file))
    before = database.read_bytes()

    assert "nobody is there to answer" in cast.refused(1, "restore", str(file), given="")
    with only_process(cast.url, SystemClock().now()):
        assert "Another process sends" in cast.refused(1, "restore", str(file), "--yes")
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer version" in cast.refused(1, "restore", str(file), "--yes")
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = '0010'")
    (cast.folder / "chappe.key").unlink()
    KeyFile.create(cast.folder / "chappe.key")
    assert "another key file" in cast.refused(1, "restore", str(file), "--yes")
    file.write_bytes(file.read_bytes()[:5_000])
    cast.refused(1, "restore", str(file), "--yes")

    assert database.read_bytes() == before


def test_a_dump_of_postgresql_is_restored_into_an_empty_database_alone(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([*map(str, found_binaries()), os.environ["PATH"]]))
    file, folder = str(tmp_path / "chappe.dump"), tmp_path / "instance"
    first, second = Cli(folder, postgres.create()), Cli(folder, postgres.create())
    first.out("init", "acme")
    first.out("backup", file)

    done = second.data("restore", file)
    paused = second.data("status")["paused"]
    refused = first.refused(5, "restore", file, "--yes")
    for each in (first, second):
        postgres.drop(each.url)

    assert (done["doubtful"], done["waiting"], done["aside"]) == (0, 0, None)
    assert [each["what"] for each in paused] == ["everything"]
    assert "not empty" in refused


def test_what_pg_restore_read_back_sends_nothing_before_it_was_reconciled(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([*map(str, found_binaries()), os.environ["PATH"]]))
    file, folder = tmp_path / "chappe.dump", tmp_path / "instance"
    first, second, third = (Cli(folder, postgres.create()) for _ in range(3))
    first.out("init", "acme")
    assert _begin(first) == [""] * 2
    first.out("backup", str(file))
    for each in (second, third):
        asyncio.run(dump.put(each.url, file))

    before = [_begin(each)[0] for each in (second, third)]
    done = second.data("restore", "--in-place")
    third.out("restore", "--moved", "--yes")
    after = [_begin(each)[0] for each in (second, third)]
    paused = [[row["what"] for row in each.data("status")["paused"]] for each in (second, third)]
    refused = [each.refused(5, "restore", "--in-place") for each in (first, second)]
    for each in (first, second, third):
        postgres.drop(each.url)

    assert all("chappe restore --in-place" in sentence for sentence in before)
    assert (after, paused, done["doubtful"]) == (["", ""], [["everything"], []], 0)
    assert all("was not read back" in sentence for sentence in refused)


def _begin(cli: Cli) -> list[str]:
    """Do twice what a start does before it sends anything; returns what was refused."""

    async def begin() -> list[str]:
        store = open_store(cli.url)
        try:
            for _ in range(2):
                await store.write(home.keep, KEY_FINGERPRINT)
        except StoreError as error:
            return [str(error)] * 2
        finally:
            await store.close()
        return [""] * 2

    return asyncio.run(begin())


def test_tools_are_told_of_the_server_by_their_environment() -> None:
    found = variables("postgresql://ada:s3cret@db:5433/chappe?sslmode=require")

    assert found == {
        "PGHOST": "db", "PGPORT": "5433", "PGUSER": "ada", "PGPASSWORD": "s3cret", "PGDATABASE": "chappe",
        "PGSSLMODE": "require",
    }  # fmt: skip
