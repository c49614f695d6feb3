"""Mappings in git from the command line: added, synced, looked at, and written out again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.api.cli.conftest import MAPPING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.cli.conftest import Cli

JOBS = MAPPING.replace("mapping: news", "mapping: jobs").replace("News to", "${WHAT} for")


@pytest.fixture
def kept(cast: Cli, tmp_path: Path) -> Path:
    """Give a folder with two mappings and a values file, added as a repository."""
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "news.yaml").write_text(MAPPING.replace("hiring", "jobs"))
    (folder / "jobs.yaml").write_text(JOBS)
    (folder / "prod.yaml").write_text("WHAT: Jobs\n")
    cast.out("sync", "add", str(folder), "--values", "prod.yaml", "--every", "1m")
    return folder


def test_a_dry_run_shows_what_a_sync_then_does(cast: Cli, kept: Path) -> None:
    [dry] = cast.data("sync", "--dry-run")
    assert {(each["mapping"], each["what"]) for each in dry["differences"]} == {("jobs", "new"), ("news", "changed")}
    assert [each["name"] for each in cast.data("status")["mappings"]] == ["news"]

    [done] = cast.data("sync")

    assert (done["repository"], done["commit"], done["state"]) == ("kept", dry["commit"], "applied")
    assert {(each["mapping"], each["what"]) for each in done["mappings"]} == {("jobs", "new"), ("news", "changed")}
    assert "Jobs for partners" in [each["title"] for each in cast.data("status")["mappings"]]
    [listed] = cast.data("sync", "list")
    assert (listed["commit_id"], listed["every_s"], listed["hook"]) == (dry["commit"], 60, False)


def test_a_commit_with_errors_says_which_line_and_changes_nothing(cast: Cli, kept: Path) -> None:
    cast.out("sync")
    (kept / "jobs.yaml").write_text(JOBS.replace("acme-hook", "acme-hok"))

    said = cast.run("sync", "now", "kept")

    assert said.exit_code == 3
    assert "jobs.yaml:15:16  CH301  sinks.partners.accounts[0]  There is no account “acme-hok”." in said.stdout
    [now] = cast.data("sync", "status")
    assert [run["state"] for run in now["runs"]] == ["failed", "applied"]
    shown = cast.out("sync", "status", "kept")
    assert "failed" in shown
    assert "CH301" in shown


def test_drift_and_files_that_have_gone_are_shown_until_they_are_pruned(cast: Cli, kept: Path) -> None:
    cast.out("sync")
    assert "news is kept in the repository kept (news.yaml)" in cast.out("apply", cast.write("news.yaml", MAPPING))
    (kept / "jobs.yaml").unlink()
    (kept / "prod.yaml").write_text("OTHER: x\n")
    said = cast.out("sync", "now")
    assert "now again as in the repository: news" in said
    assert "CH602" in said
    assert "The file of jobs is there no more; the mapping runs on." in said
    [now] = cast.data("sync", "status")
    assert [(each["mapping"], each["changed"], each["gone"]) for each in now["mappings"]] == [
        ("jobs", False, True),
        ("news", False, False),
    ]

    assert "the mapping would be removed" in cast.out("sync", "now", "--dry-run", "--prune")
    assert "Removed jobs" in cast.out("sync", "now", "--prune")
    [pruned] = cast.data("sync", "status")
    assert pruned["runs"][0]["state"] == "applied"
    assert pruned["runs"][0]["detail"].endswith("Removed: jobs.")
    assert [each["name"] for each in cast.data("status")["mappings"]] == ["news"]
    assert cast.data("sync", "remove", "kept", "--yes") == {"removed": "kept"}
    assert cast.data("sync", "list") == []


def test_what_cannot_be_a_repository_is_refused(made: Cli) -> None:
    assert "over https" in made.refused(2, "sync", "add", "git@git.example.org:acme.git")
    assert "There is no folder nowhere" in made.refused(4, "sync", "add", "nowhere")


def test_a_private_host_and_a_secret_that_is_not_set_are_said_and_a_webhook_has_a_secret(cast: Cli) -> None:
    added = cast.data("sync", "add", "https://127.0.0.1/acme.git", "--branch", "feature/x")
    assert (added["name"], added["branch"]) == ("acme", "feature/x")
    cast.out("sync", "add", "https://git.example.org/b.git", "--secret", "git-token", "--name", "private")

    said = cast.run("sync", "now", "acme")
    assert said.exit_code == 1
    assert "127.0.0.1, which is not a public address" in said.stdout
    hook = cast.data("sync", "hook", "acme")
    assert hook["path"] == f"/hooks/git/{added['id']}"
    assert re.fullmatch(r"[\w-]{43}", hook["secret"])
    assert cast.data("sync", "hook", "acme")["secret"] != hook["secret"]
    assert cast.data("sync", "list")[0]["hook"]


def test_what_is_exported_says_the_same_when_it_is_applied(cast: Cli, kept: Path, tmp_path: Path) -> None:
    (kept / "jobs.yaml").write_text("# Ours alone.\n" + JOBS.replace("News", "$${News}"))
    cast.out("sync")
    there = tmp_path / "out"

    written = cast.data("export", "--all", "-o", str(there))

    assert [(each["mapping"], each["what"]) for each in written] == [("jobs", "new"), ("news", "new")]
    assert (there / "jobs.yaml").read_text().startswith("# Ours alone.\n")
    assert {each["what"] for each in cast.data("apply", str(there))["mappings"]} == {"unchanged"}
    assert cast.out("export", "news") == (there / "news.yaml").read_text()
    (there / "news.yaml").write_text("mine")
    assert "news.yaml: there already" in cast.refused(5, "export", "--all", "-o", str(there))
    assert [each["what"] for each in cast.data("export", "--all", "-o", str(there), "--force")] == [
        "unchanged",
        "changed",
    ]
    assert "Name mappings, or say --all" in cast.refused(2, "export")
    assert "There is no mapping nws in this workspace. Did you mean `news`?" in cast.refused(4, "export", "nws")
