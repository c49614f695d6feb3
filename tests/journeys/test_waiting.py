"""The one way in which a journey waits."""

from __future__ import annotations

import pytest

from engine.testing.fakes import FakeClock
from tests.journeys.waiting import until


async def test_it_looks_until_it_holds() -> None:
    looks = iter([1, 2, 3])

    async def look() -> int:
        return next(looks)

    assert await until(look, lambda seen: seen == 2, 10, clock=FakeClock(autojump=True)) == 2
    assert next(looks) == 3


async def test_it_gives_up_with_its_last_look() -> None:
    clock = FakeClock(autojump=True)
    began = clock.monotonic()

    async def look() -> str:
        return "nothing yet"

    with pytest.raises(AssertionError, match=r"within 5 s\. The last look: 'nothing yet'"):
        await until(look, lambda seen: seen == "all", 5, clock=clock)
    assert 5 <= clock.monotonic() - began < 6
