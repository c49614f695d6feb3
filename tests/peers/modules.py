"""A task that brings nothing along: what the worker has imported before it."""

from __future__ import annotations

import sys


def loaded() -> list[str]:
    return sorted(sys.modules)
