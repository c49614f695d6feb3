"""Catch a secret wherever it would be shown: in logs, on the screen, in an error or a repr."""

from __future__ import annotations

import io
import logging
import traceback
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from structlog.testing import capture_logs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.contract.account import Account

SHORTEST_SECRET = 16
"""What is shorter may stand somewhere by chance."""


@dataclass(slots=True)
class Shown:
    """All that a reader could have seen, with the place where."""

    places: list[tuple[str, str]] = field(default_factory=list)

    def error(self, error: BaseException) -> None:
        """Add an error as a log would print it: its chain, its notes, its repr."""
        self.places.append(("an error", "".join(traceback.format_exception(error))))
        self.places.append(("an error's repr", repr(error)))

    def value(self, value: object) -> None:
        """Add a value as a debugger or an f-string would print it."""
        self.places.append((f"the repr of a {type(value).__name__}", f"{value!r} {value}"))

    def assert_without(self, secrets: Iterable[str]) -> None:
        """Fail when a secret was shown; the secret itself is not repeated."""
        for secret in secrets:
            found = [place for place, text in self.places if secret in text]
            assert not found, f"A secret was shown in {', '.join(found)}."


def texts_of(account: Account) -> set[str]:
    """Return the account's secrets, also without a prefix such as `whsec_`."""
    texts = {text for secret in account.secrets.values() for text in (secret, secret.rpartition("_")[2])}
    return {text for text in texts if len(text) >= SHORTEST_SECRET}


class _Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.args} {record.exc_text}")


@contextmanager
def watched() -> Iterator[Shown]:
    """Collect everything that is logged or printed meanwhile."""
    shown, handler, printed = Shown(), _Everything(), io.StringIO()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with capture_logs() as entries, redirect_stdout(printed), redirect_stderr(printed):
            yield shown
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    shown.places += [("a log line", line) for line in handler.lines]
    shown.places += [("a structured log line", repr(entry)) for entry in entries]
    shown.places.append(("the output", printed.getvalue()))
