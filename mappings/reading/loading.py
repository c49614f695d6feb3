"""YAML to plain data with the line and column of every value; whatever the text is, the answer is data or findings.

Read are mappings, lists and scalars by YAML 1.2's core schema: `yes`, `no`, `on`, `12:30` and `2026-07-14` are texts.
Refused are aliases, anchors, tags, merge keys, duplicate keys, more than one document, depth over 20 and size over
256 kB.

`${NAME}` in a text is a parameter, put in after parsing; `$${` stands for `${` itself. One without a value has the
`default:` that the document's `parameters:` declare. `Loaded.resolved` is the text with its parameters put in, comments
and all: a version that stores it needs nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from mappings.reading import yaml_errors
from mappings.reading.loaded import Loaded
from mappings.reading.yaml_builder import NOT_TEXT, Builder, StopReading
from mappings.rules import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_BYTES: Final = 256_000


def load(
    source: str | bytes,
    file: str,
    parameters: Mapping[str, str] | None = None,
    *,
    plain: Callable[[str], Any] | None = None,
) -> Loaded:
    """Read a document; never raises for what is in it. `plain` says what an unquoted scalar means."""
    loaded = Loaded(file)
    text = _text(source, loaded)
    if text is None:
        return loaded
    told = _declared(text)
    builder = Builder(loaded, _defaults(told) | dict(parameters or {}), plain, told)
    try:
        builder.run(text)
    except StopReading:
        return loaded
    except yaml.MarkedYAMLError as error:
        loaded.add_at(reading.SYNTAX, *yaml_errors.explained(error))
        return loaded
    loaded.resolved = _resolved(text, builder.edits)
    loaded.has_braces = "{{" in loaded.resolved or "{%" in loaded.resolved
    if len(loaded.resolved.encode()) > MAX_BYTES:
        loaded.add_at(reading.TOO_LARGE, (1, 1), "With its parameters put in, the document is larger than 256 kB.")
    elif not isinstance(builder.value, dict):
        loaded.add_at(reading.NO_MAPPING, (1, 1), _no_mapping(builder.value))
    else:
        loaded.data = builder.value
    return loaded


def _text(source: str | bytes, loaded: Loaded) -> str | None:
    """Return the text of a document, without a byte order mark; None, and a finding, where it is no text."""
    raw = source.encode(errors="surrogatepass") if isinstance(source, str) else source
    if len(raw) > MAX_BYTES:
        kilobytes = -(-len(raw) // 1000)
        loaded.add_at(
            reading.TOO_LARGE, (1, 1), f"The file has {kilobytes} kB; a mapping has at most 256. Split it up."
        )
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = _position(raw[: error.start].decode("utf-8-sig", errors="replace"))
        loaded.add_at(reading.NO_TEXT, at, "This is not UTF-8 text. Save the file with the encoding UTF-8.")
        return None
    if match := NOT_TEXT.search(text):
        sentence = f"The character U+{ord(match[0]):04X} does not belong into a text. Delete it."
        loaded.add_at(reading.NO_TEXT, _position(text[: match.start()]), sentence)
        return None
    return text


class _Itself(dict[str, str]):
    """Gives every parameter as it is written."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return f"${{{name}}}"


def _declared(text: str) -> dict[str, Any]:
    """Return what a document says of its parameters; nothing where that cannot be read."""
    if "${" not in text or "parameters" not in text:
        return {}
    builder = Builder(Loaded(""), _Itself())
    try:
        builder.run(text)
    except (StopReading, yaml.MarkedYAMLError):
        return {}
    said = builder.value.get("parameters") if isinstance(builder.value, dict) else None
    return said if isinstance(said, dict) else {}


def _defaults(declared: dict[str, Any]) -> dict[str, str]:
    """Return the defaults by the names of their parameters; a default has no parameters itself."""
    found = {name: said.get("default") for name, said in declared.items() if isinstance(said, dict)}
    return {name: text for name, text in found.items() if isinstance(text, str) and "${" not in text}


def _position(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _no_mapping(value: Any) -> str:
    if value is None:
        return "The document is empty. A mapping begins with `mapping: NAME`."
    return "A mapping is a document of keys and values, and begins with `mapping: NAME`."


def _resolved(text: str, edits: list[tuple[int, int, str]]) -> str:
    """Return the text with each edited span replaced."""
    parts = []
    done = 0
    for start, end, replacement in edits:
        parts += [text[done:start], replacement]
        done = end
    return "".join([*parts, text[done:]])
