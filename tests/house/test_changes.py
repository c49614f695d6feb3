"""Every fragment in changes/ can be put into the list of changes as it is."""

from __future__ import annotations

import re

from tests.house import tree

KINDS = {"added", "changed", "fixed", "removed", "security", "breaking"}

_FRAGMENTS = [path for path in tree.committed() if path.startswith("changes/") and path != "changes/README.md"]


def test_there_is_something_to_tell() -> None:
    assert _FRAGMENTS


def test_a_fragment_names_its_kind() -> None:
    kinds = {path: re.fullmatch(r"changes/[a-z0-9]+(?:-[a-z0-9]+)*\.([a-z]+)\.md", path) for path in _FRAGMENTS}

    assert [path for path, kind in kinds.items() if kind is None or kind[1] not in KINDS] == []


def test_a_fragment_is_a_sentence_for_a_person() -> None:
    firsts = {path: tree.text_of(path).split("\n\n")[0].strip() for path in _FRAGMENTS}

    assert [path for path, first in firsts.items() if not (re.match(r"[A-Z`]", first) and first.endswith("."))] == []


def test_a_breaking_change_says_what_to_do() -> None:
    breaking = [path for path in _FRAGMENTS if path.endswith(".breaking.md")]

    assert [path for path in breaking if not re.search(r"^Migration: .+", tree.text_of(path), re.MULTILINE)] == []


def test_the_readme_names_every_kind() -> None:
    named = set(re.findall(r"^- `(\w+)`", tree.text_of("changes/README.md"), re.MULTILINE))

    assert named == KINDS
