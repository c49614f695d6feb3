"""One order and one layout for mapping files; comments stay with what they are about, and nothing is said otherwise.

The order is changed by moving whole lines, a key with its value and the comments above it, so that nothing inside them
is touched; then ruamel.yaml lays the document out anew: two spaces, and lists under their key.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any, Final

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.emitter import Emitter

from engine.errors import MappingError
from mappings.document import ROLES, MappingDocument
from mappings.findings import FindingsError
from mappings.reading.loading import load
from mappings.rules import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH: Final = 120

_TOP: Final = tuple(field.alias or name for name, field in MappingDocument.model_fields.items())
_FIRST: Final = ("kind", "from", "account", "accounts", "audience", "spread", "approval")
_LAST: Final = ("every", "steady", "first_run", "variants")
_OPEN: Final = frozenset({reading.PARAMETER.code})


class _Whole(Emitter):
    """Writes each text on its own lines and no others: what is long stands in a long line.

    A line ends only between the values of a list or mapping in brackets. Left to itself, ruamel.yaml breaks a text at
    the width, with a backslash where it must, and leaves spaces at the end of lines.
    """

    def write_plain(self, text: Any, split: Any = True) -> None:  # noqa: FBT002  # as it is overridden
        width, self.best_width = self.best_width, sys.maxsize
        super().write_plain(text, split)
        self.best_width = width

    def write_single_quoted(self, text: Any, split: Any = True) -> None:  # noqa: ARG002, FBT002  # likewise
        super().write_single_quoted(text, split=False)

    def write_double_quoted(self, text: Any, split: Any = True) -> None:  # noqa: ARG002, FBT002  # likewise
        super().write_double_quoted(text, split=False)


def formatted(text: str, file: str = "mapping") -> str:
    """Return a document in the order and layout of all; raises FindingsError where it cannot be read.

    A parameter needs no value.
    """
    loaded = load(text, file)
    wrong = [finding for finding in loaded.findings if finding.code not in _OPEN]
    if wrong:
        raise FindingsError(wrong)
    after = _laid_out(_ordered(text.replace("\r\n", "\n").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")))
    if _said(yaml.compose(text)) != _said(yaml.compose(after)):
        raise MappingError(f"{file} cannot be formatted without changing what it says: it was left as it is.")
    return after


def _ordered(text: str) -> str:
    root: Any = yaml.compose(text)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    for section in _sections(root):
        for _, node in reversed(section.value):
            _sort(lines, node, _FIRST, _LAST)
    return "".join(_sort(lines, yaml.compose("".join(lines)), _TOP, ()))


def _sections(root: Any) -> list[Any]:
    """Return the sections of nodes, from the last to the first."""
    found = [value for key, value in root.value if key.value in ROLES and isinstance(value, yaml.MappingNode)]
    return sorted(found, key=lambda section: -section.start_mark.line)


def _sort(lines: list[str], node: Any, first: Sequence[str], last: Sequence[str]) -> list[str]:
    """Put the keys of a block mapping into order within the lines of a document."""
    if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
        return lines
    keys = [key.value for key, _ in node.value]
    starts = [_with_comments(lines, key.start_mark) for key, _ in node.value]
    starts[0] = node.value[0][0].start_mark.line
    end = _end(lines, node)
    blocks = {key: lines[start:stop] for key, start, stop in zip(keys, starts, (*starts[1:], end), strict=True)}
    rank = {key: nth for nth, key in enumerate(first)} | {key: len(first) + 1 + nth for nth, key in enumerate(last)}
    order = sorted(keys, key=lambda key: rank.get(key, len(first)))
    if order != keys:
        lines[starts[0] : end] = [line for key in order for line in blocks[key]]
    return lines


def _with_comments(lines: Sequence[str], mark: Any) -> int:
    """Return the line at which a key begins, with the comments right above it that stand as far in as it does."""
    line: int = mark.line
    while line and lines[line - 1].lstrip().startswith("#") and _indent(lines[line - 1]) == mark.column:
        line -= 1
    return line


def _end(lines: Sequence[str], node: Any) -> int:
    """Return the line behind a mapping: where what it holds, and what is remarked as far in as that, ends."""
    line: int = node.value[-1][1].end_mark.line
    if node.value[-1][1].end_mark.column and line < len(lines):
        line += 1
    column = node.value[0][0].start_mark.column
    while line and not lines[line - 1].strip():
        line -= 1
    while line and line > node.value[-1][0].start_mark.line + 1 and _stranger(lines[line - 1], column):
        line -= 1
    return line


def _stranger(line: str, column: int) -> bool:
    return not line.strip() or (line.lstrip().startswith("#") and _indent(line) < column)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _laid_out(text: str) -> str:
    tool = YAML(typ="rt")
    tool.Emitter = _Whole
    tool.preserve_quotes = True
    tool.width = WIDTH
    tool.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    try:
        tool.dump(tool.load(text), stream)
    except ValueError as error:
        raise MappingError(f"This cannot be formatted, as a value in it cannot be: {error}.") from error
    return _indented(text, stream.getvalue().strip("\n") + "\n")


def _indented(before: str, after: str) -> str:
    """Let the comments that stood as far in as the line below them do so again."""
    lines = after.split("\n")
    stood = [_indent(here) == _indent(below) for _, here, below in _remarks(before)]
    remarks = list(_remarks(after))
    for aligned, (nth, here, below) in reversed(list(zip(stood, remarks, strict=False))):
        if aligned:
            lines[nth] = " " * _indent(lines[nth + 1] if below.lstrip().startswith("#") else below) + here.lstrip()
    return "\n".join(lines)


def _remarks(text: str) -> Iterator[tuple[int, str, str]]:
    """Give the lines that are comments, by their numbers, each with the line of text or comment below it."""
    lines = text.split("\n")
    inside = {
        line for token in yaml.scan(text) if isinstance(token, yaml.ScalarToken)
        for line in range(token.start_mark.line + 1, token.end_mark.line + (token.end_mark.column > 0))
    }  # fmt: skip
    for nth, line in enumerate(lines):
        if line.lstrip().startswith("#") and nth not in inside:
            yield nth, line, next((below for below in lines[nth + 1 :] if below.strip()), "")


def _said(node: Any) -> Any:
    """Return what a composed document says, whatever its order."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _said(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_said(inner) for inner in node.value]
    return (node.tag, node.value)
