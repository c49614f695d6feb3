"""Every rule of the linter, with its stable code; the docs page of each is made from it."""

from __future__ import annotations

from typing import Final

from mappings.rules import git, platforms, reading, sense, shape, testing, wiring, workspace

PARTS: Final = (reading, shape, wiring, sense, workspace, platforms, testing, git)

RULES: Final = {rule.code: rule for part in PARTS for rule in part.RULES}
"""By code, in order. A code is never given to another rule."""
