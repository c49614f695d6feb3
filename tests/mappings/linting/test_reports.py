"""Findings for other tools: SARIF as its schema wants it, and workflow commands that nothing in a finding breaks."""

from __future__ import annotations

import pytest

from mappings.findings import Finding, Severity
from mappings.linting.reports import sarif, workflow_commands
from mappings.rules import RULES

SLIP = Finding("a b.yaml", 3, 7, "CH101", "sinks.hook.ulr", "`ulr` is not a key.")
IDLE = Finding("b.yaml", 2, 1, "CH203", "sources.blog", "100%\nidle", Severity.WARNING)


def test_a_log_names_each_rule_once_and_points_to_it() -> None:
    log = sarif([SLIP, IDLE, SLIP], "1.2.3")
    [run] = log["runs"]
    driver = run["tool"]["driver"]

    assert log["version"] == "2.1.0"
    assert (driver["name"], driver["version"]) == ("chappe", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["CH101", "CH203"]
    assert [result["ruleIndex"] for result in run["results"]] == [0, 1, 0]
    assert all(driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert [rule["help"]["text"] for rule in driver["rules"]] == [RULES["CH101"].remedy, RULES["CH203"].remedy]


def test_a_rule_brings_its_explanation_remedy_and_mended_example() -> None:
    [run] = sarif([SLIP], "1")["runs"]
    shown = run["tool"]["driver"]["rules"][0]["help"]["markdown"]

    rule = RULES["CH101"]
    assert shown.startswith(f"# CH101 Unknown key\n\n{rule.explanation}\n\n{rule.remedy}\n\nRefused:\n\n```text\n")
    assert shown.endswith(f"\n\nMended:\n\n```yaml\n{rule.mended.strip()}\n```")


def test_a_result_says_where_and_how_bad() -> None:
    [run] = sarif([SLIP, IDLE], "1")["runs"]
    first, second = run["results"]

    assert first["message"] == {"text": "`ulr` is not a key."}
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b.yaml"},
                "region": {"startLine": 3, "startColumn": 7},
            },
            "logicalLocations": [{"fullyQualifiedName": "sinks.hook.ulr"}],
        }
    ]
    assert (first["level"], second["level"]) == ("error", "warning")


def test_no_findings_are_a_log_with_no_results() -> None:
    assert sarif([], "1")["runs"][0]["results"] == []


@pytest.mark.parametrize(
    ("file", "sentence", "said"),
    [
        ("a.yaml", "Fine.", "::error file=a.yaml,line=1,col=2,title=CH101 Unknown key::Fine. See"),
        ("a,b:c.yaml", "Fine.", "::error file=a%2Cb%3Ac.yaml,line=1,col=2,title="),
        ("a.yaml", "50%, a:b\r\n::stop", "title=CH101 Unknown key::50%25, a:b%0D%0A::stop See `chappe lint"),
    ],
)
def test_a_command_is_one_line_that_nothing_ends_early(file: str, sentence: str, said: str) -> None:
    [line] = workflow_commands([Finding(file, 1, 2, "CH101", "x", sentence)])

    assert said in line
    assert "\n" not in line
