"""Workspaces on the command line: suspended, let in, exported, deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.api.cli.conftest import Cli


def test_a_workspace_is_suspended_let_in_exported_and_deleted(cast: Cli) -> None:
    suspended = cast.data("workspaces", "suspend")
    paused = [each["what"] for each in cast.data("status")["paused"]]
    back = cast.data("workspaces", "let-in")
    file = cast.folder / "acme.ndjson"
    wrote = cast.data("workspaces", "export", str(file))
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    again = cast.refused(5, "workspaces", "export", str(file))
    cast.out("workspaces", "delete", "--yes")

    assert suspended["suspended_at"]
    assert paused == ["the workspace"]
    assert back["suspended_at"] is None
    assert (lines[0]["workspace"], len(lines)) == ("acme", wrote["lines"])
    assert "File exists" in again
    assert "There is no workspace yet" in cast.refused(4, "status")


def test_settings_say_where_they_come_from(cast: Cli) -> None:
    shown = {each["name"]: (each["value"], each["source"]) for each in cast.data("settings")}

    assert shown["CHAPPE_DATA_DIR"] == (str(cast.folder), "environment")
    assert shown["CHAPPE_HOST"] == ("127.0.0.1", "default")
