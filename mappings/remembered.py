"""How far back a node that holds posts may look: what went on is kept for 90 days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from pydantic import AfterValidator

from mappings.fields import SomeTime, refusal

if TYPE_CHECKING:
    from engine.model.duration import Duration

KEPT: Final = timedelta(days=90)


def _kept(value: Duration) -> Duration:
    if value > KEPT:
        raise refusal("duration", f"{value} is longer than a node remembers what it let go: write at most 90d.")
    return value


Remembered: TypeAlias = Annotated[SomeTime, AfterValidator(_kept)]
"""A duration above nought, of at most 90 days."""
