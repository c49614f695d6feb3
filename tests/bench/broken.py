"""Functions that a test lets the bench run in a process of their own."""

from __future__ import annotations

import sys


def fail() -> None:
    """Fail."""
    raise RuntimeError("This fails on purpose.")


def program() -> list[str]:
    """Return what this process was started with."""
    return sys.argv
