"""What may be committed: nothing large, nothing unfinished, and no address of a registry or path of a machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.house import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BYTES = 1_000_000

# Each is put together from pieces, so that this file does not name what it looks for. The people of the samples may
# have a home, and a field of a page may show what to write into it.
_REGISTRY = re.compile(
    "|".join(
        (
            r"\bpypi\." + "org",
            r"pythonhosted\." + "org",
            r"registry\.npmjs\." + "org",
            r"registry\.yarnpkg\." + "com",
            r"deb\.debian\." + "org",
            r"proxy\.golang\." + "org",
            "--(?:extra-)?index-" + "url",
            "--find-" + "links",
        )
    )
)
_MACHINE_PATH = re.compile(
    r"(?<![\w.$}/-])/(?:work|root|opt/pypi|opt/wheels|(?:home|Users)/(?!lea\b|karim\b|chappe\b)\w+)" + r"(?:/|\b)"
)
_UNFINISHED = re.compile(
    "|".join((r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bXX" + r"X\b", r"\bHA" + r"CK\b"))
    + "|"
    + "|".join((r"(?i:\bst" + r"ub(?:bed)?\b)", "(?i:place" + "holder(?!=))", r"(?i:\bfor " + r"now\b)")),
)
# The lint's own settings name the marks that they refuse; stubs of types are a thing of their own.
_MAY_NAME_MARKS = {"pyproject.toml", "tests/house/test_repository.py", "requirements-dev.txt"}


def _found(pattern: re.Pattern[str], skipped: frozenset[str] | set[str] = frozenset()) -> Iterator[str]:
    for path in tree.committed():
        if path not in skipped:
            for number, line in enumerate(tree.text_of(path).splitlines(), 1):
                if match := pattern.search(line):
                    yield f"{path}:{number} {match[0]}"


def test_no_file_names_a_registry() -> None:
    assert list(_found(_REGISTRY)) == []


def test_no_file_names_a_path_of_a_machine() -> None:
    assert list(_found(_MACHINE_PATH)) == []


def test_nothing_is_marked_as_unfinished() -> None:
    assert list(_found(_UNFINISHED, _MAY_NAME_MARKS)) == []


def test_no_committed_file_is_large() -> None:
    large = {path: size for path in tree.committed() if (size := (tree.ROOT / path).stat().st_size) > LARGEST_BYTES}

    assert large == {}


def test_no_folder_of_tests_or_migrations_is_a_package() -> None:
    assert [path for path in tree.committed() if re.match(r"(?:tests|alembic)/(?:.*/)?__init__\.py$", path)] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (_REGISTRY, "from https://files.pythonhosted." + "org/packages/x"),
        (_REGISTRY, "pip install --index-" + "url=x"),
        (_MACHINE_PATH, "open('/wo" + "rk/main/x')"),
        (_MACHINE_PATH, "see /ro" + "ot/.cache"),
        (_UNFINISHED, "# TO" + "DO: x"),
        (_UNFINISHED, "# good enough for " + "now"),
    ],
)
def test_the_checks_see_what_they_look_for(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)
