"""Changing a mapping on the command line: planned, applied as planned, gone back, compared, laid out, drawn."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from api.cli.plan_shown import show_plan
from mappings.changing.diffing import Diff
from mappings.changing.planning import Held, MappingPlan, Plan
from tests.api.cli.conftest import MAPPING
from tests.house import tree

if TYPE_CHECKING:
    import pytest

    from tests.api.cli.conftest import Cli

_OF_TODAY = re.compile(r"\b20[0-9]{2}\b|Plan [0-9a-f]{12}|WHEN")
HELD = MAPPING.replace("operators:\n", "operators:\n  later: {kind: delay, from: jobs, for: 2h}\n").replace(
    "    from: jobs\n    accounts", "    from: later\n    accounts"
)


def test_a_plan_tells_what_differs_and_changes_nothing(cast: Cli) -> None:
    changed = MAPPING.replace("[hiring]", "[jobs]").replace("    audience: ambassadors\n", "    account: acme-hook\n")
    said = cast.out("plan", cast.write("news.yaml", changed))

    assert "news: version 1 → 2" in said
    assert "  ~ operators.jobs (keep)\n      any[0].text.contains: hiring → jobs\n" in said
    assert "  sinks.friends: 1 account now, new acme-hook, no longer lea-hook\n" in said
    assert "1 mapping to change, 0 unchanged. Plan " in said
    assert [each["number"] for each in cast.data("history", "news")] == [1]


def test_a_plan_counts_tests_and_marks_what_is_new(cast: Cli) -> None:
    tests = "".join(
        f"  - {{name: {name}, given: {{blog: hiring}}, expect: {{partners: {{count: 1}}}}}}\n" for name in ("a", "b")
    )
    file = cast.write("news.yaml", f"{MAPPING}timezone: Europe/Paris\ntests:\n{tests}")
    said = cast.out("plan", file)
    assert "  + timezone: Europe/Paris\n  + 2 tests\n" in said
    assert "tests[" not in said
    cast.out("apply", file)
    cast.write("news.yaml", f"{MAPPING}tests:\n{tests.replace('count: 1', 'count: 2')}")
    assert "  - timezone: Europe/Paris\n  ~ tests changed: 2\n" in cast.out("plan", file)


def test_posts_that_wait_at_a_node_stay_there(capsys: pytest.CaptureFixture[str]) -> None:
    held = (Held("later", 2, "stay"),)
    show_plan(Plan("p", (MappingPlan("news", "news.yaml", "changed", 2, 1, Diff(), (), held, ()),), (), {}, {}))
    assert "2 posts wait at later: they stay, and the node looks at them again.\n" in capsys.readouterr().out


def test_a_replay_shows_what_would_have_gone_out_otherwise(cast: Cli) -> None:
    cast.arrive("we are hiring")
    cast.arrive("lunch for all")
    file = cast.write("news.yaml", MAPPING.replace("[hiring]", "[lunch]"))
    [mapping] = cast.data("plan", file, "--replay", "7d")["mappings"]
    said = cast.out("plan", file, "--replay", "7d")

    assert mapping["replay"]["posts"] == 2
    assert [(one["mark"], (one["before"] or one["after"])["account"]) for one in mapping["replay"]["differences"]] == [
        ("-", "lea-hook"), ("-", "acme-hook"), ("+", "lea-hook"), ("+", "acme-hook"),
    ]  # fmt: skip
    assert "the version that runs: 2 out, 1 dropped, 0 still waiting\n" in said
    assert "--replay takes a time such as 7d" in cast.refused(2, "plan", file, "--replay", "long")


def test_apply_takes_the_plan_that_was_shown_and_refuses_a_stale_one(cast: Cli) -> None:
    file = cast.write("news.yaml", MAPPING.replace("[hiring]", "[jobs]"))
    kept = str(cast.folder / "plan.json")
    shown = cast.data("plan", file, "--out", kept)["plan"]
    cast.out("accounts", "add", "webhook", "ada-hook", "--set", "url=https://hooks.example.org/a", "--person", "Léa")

    assert cast.data("apply", "--plan", kept)["plan"] == shown
    said = cast.refused(5, "apply", "--plan", kept)
    assert said.startswith("chappe: The plan does not hold any more. Of news version 2 runs now, and it was version 1.")
    assert f"The plan {shown} does not hold any more" in cast.refused(5, "apply", file, "--plan", shown)
    now = cast.data("plan", file)["plan"]
    assert cast.data("apply", file, "--plan", now)["mappings"][0]["what"] == "unchanged"
    assert "Say what to apply" in cast.refused(2, "apply", "--plan", now)


def test_a_plan_does_not_hold_once_a_sink_reaches_others(cast: Cli) -> None:
    kept = str(cast.folder / "plan.json")
    cast.out("plan", cast.write("news.yaml", MAPPING.replace("[hiring]", "[jobs]")), "--out", kept)
    cast.out("people", "consent", "give", "Karim", "--evidence", "mail of 4 May")

    assert "news.friends reaches karim-hook too." in cast.refused(5, "apply", "--plan", kept)


def test_a_node_that_holds_posts_goes_away_only_with_a_yes(cast: Cli) -> None:
    cast.out("apply", cast.write("news.yaml", HELD))
    cast.arrive("we are hiring")
    file = cast.write("news.yaml", MAPPING)

    assert "nobody is there to answer" in cast.refused(1, "apply", file)
    asked = cast.run("apply", file, given="n\n")
    assert (asked.exit_code, "1 post at news.later would lose the node" in asked.output) == (1, True)
    assert len(cast.data("history", "news")) == 2
    assert "Applied." in cast.out("apply", file, "--yes")


def test_rollback_applies_an_older_version_and_history_tells_it(cast: Cli) -> None:
    cast.out("apply", cast.write("news.yaml", MAPPING.replace("[hiring]", "[jobs]")))
    dry = cast.out("rollback", "news", "--dry-run")
    assert "any[0].text.contains: jobs → hiring" in dry
    assert cast.data("rollback", "news", "1", "--yes")["mappings"][0]["version"] == 3
    told = cast.data("history", "news")

    assert [(one["number"], one["current"], one["made_by"], one["changes"]) for one in told] == [
        (3, True, "Ada", "changes operators.jobs"),
        (2, False, "Ada", "changes operators.jobs"),
        (1, False, "Ada", "The first version."),
    ]
    assert told[0]["origin"] == "rollback to version 1"
    assert cast.data("diff", "news@1", "news@3")["same"]
    assert "~ operators.jobs (keep)" in cast.out("diff", "news@2", "news")
    assert "has no version 9: its newest is 3" in cast.refused(4, "rollback", "news", "9", "--yes")


def test_files_are_compared_laid_out_and_drawn_without_a_database(bare: Cli) -> None:
    bare.folder.mkdir()
    messy = bare.write("a.yaml", MAPPING.replace("kind: webhook\n    from: jobs\n", "from: jobs\n    kind: webhook\n"))
    tidy = bare.write("b.yaml", MAPPING)

    assert bare.data("diff", messy, tidy)["same"]
    assert bare.run("fmt", messy, "--check").stdout.splitlines()[0] == f"{messy} would change."
    assert json.loads(bare.run("fmt", messy, "--json").stdout)["changed"] == [messy]
    assert bare.out("fmt", messy, "--check") == "1 file: none to format.\n"
    assert ET.fromstring(bare.out("graph", tidy, "--format", "svg")).tag.endswith("svg")  # noqa: S314  # our own
    assert "n0 --> n1" in bare.out("graph", tidy)
    assert bare.data("graph", tidy)["columns"] == [["blog"], ["jobs"], ["partners", "friends"]]


def test_a_mapping_is_ended_with_what_waits_in_it(cast: Cli) -> None:
    cast.out("apply", cast.write("news.yaml", HELD))
    cast.arrive("we are hiring")

    asked = cast.run("mappings", "remove", "news", given="n\n")
    assert "1 post that waits in it is dropped." in asked.output
    assert cast.out("mappings", "remove", "news", "--yes") == "news has ended: 1 post dropped, 1 delivery cancelled.\n"
    assert cast.refused(4, "mappings", "remove", "news", "--yes").startswith("chappe: There is no mapping news")


def test_the_page_about_changing_mappings_shows_what_is_printed(cast: Cli) -> None:
    page = tree.text_of("docs/changing-mappings.md")
    blocks = re.findall(r"^```\n\$ chappe ([^\n]+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shown = {command: [line for line in text.splitlines() if line and not _OF_TODAY.search(line)]
             for command, text in blocks}  # fmt: skip
    for text in ("we are hiring a welder", "we are hiring, and lunch", "lunch for all"):
        cast.arrive(text)
    file, kept = cast.write("news.yaml", page.split("```yaml\n")[1].split("```")[0]), str(cast.folder / "news.plan")

    planned = cast.out("plan", file, "--replay", "7d", "--out", kept).splitlines()
    assert [line for line in shown["plan news.yaml --replay 7d"] if line not in planned] == []
    cast.out("apply", "--plan", kept)
    assert cast.refused(5, "apply", "--plan", kept).splitlines() == shown["apply --plan news.plan"]
    assert cast.out("diff", "news@1", "news@2").splitlines() == shown["diff news@1 news@2"]
