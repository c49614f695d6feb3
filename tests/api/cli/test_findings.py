"""Remarks on the command line: with the place marked, for tools, and with what the workspace knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mappings.rules import RULES
from tests.api.cli.conftest import MAPPING

if TYPE_CHECKING:
    from tests.api.cli.conftest import Cli

SLIP = MAPPING.replace("contains", "contians")


def test_the_place_is_marked_under_its_line(bare: Cli) -> None:
    bare.folder.mkdir()
    file = bare.write("news.yaml", SLIP)
    result = bare.run("lint", file, "--format", "text")

    assert result.exit_code == 3
    assert result.stdout.splitlines() == [
        "error[CH101]: `contians` is not a key of `text`. Did you mean `contains`?",
        f"  --> {file}:10:16  operators.jobs.any[0].text.contians",
        "   |",
        "10 |       - text: {contians: [hiring]}",
        "   |                ^^^^^^^^",
        "   = Correct its spelling, or delete it. `chappe catalogue KIND` lists the settings of a kind.",
        "   = help: chappe lint --explain CH101",
        "",
        "1 file: 1 error.",
    ]


def test_wide_letters_before_the_place_move_the_mark_along(bare: Cli) -> None:
    bare.folder.mkdir()
    text = MAPPING.replace("kind: feed,", 'kind: feed, title: "採用",').replace("title: News", "title: 採用")
    result = bare.run("lint", bare.write("news.yaml", text), "--format", "text")
    shown = [line for line in result.stdout.splitlines() if line.endswith("^")]

    assert shown == ["  |                      ^^^^^"]


def test_other_tools_get_what_they_read(bare: Cli) -> None:
    bare.folder.mkdir()
    file = bare.write("news.yaml", SLIP)
    log = json.loads(bare.run("lint", file, "--format", "sarif").stdout)

    assert log["runs"][0]["results"][0]["ruleId"] == "CH101"
    assert bare.run("lint", file, "--format", "github").stdout.startswith(f"::error file={file},line=10,col=16,")
    assert bare.run("lint", file, "--format", "json").stdout == bare.run("lint", file, "--json").stdout
    assert "exclude each other" in bare.refused(2, "lint", file, "--json", "--format", "short")


def test_a_line_for_each_remark_tells_the_post_that_shows_it_too(bare: Cli) -> None:
    bare.folder.mkdir()
    rule = RULES["CH211"]
    file = bare.write("news.yaml", rule.failing)
    (line, _) = bare.out("lint", file, "--format", "short").splitlines()

    assert line.startswith(f"{file}:")
    assert line.endswith(rule.instance)


def test_check_looks_up_what_lint_cannot_know(cast: Cli) -> None:
    file = cast.write("other.yaml", MAPPING.replace("mapping: news", "mapping: other").replace("acme-hook", "acme-hok"))

    assert cast.out("lint", file) == "1 file: nothing to remark.\n"
    result = cast.run("check", file)
    assert result.exit_code == 3
    assert "CH301" in result.stdout
    assert [each["name"] for each in cast.data("status")["mappings"]] == ["news"]


def test_check_says_that_nobody_of_a_group_has_an_account(cast: Cli) -> None:
    cast.out("people", "group", "add", "editors")
    file = cast.write("news.yaml", MAPPING.replace("audience: ambassadors", "audience: editors"))

    [finding] = cast.data("check", file)["findings"]
    assert (finding["code"], finding["path"], finding["severity"]) == ("CH306", "sinks.friends.audience", "warning")


def test_a_code_is_explained_without_any_files(bare: Cli) -> None:
    said = bare.out("lint", "--explain", "ch602")
    assert "A value that nobody asks for" in said
    assert "values.yaml" in said
    assert bare.data("lint", "--explain", "CH602")["severity"] == "warning"


def test_what_is_no_code_is_not_explained(bare: Cli) -> None:
    answer = bare.run("lint", "--explain", "CH61")
    assert (answer.exit_code, "Did you mean" in answer.stderr) == (4, True)
    assert bare.run("lint").exit_code == 2
