"""The sizes that keep the code readable: every budget of the house, each as a number."""

from __future__ import annotations

import re

from tests.house import tree

FILE_LINES = 400
CONNECTOR_FILE_LINES = 300
FUNCTION_LINES = 50
TEST_FUNCTION_LINES = 40
GENERATED = {f"docs/examples/client/chappe_client/{name}.py" for name in ("calls", "models")}
PATCHES_PER_HUNDRED_TESTS = 3

_PATCH = re.compile(r"monkeypatch\.(?:setattr|delattr|setitem|delitem)|(?:mock|mocker)\.patch|(?<![.\w])patch\(")
# Rules that a comment may not silence where they are broken: complexity, late imports, broad `except`, the clock
# and the network.
_HELD = {"ALL", "BLE001", "C901", "PLC0415", "TID251"}


def _sizes(*folders: str) -> dict[str, int]:
    return {module.path: module.text.count("\n") for module in tree.modules(*folders)}


def test_no_python_file_is_longer_than_its_budget() -> None:
    sizes = _sizes(*tree.PACKAGES, "tests", "bench", "docs", "alembic", ".ci")
    too_long = {
        path: size
        for path, size in sizes.items()
        if path not in GENERATED and size > (CONNECTOR_FILE_LINES if path.startswith("connectors/") else FILE_LINES)
    }

    assert sizes
    assert too_long == {}


def test_no_function_is_longer_than_its_budget() -> None:
    too_long = {
        module.at(function): tree.lines(function)
        for module in tree.modules(*tree.PACKAGES, "bench", "docs", ".ci", "tests")
        for function in module.functions
        if tree.lines(function) > FUNCTION_LINES
    }

    assert too_long == {}


def test_no_test_is_longer_than_its_budget() -> None:
    too_long = {
        module.at(function): tree.lines(function)
        for module, function in tree.tests()
        if tree.lines(function) > TEST_FUNCTION_LINES
    }

    assert too_long == {}


def test_tests_hand_collaborators_in_instead_of_patching() -> None:
    patches = {module.path: len(_PATCH.findall(module.text)) for module in tree.modules("tests")}
    patches.pop("tests/house/test_budgets.py")
    allowed = PATCHES_PER_HUNDRED_TESTS * len(list(tree.tests())) / 100

    assert sum(patches.values()) <= allowed, {path: count for path, count in patches.items() if count}


def test_no_comment_silences_a_rule_that_holds_the_house() -> None:
    silenced = {
        f"{module.path}:{number}": line.strip()
        for module in tree.modules(*tree.PACKAGES)
        for number, line in enumerate(module.text.splitlines(), 1)
        if (found := re.search(r"#\s*noqa(?::\s*([A-Z0-9, ]+))?", line))
        and _HELD & set(re.split(r"[, ]+", found[1] or "ALL"))
    }

    assert silenced == {}
