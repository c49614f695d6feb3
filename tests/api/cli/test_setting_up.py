"""The instance: made, found, migrated; and what is said where it is not as it should be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli


def test_init_makes_an_instance_and_says_what_comes_next(bare: Cli) -> None:
    said = bare.out("init", "acme")

    assert [line.split()[:3] for line in said.splitlines()[:3]] == [
        ["Key", "file", "made"],
        ["Database", "made", f"sqlite:///{bare.folder}/chappe.db"],
        ["Workspace", "made", "acme"],
    ]
    assert "Next: `chappe accounts connect`" in said
    assert (bare.folder / "chappe.key").stat().st_mode & 0o777 == 0o600
    assert bare.folder.stat().st_mode & 0o777 == 0o700


def test_init_again_changes_nothing(bare: Cli) -> None:
    bare.out("init", "acme")
    before = (bare.folder / "chappe.key").read_text()

    assert bare.data("init", "acme")["made"] == {"key_file": False, "database": False, "workspace": False}
    assert (bare.folder / "chappe.key").read_text() == before


def test_init_makes_no_new_key_file_for_a_database_that_another_has_sealed(cli: Cli) -> None:
    key = cli.folder / "chappe.key"
    key.unlink()

    assert cli.refused(1, "init", "acme") == (
        f"chappe: The key file {key} is missing, and the database was sealed with it: a new one would open nothing. "
        "Put it back from your backup, or set CHAPPE_KEY_FILE to where it is.\n"
    )
    assert not key.exists()


def test_without_a_database_a_command_says_where_it_looked_and_what_to_do(bare: Cli) -> None:
    assert bare.refused(1, "status") == (
        f"chappe: There is no database at {bare.folder}/chappe.db: "
        "run `chappe init`, or say with CHAPPE_DATABASE_URL or CHAPPE_DATA_DIR where it is.\n"
    )
    assert not bare.folder.exists()


def test_a_wrong_database_url_is_told_with_the_path_that_it_names(cli: Cli) -> None:
    wrong = f"{cli.folder}/chapel.db"
    said = cli.run("status", CHAPPE_DATABASE_URL=f"sqlite:///{wrong}")

    assert said.exit_code == 1
    assert said.stderr.startswith(f"chappe: There is no database at {wrong}: ")
    assert "CHAPPE_DATABASE_URL" in said.stderr


def test_without_a_workspace_a_command_says_what_to_run(bare: Cli) -> None:
    bare.folder.mkdir()
    bare.out("migrate")

    assert bare.refused(4, "status") == "chappe: There is no workspace yet: run `chappe init`.\n"


def test_a_new_workspace_is_told_what_it_lacks_and_no_sums_of_nothing(cli: Cli) -> None:
    assert cli.out("status") == (
        "acme: not running: `chappe up` starts it. 0 mappings, 0 sources.\n"
        "Nothing waits for you.\n"
        "There is no mapping yet: write one, and `chappe apply FILE`.\n"
    )


def test_migrate_says_from_where_to_where(bare: Cli) -> None:
    bare.folder.mkdir()
    moved = bare.data("migrate")

    assert moved["before"] is None
    assert bare.out("migrate") == f"The database is up to date (revision {moved['after']}).\n"


def test_a_database_of_a_newer_version_is_refused(bare: Cli) -> None:
    bare.out("init")
    bare.inside(_of_the_future)

    for command in ("status", "migrate", "init"):
        said = bare.refused(1, command).splitlines()

        assert said[-1].startswith(
            "chappe: The database was written by a newer version of Chappe (revision 9999, this one knows "
        )
        assert said[:-1] == (["Bringing the database to this version …"] if command == "migrate" else [])


def test_of_several_workspaces_one_must_be_named(cli: Cli) -> None:
    cli.out("init", "birch")

    assert cli.refused(5, "status") == (
        "chappe: There are several workspaces: say which with --workspace (acme, birch).\n"
    )
    assert cli.out("status", "-w", "birch").startswith("birch: ")
    assert cli.refused(4, "status", "-w", "brich") == "chappe: There is no workspace brich. Did you mean `birch`?\n"


def test_with_json_an_error_is_json_too(cli: Cli) -> None:
    assert json.loads(cli.refused(4, "pause", "account", "nobody", "--json")) == {
        "error": {
            "kind": "NotFound",
            "message": "There is no account nobody in this workspace. `chappe accounts connect` or "
            "`chappe accounts add` makes one.",
            "exit": 4,
        }
    }
    assert json.loads(cli.refused(2, "status", "--jsno", "--json"))["error"]["kind"] == "NoSuchOption"


def test_a_setting_that_does_not_exist_is_remarked(cli: Cli) -> None:
    result = cli.run("secrets", "list", CHAPPE_PROT="8080")

    assert result.exit_code == 0
    assert result.stderr == "Note: CHAPPE_PROT is no setting and does nothing. Did you mean CHAPPE_PORT?\n"


def test_a_file_that_is_no_database_is_said_in_a_sentence(bare: Cli) -> None:
    bare.out("init")
    (bare.folder / "chappe.db").write_bytes(b"this is no database, whatever its name says" * 100)

    assert bare.refused(1, "status") == (
        "chappe: The database file is not a SQLite database, or is damaged: restore it from a backup.\n"
    )


async def _of_the_future(store: Store) -> None:
    await store.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
