"""Explain and doctor: why, and what is wrong."""

from __future__ import annotations

import shutil
import socket
from typing import TYPE_CHECKING

import pytest

from engine.store.posts import SEEN
from tests.api.cli.conftest import MAPPING

if TYPE_CHECKING:
    from tests.api.cli.conftest import Cli


def test_explain_tells_node_by_node_and_account_by_account(cast: Cli) -> None:
    said = cast.out("explain", cast.arrive("We are hiring"))
    lines = [line.split() for line in said.splitlines()]

    assert "\nnews, from blog\n" in said
    assert "Planned for 1 of 1 account." in said
    assert "Planned for 0 of 2 accounts; 1 waiting for an approval; 1 without a consent that covers it." in said
    assert any(line[1:4] == ["lea-hook", "friends", "waiting"] for line in lines)
    assert any(line[:3] == ["karim-hook", "Karim", "friends"] for line in lines)


def test_explain_says_why_a_post_went_nowhere(cast: Cli) -> None:
    told = cast.data("explain", cast.arrive("Lunch"))

    [way] = told["ways"]
    assert (way["dropped"], way["planned"]) == (1, 0)
    assert [(line["node"], line["what"], line["sentence"]) for line in way["traces"]] == [
        ("jobs", "dropped", "The text does not contain “hiring”.")
    ]


def test_explain_takes_the_address_of_a_post(cast: Cli) -> None:
    end = cast.arrive("We are hiring")
    address = cast.data("explain")[0]["permalink"]

    assert cast.data("explain", address)["post"]["id"].endswith(end)
    assert cast.refused(4, "explain", "ffffffff") == (
        "chappe: There is no post ffffffff in this workspace: `chappe explain` lists the newest.\n"
    )


def test_what_a_post_says_cannot_drive_the_terminal(cast: Cli) -> None:
    end = cast.arrive("We are hiring \x1b]0;owned\x07 [red]cooks[/red]", state=SEEN)
    said = cast.out("explain", end)

    assert "\x1b" not in said
    assert "[red]cooks[/red]" in said


def test_explain_shows_a_pause_that_covers_it(cast: Cli) -> None:
    end = cast.arrive("We are hiring")
    cast.out("pause", "everything", "--reason", "a crisis")

    assert "(a crisis): the post goes on when it is resumed, by `chappe resume everything`." in cast.out("explain", end)


def test_a_post_that_a_paused_mapping_keeps_says_so_and_how_it_goes_on(cast: Cli) -> None:
    cast.out("pause", "mapping", "news", "--reason", "a crisis")
    end = cast.arrive("We are hiring", walked=False)
    since = cast.data("pause")[0]["since"]
    [way] = cast.data("explain", end)["ways"]

    assert way["paused"] == {
        "what": "the mapping news", "since": since, "reason": "a crisis", "do": "chappe resume mapping news"
    }  # fmt: skip
    said = cast.out("explain", end)
    assert "The mapping news is paused since" in said
    assert "(a crisis): the post goes on when it is resumed, by `chappe resume mapping news`." in said
    assert "\nnews, from blog (not taken yet)\nThe mapping" in said
    assert "Paused since" not in said
    assert cast.data("explain")[0]["before"] == {"paused": 1}
    assert cast.out("explain").rstrip().endswith("1 paused")
    cast.out("resume", "mapping", "news")
    assert cast.data("explain")[0]["before"] == {"on_its_way": 1}


def test_what_waits_at_a_node_is_not_said_to_be_planned_for_nobody(cast: Cli) -> None:
    steady = "  rest: {kind: steady, from: jobs, for: 10m}\nsinks:"
    later = MAPPING.replace("sinks:", steady, 1).replace("from: jobs\n", "from: rest\n")
    cast.out("apply", cast.write("later.yaml", later))
    cast.arrive("We are hiring")

    assert cast.data("explain")[0]["before"] == {"held": 1}
    assert cast.out("explain").rstrip().endswith("1 held")


def test_the_doctor_says_what_fails_and_what_to_do(bare: Cli) -> None:
    bare.folder.mkdir()
    result = bare.run("doctor")

    assert result.exit_code == 1
    assert f"There is no database at {bare.folder}/chappe.db: run `chappe init`" in " ".join(result.stdout.split())
    assert "key file" in result.stdout
    assert result.stdout.splitlines()[-1] == "2 failures."


@pytest.mark.parametrize(("mode", "verdict"), [(0o644, "fail"), (0o600, "ok")])
def test_the_doctor_looks_at_who_may_read_the_key_file(cli: Cli, mode: int, verdict: str) -> None:
    (cli.folder / "chappe.key").chmod(mode)
    result = cli.run("doctor")
    [line] = [line for line in result.stdout.splitlines() if line.split()[1:3] == ["key", "file"]]

    assert line.startswith(verdict)


@pytest.mark.parametrize(
    ("folder", "mode", "verdict"), [(0o711, 0o644, "warn"), (0o700, 0o644, "ok"), (0o755, 0o600, "ok")]
)
def test_the_doctor_looks_at_who_may_read_the_database_wherever_it_lies(
    cli: Cli, folder: int, mode: int, verdict: str
) -> None:
    elsewhere = cli.folder / "elsewhere"
    elsewhere.mkdir()
    file = elsewhere / "chappe.db"
    shutil.copy(cli.folder / "chappe.db", file)
    file.chmod(mode)
    elsewhere.chmod(folder)
    result = cli.run("doctor", CHAPPE_DATABASE_URL=f"sqlite:///{file}")
    [line] = [line for line in result.stdout.splitlines() if line.split()[1:2] == ["permissions"]]

    assert line.startswith(verdict)


def test_the_doctor_finds_a_port_in_use(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = cli.run("doctor", CHAPPE_PORT=str(taken.getsockname()[1]))

    assert result.exit_code == 1
    assert "Address already in use" in result.stdout
