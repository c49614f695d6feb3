"""From the events of libyaml to plain data with places.

The events are read one by one, since libyaml's composer overflows the stack on a deep document.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from mappings.findings import clipped, did_you_mean
from mappings.reading.loaded import Place
from mappings.rules import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.findings import Rule
    from mappings.reading.loaded import Loaded

MAX_DEPTH: Final = 20
MOST_FINDINGS: Final = 100
NOT_TEXT: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_PARAMETER: Final = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(
    r"[-+]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18}|[0-9]{1,18}(?=[eE]))(?:[eE][-+]?[0-9]{1,2})?"
)
_CONSTANTS: Final = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_QUOTED: Final = str.maketrans({"\x85": r"\N", "\u2028": r"\L", "\u2029": r"\P", "\ufeff": r"\uFEFF"})


class StopReading(Exception):  # noqa: N818  # not an error: the finding is written down already
    """Nothing sensible can be read from here on."""


_NO_KEY: Final = object()
_SKIPPED: Final = object()


@dataclass(slots=True)
class _Open:
    """A mapping or list that has begun; `key` is that of the value to come."""

    value: dict[str, Any] | list[Any]
    place: Place
    key: Any = _NO_KEY


class Builder:
    """Builds the data from the events of libyaml; what it objects to it remarks on, and goes on where it can."""

    def __init__(
        self,
        loaded: Loaded,
        parameters: Mapping[str, str],
        plain: Callable[[str], Any] | None = None,
        declared: Mapping[str, Any] | None = None,
    ) -> None:
        self.value: Any = None
        self.edits: list[tuple[int, int, str]] = []
        self._loaded = loaded
        self._parameters = parameters
        self._declared = declared or {}
        self._plain = plain or meaning_of
        self._stack: list[_Open] = []
        self._documents = 0
        self._handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def run(self, text: str) -> None:
        """Read all events of the text."""
        parser = yaml.CSafeLoader(text)
        try:
            while (event := parser.get_event()) is not None:
                if handler := self._handlers.get(type(event)):
                    handler(event)
        finally:
            parser.dispose()

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._remark(reading.NO_MAPPING, event, "A second document begins here. Give each mapping its own file.")
            raise StopReading

    def _alias(self, event: Any) -> None:
        self._remark(
            reading.ALIAS, event, f"`*{clipped(event.anchor)}` repeats another value. Write the value out instead."
        )
        raise StopReading

    def _scalar(self, event: Any) -> None:
        self._refuse_decoration(event)
        top = self._stack[-1] if self._stack else None
        if top is not None and top.key is _NO_KEY and isinstance(top.value, dict):
            self._key(top, event)
            return
        text = event.value
        if "${" in text:
            text = self._filled(event)
        elif event.implicit[0]:
            text = self._plain(text)
        self._put(text, _place(event))

    def _start(self, event: Any) -> None:
        self._refuse_decoration(event)
        if self._stack and self._stack[-1].key is _NO_KEY and isinstance(self._stack[-1].value, dict):
            sentence = "A key cannot be a list or a mapping. If this is a text with {{ }}, put it in quotes."
            self._remark(reading.BAD_KEY, event, sentence)
            raise StopReading
        if len(self._stack) >= MAX_DEPTH:
            self._remark(reading.TOO_DEEP, event, f"This is nested more than {MAX_DEPTH} levels deep. Make it flatter.")
            raise StopReading
        place = _place(event)
        place.takes_keys = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(_Open({} if place.takes_keys else [], place))

    def _end(self, event: Any) -> None:
        del event
        done = self._stack.pop()
        self._put(done.value, done.place)

    def _key(self, top: _Open, event: Any) -> None:
        key = event.value
        top.key = key
        if key == "<<" and event.implicit[0]:
            self._remark(reading.ALIAS, event, "`<<` merges other values in. Write them out instead.")
            raise StopReading
        if key in top.value:
            line = top.place.keys[key][0]
            sentence = f"`{clipped(key)}` stands here a second time; the first is in line {line}. Keep one of them."
            self._remark(reading.TWICE, event, sentence)
            top.key = _SKIPPED
            return
        top.place.keys[key] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def _put(self, value: Any, place: Place) -> None:
        if not self._stack:
            self.value = value
            self._loaded.root = place
            return
        top = self._stack[-1]
        if isinstance(top.value, list):
            top.place.inside[len(top.value)] = place
            top.value.append(value)
            return
        if top.key is not _SKIPPED:
            top.value[top.key] = value
            top.place.inside[top.key] = place
        top.key = _NO_KEY

    def _refuse_decoration(self, event: Any) -> None:
        if event.anchor is not None:
            self._remark(reading.ALIAS, event, f"`&{clipped(event.anchor)}` names a value to repeat it. Leave it out.")
        if event.tag is not None:
            self._remark(reading.TAG, event, f"`{_tag(event.tag)}` is a tag, and values have none. Leave it out.")

    def _filled(self, event: Any) -> str:
        """Put the parameters into a text, and note the edit that does the same in the source."""
        used = False

        def fill(match: re.Match[str]) -> str:
            nonlocal used
            if match[0] == "$${":
                return "${"
            used = True
            return self._parameter(match[1], event)

        text = _PARAMETER.sub(fill, event.value)
        if used:
            self.edits.append(self._edit(event, text))
        return text

    def _parameter(self, name: str | None, event: Any) -> str:
        if name is not None:
            self._loaded.parameters.add(name)
        if name is None:
            sentence = "`${` begins a parameter, such as ${NAME}. For the characters themselves write `$${`."
        elif name not in self._parameters:
            sentence = self._without_value(name)
        elif NOT_TEXT.search(self._parameters[name]):
            sentence = f"The value of the parameter `{clipped(name)}` has a character that does not belong into a text."
        else:
            return self._parameters[name]
        self._remark(reading.PARAMETER, event, sentence)
        self._loaded.spoiled.add((event.start_mark.line + 1, event.start_mark.column + 1))
        return ""

    def _without_value(self, name: str) -> str:
        said = self._declared.get(name)
        if not isinstance(said, dict):
            return f"The parameter `{clipped(name)}` has no value.{did_you_mean(name, self._parameters)}"
        words = [" ".join(text.split()) for key in ("title", "description") if isinstance(text := said.get(key), str)]
        means = ": ".join(filter(None, words))
        return f"The parameter `{clipped(name)}` has no value.{f' {means}' if means else ''}"

    @staticmethod
    def _edit(event: Any, text: str) -> tuple[int, int, str]:
        start, end = event.start_mark.index, event.end_mark.index
        quoted = json.dumps(text.replace("${", "$${"), ensure_ascii=False).translate(_QUOTED)
        # The span of a block scalar ends where the next token begins.
        return start, end, f"{quoted}\n" if event.style in ("|", ">") else quoted

    def _remark(self, rule: Rule, event: Any, sentence: str) -> None:
        mark = event.start_mark
        keys = tuple(frame.key if isinstance(frame.value, dict) else len(frame.value) for frame in self._stack)
        path = tuple(key for key in keys if isinstance(key, (str, int)))
        self._loaded.add_at(rule, (mark.line + 1, mark.column + 1), sentence, path)
        if len(self._loaded.findings) >= MOST_FINDINGS:
            raise StopReading


def _tag(tag: str) -> str:
    return clipped(tag.replace("tag:yaml.org,2002:", "!!"))


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def meaning_of(text: str) -> Any:
    """Return what an unquoted scalar means."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
