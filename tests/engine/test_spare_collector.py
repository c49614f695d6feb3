"""The garbage collector of a running process looks seldom, and not at what was loaded."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from engine.runtime import SELDOM, spare_collector

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("_as_before")
def test_what_is_loaded_is_not_looked_at_again() -> None:
    spare_collector()

    assert gc.get_threshold() == SELDOM
    assert gc.get_freeze_count() > 0
