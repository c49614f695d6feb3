"""The look at the clock of a machine that shares its database with others."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from api.actions.examining import examine
from api.settings import Settings
from engine.clock import SystemClock
from engine.contract.registry import Registry
from engine.testing.fakes import FakeClock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("off", "said"), [(3_600, "3600 s ahead of"), (-3_600, "3600 s behind")])
async def test_a_clock_that_is_far_from_postgresqls_is_found(
    postgres_url: str, tmp_path: Path, off: int, said: str
) -> None:
    clock = FakeClock(SystemClock().now() + timedelta(seconds=off))
    looks = await examine(Settings(database_url=postgres_url, data_dir=tmp_path), Registry([]), clock, None)

    (look,) = [look for look in looks if look.what == "clock"]
    assert look.verdict == "fail"
    assert said in look.sentence.replace("3599", "3600").replace("3601", "3600")
