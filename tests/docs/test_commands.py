"""Every command that a page or a sentence of ours names exists, with its options."""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from api.cli.main import COMMANDS, LazyGroup
from tests.house import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGES = [path for path in tree.committed() if path.endswith(".md")]
_INLINE = re.compile(r"`(chappe [^`]+)`")
_GROUP: Any = LazyGroup(name="chappe")


def _of_a_page(path: str) -> Iterator[str]:
    """Give the commands of a page: the lines of its blocks, and those in its sentences."""
    text = tree.text_of(path)
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    yield from (line for block in blocks for line in block.splitlines() if line.startswith("chappe "))
    yield from _INLINE.findall(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def _of_a_module(text: ast.Module) -> Iterator[str]:
    """Give the commands in the sentences of a module; what is filled in when it runs stands as `X`."""
    for node in ast.walk(text):
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values]
            yield from re.findall(r"[`(](chappe [a-z][^`)]+)[`)]", "".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"[`(](chappe [a-z][^`)]+)[`)]", node.value)


def unknown(line: str) -> str:
    """Return what of a command does not exist; nothing where all of it does."""
    words = _words(line)
    command = _command(words[1])
    rest = words[2:]
    while command is not None and getattr(command, "commands", None) and rest and not rest[0].startswith("-"):
        command, rest = command.commands.get(rest[0]), rest[1:]
    if command is None:
        return f"{line}: no such command"
    options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help"}
    wrong = [word for word in rest if word.startswith("-") and word.partition("=")[0] not in options]
    return f"{line}: {', '.join(wrong)}" if wrong else ""


@cache
def _command(name: str) -> Any:
    return _GROUP.get_command(None, name) if name in COMMANDS else None


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # a sentence that goes on behind a quotation mark
        return line.split()


def test_a_page_names_commands_and_options_that_exist() -> None:
    named = [
        (path, line)
        for path in _PAGES
        for line in _of_a_page(path)
        if line.split()[1].isidentifier() and line.split()[1].islower()
    ]

    assert [(path, wrong) for path, line in named if (wrong := unknown(line))] == []


def test_our_sentences_name_commands_and_options_that_exist() -> None:
    said = {
        line: module.path
        for module in tree.modules("api", "connectors", "engine", "mappings")
        for line in _of_a_module(module.tree)
    }

    assert {path: wrong for line, path in said.items() if (wrong := unknown(line))} == {}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("chappe apps set x --secret client_secret=@x.txt", ""),
        ("chappe apps set x --set version=1", "--set"),
        ("chappe app set x", "no such command"),
        ("chappe deliveries aprove 1f", "no such command"),
    ],
)
def test_the_check_sees_what_it_looks_for(line: str, wrong: str) -> None:
    assert wrong in unknown(line)
    assert bool(unknown(line)) == bool(wrong)


def test_the_tour_of_the_readme_stays_in_the_folder_of_its_workspace() -> None:
    blocks = re.findall(r"^```\w*\n(.*?)^```$", tree.text_of("README.md"), re.MULTILINE | re.DOTALL)
    assert any("chappe init" in block for block in blocks)
    assert [line for block in blocks for line in block.splitlines() if line.startswith("cd ")] == []
