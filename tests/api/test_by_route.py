"""No answer of the API tells its caller to type a command, where there is a route that does the same."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api import by_route
from api.by_route import HERE_ALONE, ROUTES, known, told, told_with_members

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(by_route.__file__).parents[1]
CALLED = ("api/actions", "connectors", "engine", "mappings")
"""Where the errors are raised that routes answer with."""

COMMAND = re.compile(r"`chappe ([^`]+)`?")
OPTION = re.compile(r"(?<![\w“-])--[a-z]+(?:-[a-z]+)*")
TYPED_IN = {
    "loopback.py", "hours.py", "exporting.py", "testing.py", "dump.py", "standing.py", "missed.py", "snapshots.py",
    "reports.py",
}  # fmt: skip
"""Whose options are of a command that no route stands for, or of another program, or are told of as what was typed."""


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Return each text of the code that may have commands, with the name of its file."""
    return tuple(chain.from_iterable(_texts(file) for folder in CALLED for file in (ROOT / folder).rglob("*.py")))


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    """Give each text of a file that is no docstring; what is put in is `{}`."""
    source = file.read_text(encoding="utf-8")
    if "`chappe " in source or OPTION.search(source):
        tree = ast.parse(source)
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        said |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
                yield file.name, "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                yield file.name, node.value


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "docs/reference/openapi.json").read_text(encoding="utf-8"))
    return read


def test_every_command_that_an_error_names_has_a_route_or_is_of_this_machine_alone() -> None:
    named = {command for _, text in texts() for command in COMMAND.findall(text)}

    assert len(named) > 40
    assert [command for command in named if known(command) is None] == []
    assert {known(command) for command in named} >= ROUTES.keys() - {"mail test", "status", "resume mapping"}


def test_every_route_that_stands_for_a_command_is_there(described: dict[str, Any]) -> None:
    ways = [told(f"`chappe {command}`").strip("`").split(" ") for command in ROUTES]

    assert [(method, path) for method, path in ways if method.lower() not in described["paths"].get(path, {})] == []


def test_every_option_that_an_error_names_is_a_member_of_what_is_sent(described: dict[str, Any]) -> None:
    shapes = described["components"]["schemas"].values()
    members = set(chain.from_iterable(shape.get("properties", {}) for shape in shapes))
    outside = ((name, COMMAND.sub("", text)) for name, text in texts() if name not in TYPED_IN and " " in text)
    said = {told_with_members(option).strip("`") for _, text in outside for option in OPTION.findall(text)}

    assert {"every", "name", "missed", "path"} <= said
    assert said - members == set()


def test_a_sentence_names_the_route_and_what_is_sent_to_it() -> None:
    here = "/api/v1/workspaces/{workspace}"

    assert told("Nobody. `chappe people add` adds one.") == f"Nobody. `POST {here}/people` adds one."
    assert told("`chappe apps set x` says who we are.") == f"`PUT {here}/apps/x` says who we are."
    assert told("`chappe secrets set 'a/b'`") == f"`PUT {here}/secrets/a%2Fb`"
    assert told("`chappe accounts connect x --person 'Léa Martin'`") == f"`POST {here}/accounts/connect`"
    assert told("Run `chappe migrate`: --now.") == "Run `chappe migrate`: --now."
    assert told_with_members("--missed is for `chappe resume mapping NAME --missed skip`, not “--x”.") == (
        f"`missed` is for `POST {here}/mappings/{{name}}/resume`, not “--x”."
    )
    assert HERE_ALONE.isdisjoint(ROUTES)
