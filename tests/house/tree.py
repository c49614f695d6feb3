"""The files of the project and their syntax trees, as the house checks read them."""

from __future__ import annotations

import ast
import functools
import gc
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("engine", "connectors", "mappings", "api", "sandbox")


@dataclass(frozen=True)
class Module:
    """One Python file: its path from the root, its text, its tree, and the names that it imports."""

    path: str
    text: str
    tree: ast.Module
    names: dict[str, str]

    def dotted(self, node: ast.expr) -> str:
        """Return what a name or attribute stands for, such as `time.sleep` for `sleep` after its import."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            return f"{self.dotted(node.value)}.{node.attr}"
        return ""

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree: found once, since many checks look through them."""
        return tuple(ast.walk(self.tree))

    @functools.cached_property
    def calls(self) -> tuple[tuple[ast.Call, str], ...]:
        """Every call with the dotted name of what it calls."""
        return tuple((node, self.dotted(node.func)) for node in self.nodes if isinstance(node, ast.Call))

    @functools.cached_property
    def functions(self) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]:
        """Every function and method."""
        return tuple(node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def libraries(self) -> set[str]:
        """Return the top-level names that it imports."""
        plain = {alias.name for node in self.nodes if isinstance(node, ast.Import) for alias in node.names}
        members = {node.module or "" for node in self.nodes if isinstance(node, ast.ImportFrom)}
        return {name.split(".")[0] for name in plain | members}

    def at(self, node: ast.stmt | ast.expr | ast.ExceptHandler) -> str:
        """Return where a node stands, as `path:line`."""
        return f"{self.path}:{node.lineno}"


def parse(path: str, text: str) -> Module:
    """Return the module that a text makes."""
    syntax = ast.parse(text, path)
    return Module(path, text, syntax, dict(_imported(syntax)))


def modules(*folders: str) -> list[Module]:
    """Return the modules under these folders, in order of their paths."""
    return [module for module in _all() if module.path.split("/")[0] in folders]


def tests() -> Iterator[tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Give every test function with its module."""
    for module in modules("tests"):
        for function in module.functions:
            if function.name.startswith("test_"):
                yield module, function


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function takes, from its `def` to its end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


@functools.cache
def committed() -> tuple[str, ...]:
    """Return the files that git holds or would take, by their paths from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return tuple(sorted(path for path in set(listed.stdout.split("\0")) if path and (ROOT / path).is_file()))


@functools.cache
def text_of(path: str) -> str:
    """Return a file's text; a picture or an archive gives none."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@functools.cache
def _all() -> tuple[Module, ...]:
    gc.disable()  # the trees stay: looking among them for what can go takes longer than to parse them
    try:
        return tuple(parse(path, text_of(path)) for path in committed() if path.endswith(".py"))
    finally:
        gc.enable()


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
