"""When a node looks again that looked in vain: soon at first, then less and less often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from engine.contract.operator import Held

FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(minutes=30)
SOONEST: Final = timedelta(seconds=1)
"""So much later a node is asked again at the soonest."""

_DOUBLED: Final = 6


def next_look(one: Held, now: datetime) -> datetime | None:
    """Return when to look for a post (again): at once where nobody has, twice as late each time, then every 30 minutes.

    None where what was found is good.
    """
    if one.look is None:
        return now
    if one.look.good:
        return None
    return one.look.at + min(LONGEST, FIRST * (1 << min(_DOUBLED, one.look.times - 1)))
