"""Rows that tests of the store begin with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from engine.ids import new_id
from engine.store import workspaces
from engine.store.workspaces import Workspace

if TYPE_CHECKING:
    from engine.store.unit import Store

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """Give a Monday morning."""
    return NOW


@pytest.fixture
async def workspace(store: Store, now: datetime) -> str:
    """Give the id of a workspace called acme."""
    made = Workspace(new_id(), "acme", "sealed key", now)
    await store.write(workspaces.create, made)
    return made.id
