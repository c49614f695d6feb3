"""The examples for continuous integration: their commands exist, their shell can be run, and the comment is written."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.docs.test_commands import unknown
from tests.house import tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = tree.ROOT / "docs" / "examples" / "ci"
KEYS = {"run", "script", "after_script"}


def scripts(value: Any) -> Iterator[str]:
    """Give the shell of a workflow, line by line."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in KEYS:
                yield from [inner] if isinstance(inner, str) else inner
            else:
                yield from scripts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from scripts(inner)


@pytest.mark.parametrize("name", ["github.yaml", "gitlab.yaml"])
def test_an_examples_commands_exist(name: str) -> None:
    lines = list(scripts(yaml.safe_load((FOLDER / name).read_text())))
    ours = [line for line in lines if line.startswith("chappe ")]

    assert {line.split()[1] for line in ours} == {"lint", "test"}
    assert [found for line in ours if (found := unknown(line))] == []
    assert "sh ci/plan.sh mappings/ --values prod.yaml" in lines
    shell = "\n".join(lines).encode()
    assert subprocess.run(["/bin/sh", "-n"], input=shell, check=False).returncode == 0


@pytest.mark.parametrize(("code", "shown"), [(0, "    news changed\n"), (3, "    news changed\n")])
def test_the_comment_holds_what_the_plan_says_and_the_job_ends_as_it_does(
    tmp_path: Path, code: int, shown: str
) -> None:
    (tmp_path / "chappe").write_text(f'#!/bin/sh\necho "$@" > asked\necho "news changed"\nexit {code}\n')
    (tmp_path / "chappe").chmod(0o700)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    command = ["/bin/sh", str(FOLDER / "plan.sh"), "mappings/", "--values", "prod.yaml"]

    ended = subprocess.run(command, cwd=tmp_path, env={"PATH": path}, check=False)

    assert ended.returncode == code
    assert (tmp_path / "plan.md").read_text() == f"### What this change does to the mappings\n\n{shown}"
    assert unknown(f"chappe {(tmp_path / 'asked').read_text().strip()}") == ""


def test_the_hooks_for_pre_commit_run_commands_that_exist() -> None:
    hooks = yaml.safe_load((tree.ROOT / ".pre-commit-hooks.yaml").read_text())

    assert [hook["id"] for hook in hooks] == ["chappe-lint", "chappe-test"]
    assert [unknown(f"{hook['entry']} mappings/news.yaml") for hook in hooks] == ["", ""]
