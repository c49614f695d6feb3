"""A finding: one remark on one place of a mapping file, with a stable code, in text and as data."""

from __future__ import annotations

import difflib
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from engine.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from mappings.known import Known

Path: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands in a document: keys and positions in lists, from the top."""

_SHOWN: Final = 40
_STEP: Final = re.compile(r"[^.\[\]]+|\[\d+\]")
_SPACE: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


class Severity(StrEnum):
    """Whether a mapping can be used all the same."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Tree:
    """An example that is a folder or a git repository: its files by their names, those of `links` as symbolic links."""

    what: Literal["folder", "repository"]
    failing: Mapping[str, str]
    mended: Mapping[str, str]
    links: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """What findings of one code have in common.

    `failing` is a document that gets this finding and no other, `mended` the same document without it: both are
    linted by the tests, and the docs show them. `failing` may have `${NAME}` without a value. `known` is the workspace
    that the examples are for, where they need one. `beside` names a second file, of values or of another mapping, that
    belongs to both. `filler` characters of comment follow `failing`, `failing_on` is the day from which it fails, and
    `tree` stands for both where one document alone shows nothing. `instance` is what the post of the finding on
    `failing` shows, where it has one.
    """

    code: str
    title: str
    explanation: str
    remedy: str
    failing: str = ""
    mended: str = ""
    severity: Severity = Severity.ERROR
    known: Known | None = None
    beside: str = ""
    failing_beside: str = ""
    mended_beside: str = ""
    filler: int = 0
    failing_on: date | None = None
    tree: Tree | None = None
    instance: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A post that shows what a finding says, as it was tried: its text, the text that goes out, empty for none."""

    post: str
    shown: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark: `line` and `column` count from 1, `path` is dotted, `sentence` says what is wrong and what to do."""

    file: str
    line: int
    column: int
    code: str
    path: str
    sentence: str
    severity: Severity = Severity.ERROR
    example: Example | None = None

    def __str__(self) -> str:
        """Return `file:line:column  CODE  path  sentence`, on one line."""
        return f"{self.file}:{self.line}:{self.column}  {self.code}  {self.path}  {self.sentence}"

    @property
    def pointer(self) -> str:
        """Return its place as a JSON pointer (RFC 6901); the whole document is the empty text."""
        steps = [step[1:-1] if step.startswith("[") else step for step in _STEP.findall(self.path)]
        return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)

    def as_dict(self) -> dict[str, Any]:
        """Return its fields for JSON; `example` only where there is one."""
        fields = asdict(self)
        return fields if self.example is not None else {name: fields[name] for name in fields if name != "example"}

    @property
    def told(self) -> str:
        """Return its sentence, and behind it the post that shows it, where there is one."""
        return f"{self.sentence} {self.example.sentence}" if self.example is not None else self.sentence


class FindingsError(MappingError):
    """A document has errors; `findings` holds every remark on it, and the text is all of them, a line each."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any of them forbids the mapping's use."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def dotted(path: Path) -> str:
    """Return a path as people read it: `operators.jobs.any[0].text`; the document itself is a dot."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{clipped(part)}" for part in path)
    return text.removeprefix(".") or "."


def clipped(text: str) -> str:
    """Return a text of a document as a part of a sentence: on one line, and not long."""
    flat = _SPACE.sub(" ", text).strip()
    return flat if len(flat) <= _SHOWN else f"{flat[:_SHOWN]}…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean …?` for a word that is close to a known one, else an empty text."""
    names = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word[:80].casefold(), names, n=1, cutoff=0.6)
    return f" Did you mean `{names[close[0]]}`?" if close else ""


def there_are(names: Sequence[str]) -> str:
    """Return ` There are …, … and ….` for names to choose from, and nothing for none."""
    return f" There {'is' if len(names) == 1 else 'are'} {listed(names)}." if names else ""


def listed(names: Iterable[str]) -> str:
    """Return `a`, `b` and `c`, in order, at most a dozen."""
    shown = [f"`{clipped(name)}`" for name in names]
    if len(shown) > 12:  # noqa: PLR2004  # more is no help in a sentence
        return f"{', '.join(shown[:11])} and {len(shown) - 11} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""
