"""CONTRIBUTING lists as rules only what has a check, and every check that it names exists."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from tests.house import tree

_PROJECT = tomllib.loads(tree.text_of("pyproject.toml"))["tool"]
_RULES, _SUGGESTIONS = re.split(r"^## (?:Rules|Suggestions)$", tree.text_of("CONTRIBUTING.md"), flags=re.MULTILINE)[1:]
_ITEMS = re.findall(r"^- .+(?:\n  .+)*", _RULES, re.MULTILINE)


def _checks(item: str) -> list[str]:
    _, _, named = " ".join(item.split()).partition(" Check: ")
    return re.findall(r"`([^`]+)`", named)


def _is_a_test(check: str) -> bool:
    path, _, name = check.partition("::")
    return f"def {name}(" in tree.text_of(path)


def _is_a_contract(check: str) -> bool:
    names = {contract["name"] for contract in _PROJECT["importlinter"]["contracts"]}
    return check.removeprefix("import-linter: ") in names


def _is_a_rule_of_ruff(check: str) -> bool:
    codes = check.removeprefix("ruff ").split(", ")
    ignored = tuple(_PROJECT["ruff"]["lint"]["ignore"])
    ruff = tree.ROOT / ".venv" / "bin" / "ruff"
    known = [subprocess.run([ruff, "rule", code], capture_output=True, check=False).returncode == 0 for code in codes]
    return all(known) and not any(code.startswith(ignored) for code in codes)


def _exists(check: str) -> bool:
    if check == "mypy strict":
        return _PROJECT["mypy"]["strict"] is True
    if check == "pytest filterwarnings":
        return "error" in _PROJECT["pytest"]["ini_options"]["filterwarnings"]
    if check.startswith("make "):
        return f"\n{check.removeprefix('make ')}:" in tree.text_of("Makefile")
    if check.startswith("import-linter: "):
        return _is_a_contract(check)
    return _is_a_rule_of_ruff(check) if check.startswith("ruff ") else _is_a_test(check)


@pytest.mark.parametrize("item", _ITEMS)
def test_every_rule_names_its_check_and_the_check_exists(item: str) -> None:
    assert _checks(item), "A rule without a check is a suggestion: name the check, or move it."
    assert [check for check in _checks(item) if not _exists(check)] == []


def test_every_test_of_sizes_and_boundaries_is_a_rule_that_is_written_down() -> None:
    checks = {check for item in _ITEMS for check in _checks(item)}
    held = {
        f"{module.path}::{function.name}"
        for module, function in tree.tests()
        if module.path in {"tests/house/test_budgets.py", "tests/house/test_boundaries.py"}
        and "the_checks_see" not in function.name
    }

    assert held - checks == set()


def test_suggestions_claim_no_check() -> None:
    assert "Check:" not in _SUGGESTIONS
    assert _SUGGESTIONS.count("\n- ") > 0


def test_an_unknown_check_is_noticed() -> None:
    assert not _exists("tests/house/test_budgets.py::test_nothing")
    assert not _exists("import-linter: Nothing")
    assert not _exists("ruff X999")
    assert not _exists("ruff EM101")
