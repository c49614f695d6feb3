"""Secrets as a command is given them: from a file, the environment, a pipe or a prompt, never as a word of the line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from api.errors import UsageError
from engine.errors import ChappeError

if TYPE_CHECKING:
    from collections.abc import Iterable


class SecretInputError(ChappeError):
    """What a secret was to be read from does not hold one."""


HELP = "A secret as NAME=@FILE, NAME=env:VARIABLE or NAME=- (asked for, or read from a pipe); may be repeated."


def given(pairs: Iterable[str]) -> dict[str, str]:
    """Read secrets from where the options say; raises UsageError or SecretInputError."""
    secrets = {}
    for pair in pairs:
        name, equals, where = pair.partition("=")
        if not equals:
            raise UsageError(f"“{name}” does not say where the secret is: write {name}=@FILE or {name}=-.")
        secrets[name] = _from(name, where)
    return secrets


def asked(name: str) -> str:
    """Ask for a secret without showing it, or take all that comes by a pipe."""
    text = typer.prompt(f"{name}", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.read()
    return _filled(name, text)


def _from(name: str, where: str) -> str:
    if where == "-":
        return asked(name)
    if where.startswith("@"):
        try:
            return _filled(name, Path(where[1:]).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise SecretInputError(f"The file {where[1:]} cannot be read ({type(error).__name__}).") from None
    if where.startswith("env:"):
        return _filled(name, os.environ.get(where.removeprefix("env:"), ""))
    raise UsageError(
        f"A secret is not written on the command line, where others can read it: write {name}=@FILE, "
        f"{name}=env:VARIABLE, or {name}=- to be asked."
    )


def _filled(name: str, text: str) -> str:
    value = text.strip()
    if not value:
        raise SecretInputError(f"The secret {name} is empty.")
    return value
