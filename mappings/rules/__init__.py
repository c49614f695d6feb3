"""Every rule of the linter, with its stable code; the docs page of each is made from it."""

from __future__ import annotations

from typing import Final

from mappings.rules import git, reading, shape, wiring

RULES: Final = {rule.code: rule for rule in (*reading.RULES, *shape.RULES, *wiring.RULES, *git.RULES)}
"""By code, in order. A code is never given to another rule."""
