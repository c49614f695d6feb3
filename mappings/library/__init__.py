"""Ready-made mappings: whole documents with `${PARAMETERS}` that they declare, and tests of their own.

The comment at the head of each says in paragraphs for whom it is, what it does, how to begin, and what to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from engine.errors import NotFoundError
from mappings.findings import did_you_mean, listed
from mappings.parameters import ParameterEntry
from mappings.reading.loading import load

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Final = (
    "ambassadors",
    "content-curation",
    "blog",
    "blank",
    "job-offers",
    "press-review",
    "event-week",
    "crisis-stop",
)
"""Every mapping of the library, in the order in which they are shown."""

_ENTRIES: Final = TypeAdapter(dict[str, ParameterEntry])


@dataclass(frozen=True, slots=True)
class Ready:
    """A mapping of the library: its text, what its head says by heading, and its parameters by name."""

    name: str
    text: str
    told: Mapping[str, str]
    parameters: Mapping[str, ParameterEntry]

    @property
    def summary(self) -> str:
        """Return for whom it is."""
        return next(iter(self.told.values()))

    def examples(self) -> dict[str, str]:
        """Return a value for each parameter: its example, else its default."""
        return {name: one.example or one.default or "" for name, one in self.parameters.items()}

    def filled(self, values: Mapping[str, str]) -> str:
        """Return its text with these values, and defaults for the others, put in, without what asks for them.

        A value that is missing is an empty text: who calls it has asked `missing` before.
        """
        given = {name: one.default or "" for name, one in self.parameters.items()} | dict(values)
        return _without_parameters(load(self.text, self.name, given).resolved)

    def missing(self, values: Mapping[str, str]) -> list[str]:
        """Return the parameters that have neither a value nor a default."""
        return [name for name, one in self.parameters.items() if name not in values and one.default is None]


def find(name: str) -> Ready:
    """Return a mapping of the library; raises NotFoundError."""
    if name not in NAMES:
        advice = did_you_mean(name, NAMES) or f" There are {listed(NAMES)}."
        raise NotFoundError(f"The library has no mapping {name}.{advice}")
    text = resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return read(name, text)


def read(name: str, text: str) -> Ready:
    """Return what a mapping with parameters says of itself."""
    said = (load(text, name).data or {}).get("parameters", {})
    return Ready(name, text, _told(text), _ENTRIES.validate_python(said))


def _told(text: str) -> dict[str, str]:
    """Return the paragraphs of the comment at the head of a text by what stands before their colons."""
    head = [line[1:].strip() for line in takewhile(lambda line: line.startswith("#"), text.splitlines())]
    paragraphs = (" ".join(paragraph.split()) for paragraph in "\n".join(head).split("\n\n"))
    pairs = (paragraph.partition(": ") for paragraph in paragraphs)
    return {heading: f"{words[:1].upper()}{words[1:]}" for heading, _, words in pairs}


def _without_parameters(text: str) -> str:
    """Return a text without its section of parameters."""
    keys = load(text, "mapping").root.keys
    if "parameters" not in keys:
        return text
    first = keys["parameters"][0]
    after = min((line for line, _ in keys.values() if line > first), default=None)
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: first - 1], *(lines[after - 1 :] if after else ())])
