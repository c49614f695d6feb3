"""Files: what a path or a folder holds, and findings for what cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mappings.linting.lint import lint
from mappings.reading.files import read_files
from mappings.rules import RULES

if TYPE_CHECKING:
    from pathlib import Path

    from engine.contract.registry import Registry
    from mappings.findings import Rule, Tree


def test_a_folder_gives_its_yaml_files_in_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "notes.txt", ".hidden.yaml", "teams/c.yaml", ".git/d.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    files = read_files([tmp_path])
    assert files.contents == {
        str(tmp_path / "a.yml"): b"a.yml",
        str(tmp_path / "b.yaml"): b"b.yaml",
        str(tmp_path / "teams" / "c.yaml"): b"teams/c.yaml",
    }
    assert files.findings == []


def test_a_file_that_is_named_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "mapping.txt"
    path.write_bytes(b"\xff")
    assert read_files([path]).contents == {str(path): b"\xff"}


def test_what_is_not_there_is_a_finding(tmp_path: Path) -> None:
    files = read_files([tmp_path / "news.yaml", tmp_path])
    assert [str(finding) for finding in files.findings] == [
        f"{tmp_path}/news.yaml:1:1  CH305  .  This file cannot be read: No such file or directory.",
        f"{tmp_path}:1:1  CH305  .  There is no .yaml file in this folder.",
    ]


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1")
    (tmp_path / "again").symlink_to(tmp_path)
    assert list(read_files([tmp_path]).contents) == [str(tmp_path / "a.yaml")]


def test_of_a_file_without_end_only_the_beginning_is_read(tmp_path: Path, registry: Registry) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as stream:
        stream.truncate(5_000_000_000)
    content = read_files([path]).contents[str(path)]
    assert len(content) == 256_001
    assert [finding.code for finding in lint(content, "big.yaml", registry)] == ["CH002"]


@pytest.mark.parametrize("rule", [one for one in RULES.values() if one.tree and one.tree.what == "folder"])
def test_a_rule_about_folders_fails_and_is_mended_as_it_says(tmp_path: Path, rule: Rule) -> None:
    tree: Tree = rule.tree  # type: ignore[assignment]  # chosen above
    for shown, files in (("failing", tree.failing), ("mended", tree.mended)):
        (tmp_path / shown).mkdir()
        for name, text in files.items():
            (tmp_path / shown / name).write_text(text)
    failing, mended = read_files([tmp_path / "failing"]), read_files([tmp_path / "mended"])

    assert [(one.code, one.severity) for one in failing.findings] == [(rule.code, rule.severity)]
    assert (len(mended.contents), mended.findings) == (len(tree.mended), [])
