"""Conditions made ready to decide: one quick check, and words for why it held or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mappings.checks import MAKERS, Check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from engine.model.post import Post
    from mappings.conditions import Condition

LONGEST: Final = 400
"""How many characters of a reason are shown: a condition may have hundreds of values."""


def ready(condition: Condition) -> Check:
    """Return a condition as one check."""
    checks = tuple(_checks(condition))
    return checks[0] if len(checks) == 1 else _all_of(checks)


def why_not(check: Check, post: Post, now: datetime, *, name: str) -> str:
    """Say why a check did not hold for a post, as a sentence; `name` is the node's."""
    if check.needs == "any" and len(check.parts) > 1:
        several = "; ".join(part.yes for part in check.parts)
        return _sentence(f"None of the {len(check.parts)} conditions of {name} matched: {several}")
    if check.needs == "none":
        return why(next(part for part in check.parts if part.holds(post, now)), post, now)
    if check.parts:
        return why_not(next(part for part in check.parts if not part.holds(post, now)), post, now, name=name)
    return _sentence(check.no)


def why(check: Check, post: Post, now: datetime) -> str:
    """Say why a check held for a post, as a sentence."""
    if check.needs == "any":
        return why(next(part for part in check.parts if part.holds(post, now)), post, now)
    return _sentence(check.yes)


def _sentence(words: str) -> str:
    shown = words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
    return f"{shown[0].upper()}{shown[1:]}."


def _all_of(parts: tuple[Check, ...]) -> Check:
    tests = tuple(part.holds for part in parts)

    def holds(post: Post, now: datetime) -> bool:
        for test in tests:  # noqa: SIM110  # quicker than a generator, and every post comes by here
            if not test(post, now):
                return False
        return True

    yes = " and ".join(part.yes for part in parts)
    return Check(holds, yes, f"not all of this holds: {yes}", parts, "all")


def _any_of(parts: tuple[Check, ...]) -> Check:
    tests = tuple(part.holds for part in parts)

    def holds(post: Post, now: datetime) -> bool:
        for test in tests:  # noqa: SIM110  # quicker than a generator, and every post comes by here
            if test(post, now):
                return True
        return False

    return Check(holds, " or ".join(part.yes for part in parts), _none(parts), parts, "any")


def _none_of(parts: tuple[Check, ...]) -> Check:
    some = _any_of(parts).holds
    return Check(
        lambda post, now: not some(post, now), _none(parts), " or ".join(part.yes for part in parts), parts, "none"
    )


def _none(parts: tuple[Check, ...]) -> str:
    return " and ".join(part.no for part in parts)


def _checks(condition: Condition) -> Iterator[Check]:
    """Make the checks of a condition, in the order in which they are declared."""
    for combined, parts in ((_all_of, condition.all), (_any_of, condition.any), (_none_of, condition.none)):
        if parts:
            yield combined(tuple(map(ready, parts)))
    for name, make in MAKERS.items():
        if (test := getattr(condition, name)) is not None:
            yield from make(test)
