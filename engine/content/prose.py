"""Plain text put together piece by piece, with the breaks that a reader of the original would see."""

from __future__ import annotations

from typing import Final

import regex

_SPACES: Final = regex.compile(r"[ \t\r\n\f]+")
# Control characters, byte order marks and what PostgreSQL's text cannot hold; a line separator is a line.
_UNSEEN: Final = regex.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_BREAKS: Final = regex.compile(r"\r\n?|[\f\x85\u2028\u2029]")
_MANY: Final = regex.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_TRAILING: Final = regex.compile(r"[ \t]+\n")


def tidy(text: str) -> str:
    """Return a plain text without unseen characters, trailing spaces and more than one empty line on end."""
    text = _UNSEEN.sub("", _BREAKS.sub("\n", text))
    return _MANY.sub("\n\n", _TRAILING.sub("\n", text)).strip()


def one_line(text: str) -> str:
    """Return a text as one line: for titles and names."""
    return _SPACES.sub(" ", tidy(text)).strip()


class Prose:
    """Words, lines and paragraphs in the order in which they come; white space between words counts as one space."""

    def __init__(self) -> None:
        self.literal = 0
        """Above nought, white space is kept as it is."""
        self._parts: list[str] = []
        self._owed = 0
        self._space = False
        self._prefix = ""

    def text(self) -> str:
        """Return what has been written."""
        return tidy("".join(self._parts))

    def words(self, text: str) -> None:
        """Write running text."""
        if self.literal:
            self._put(text) if text else None
            return
        plain = _SPACES.sub(" ", text)
        if plain in {"", " "}:
            self._space = self._space or bool(plain)
            return
        self._space = self._space or plain[0] == " "
        self._put(plain.strip(" "))
        self._space = plain[-1] == " "

    def append(self, text: str) -> None:
        """Write a text directly behind the last one."""
        self._parts.append(text)

    def line(self) -> None:
        """End the line."""
        self._space = False
        if self._parts:
            self._owed = self._owed + 1 if self._owed < 2 else self._owed  # noqa: PLR2004 - one empty line at most

    def gap(self, lines: int) -> None:
        """Owe a break: 1 begins a line, 2 a paragraph; it is written when more words come."""
        self._space = False
        if self._parts:
            self._owed = max(self._owed, lines)

    def prefix(self, sign: str) -> None:
        """Begin the next words with a sign, such as a bullet."""
        self._prefix = sign

    def cell(self) -> None:
        """Part two cells of one row."""
        if self._parts and not self._owed:
            self._parts.append(" | ")
            self._space = False

    def mark(self) -> int:
        """Return a place that `since` and `instead` count from."""
        return len(self._parts)

    def since(self, mark: int) -> str:
        """Return the words written since then."""
        return "".join(self._parts[mark:]).strip().removeprefix("• ")

    def instead(self, mark: int, text: str) -> None:
        """Put a text in the place of the words written since then; the break before them stays."""
        written = "".join(self._parts[mark:])
        lead = written[: len(written) - len(written.lstrip())]
        self._parts[mark:] = [lead + text]

    def _put(self, text: str) -> None:
        lead = "\n" * self._owed if self._owed else " " if self._space and self._parts else ""
        self._parts.append(lead + self._prefix + text)
        self._owed, self._space, self._prefix = 0, False, ""
