"""What libyaml objects to, in words that help whoever wrote the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import yaml

_IN_QUOTES: Final = "Put texts with { } [ ] # , or a colon in quotes, and close the bracket."

_BACKSLASH: Final = "A backslash in double quotes begins an escape. Use single quotes, or write it twice."

SENTENCES: Final = (
    ("cannot start any token", "This character cannot begin a value. Indent with spaces, and put % @ ` in quotes."),
    (
        "mapping values are not allowed",
        "A colon does not belong here. Put the text in quotes, or check how far the line is indented.",
    ),
    ("could not find expected ':'", "A key without its colon, or a text of several lines without quotes, ends here."),
    (
        "did not find expected key",
        "This does not fit the lines above. Check how it is indented, and quotes before it.",
    ),
    ("did not find expected '-'", "This does not fit the list above. Check how far it is indented."),
    ("block sequence entries are not allowed", "A list cannot begin here. Begin it on a line of its own."),
    ("did not find expected node content", f"A value is missing here. {_IN_QUOTES}"),
    (
        "unknown escape character",
        _BACKSLASH,
    ),
    ("hexdecimal number", _BACKSLASH),
    ("expected <document start>", "The document has ended before this line. Check how far it is indented."),
    ("found a tab character", "Indent with spaces, not tabs."),
    ("found character '\\t'", "Indent with spaces, not tabs."),
)
OPENED: Final = (
    ("did not find expected ',' or ']'", f"This list in brackets breaks off in line {{line}}. {_IN_QUOTES}"),
    ("did not find expected ',' or '}'", f"This mapping in braces breaks off in line {{line}}. {_IN_QUOTES}"),
    ("found unexpected end of stream", "This quote is never closed."),
    ("found unexpected document indicator", "This quote is not closed before line {line}."),
)
"""What is better shown where it was opened than where it was missed."""


def explained(error: yaml.MarkedYAMLError) -> tuple[tuple[int, int], str]:
    """Return line and column, from 1, and a sentence."""
    problem = error.problem or "this is not YAML"
    met = error.problem_mark or error.context_mark
    line = met.line + 1 if met else 1
    for sign, sentence in OPENED:
        if sign in problem:
            return _at(error.context_mark or met), sentence.replace("{line}", str(line))
    for sign, sentence in SENTENCES:
        if sign in problem:
            return _at(met), sentence
    return _at(met), f"YAML is not understood here: {problem}."


def _at(mark: yaml.Mark | None) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
