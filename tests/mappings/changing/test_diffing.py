"""Differences between documents: nodes, arrows and settings, and nothing for what means the same."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from mappings.changing.diffing import Arrow, Setting, diff, shown
from mappings.reading.loading import load

GOOD = (Path(__file__).parents[1] / "samples" / "good.yaml").read_text()


def document() -> dict[str, Any]:
    read = load(GOOD, "good.yaml").data
    assert read is not None
    return copy.deepcopy(read)


def test_the_same_said_otherwise_does_not_differ() -> None:
    before, after = document(), document()
    after["sinks"] = dict(reversed(after["sinks"].items()))
    after["canvas"] = {"page": {"x": 1, "y": 2}}
    for node in after["sinks"].values():
        node["from"] = [node["from"]]

    assert not diff(before, after)


def test_a_setting_is_named_by_its_path_old_and_new() -> None:
    before, after = document(), document()
    after["timezone"] = "Europe/Berlin"
    after["sinks"]["linkedin"]["spread"] = "2h"
    after["sinks"]["linkedin"]["variants"][1] = "Otherwise."
    del after["sinks"]["linkedin"]["approval"]
    found = diff(before, after)

    assert found.settings == (Setting("timezone", "Europe/Paris", "Europe/Berlin"),)
    [node] = found.nodes
    assert (node.path, node.kind, node.what) == ("sinks.linkedin", "linkedin_member", "changed")
    assert [setting.path for setting in node.settings] == ["spread", "variants", "approval"]
    assert node.settings[2] == Setting("approval", "person", None)
    assert shown(None) == "nothing"


def test_nodes_and_arrows_come_and_go() -> None:
    before, after = document(), document()
    gone = after["sinks"].pop("linkedin")
    after["sinks"]["board"] = {"kind": "webhook", "from": "page", "url": "https://example.org"}
    found = diff(before, after)

    assert [(node.path, node.what) for node in found.nodes] == [("sinks.board", "added"), ("sinks.linkedin", "removed")]
    assert found.arrows_added == (Arrow("page", "board"),)
    assert found.arrows_removed == (Arrow(gone["from"], "linkedin"),)


def test_against_nothing_all_of_it_is_new() -> None:
    found = diff(None, document())
    assert {node.what for node in found.nodes} == {"added"}
    assert not found.arrows_removed


def test_one_is_not_true() -> None:
    assert diff({"sinks": {"a": {"n": 1}}}, {"sinks": {"a": {"n": True}}})
