"""Set-up says in a sentence why it cannot go on."""

from __future__ import annotations

import importlib.util
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.house import tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def setup() -> Any:
    """Load .ci/setup.py, which is a script outside every package."""
    spec = importlib.util.spec_from_file_location("chappe_setup", tree.ROOT / ".ci" / "setup.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    run = subprocess.run(
        ["/bin/sh", ".ci/setup.sh"],
        cwd=tree.ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert run.stderr.startswith("Set-up needs Python 3.11 or newer, and none was found")


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("NewConnectionError('<...>: Failed to resolve 'x'')", "The package index cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM x", "A downloaded package is not the one that was locked"),
        ("ERROR: No matching distribution found for x==1", "The package index has no file"),
        ("OSError: [Errno 28] No space left on device", "The disk is full."),
        ("something else", "The packages could not be installed."),
    ],
)
def test_what_pip_says_becomes_a_sentence(setup: Any, output: str, sentence: str) -> None:
    explained = setup.explain(f"before\n\n{output}\n")

    assert explained.startswith(sentence)
    assert explained.endswith(f"before\n{output}")


def test_another_lock_project_or_folder_makes_another_fingerprint(setup: Any, tmp_path: Path) -> None:
    lock, project = tmp_path / "lock", tmp_path / "project"
    lock.write_text("a")
    project.write_text("b")
    first = setup.fingerprint(lock, project, tmp_path)

    assert setup.fingerprint(lock, project, tmp_path) == first
    assert setup.fingerprint(lock, project, tmp_path / "moved") != first
    project.write_text("c")
    assert setup.fingerprint(lock, project, tmp_path) != first


def test_locked_names_are_compared_in_one_spelling(setup: Any) -> None:
    lock = "ruamel.yaml==0.19.1 \\\n    --hash=sha256:0\nPyYAML==6.0.3\nsqlalchemy[asyncio]==2.1.9\n"

    assert setup.names(lock) == {"ruamel-yaml", "pyyaml", "sqlalchemy"}


def test_the_lock_is_dealt_out_whole(setup: Any) -> None:
    lock = setup.LOCK.read_text(encoding="utf-8")

    shares = setup.shares(lock, 2)

    assert sorted(line for share in shares for line in share.splitlines()) == sorted(lock.splitlines())
    assert [setup.names(share) for share in shares] != [set(), set()]
    assert setup.names(shares[0]) | setup.names(shares[1]) == setup.names(lock)
