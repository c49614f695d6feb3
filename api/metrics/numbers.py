"""The numbers of one moment."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.run.tally import Tally
    from engine.store.gauges import Gauges
    from engine.store.unit import Pool

VERSION: Final = version("chappe")


@dataclass(frozen=True, slots=True)
class Numbers:
    """All that is told; `gauges` is None while the database does not answer, `queue_age` are seconds.

    `clock_ahead` are seconds, too, and None for a process that shares its database with no other.
    """

    tally: Tally
    resting: dict[str, int]
    pool: Pool | None
    gauges: Gauges | None
    queue_age: float
    clock_ahead: float | None = None
    version: str = VERSION
