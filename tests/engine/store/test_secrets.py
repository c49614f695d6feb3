"""Secrets are sealed texts under a name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import NotFoundError
from engine.store import secrets

if TYPE_CHECKING:
    from engine.store.unit import Store


async def test_a_secret_is_kept_and_replaced(store: Store, workspace: str, now: datetime) -> None:
    later = now + timedelta(hours=1)
    await store.write(secrets.put, workspace, "token", "sealed", now)
    await store.write(secrets.put, workspace, "token", "sealed anew", later)

    assert await store.read(secrets.get, workspace, "token") == "sealed anew"
    assert await store.read(secrets.listed, workspace) == {"token": later}


async def test_a_secret_belongs_to_its_workspace(store: Store, workspace: str, now: datetime) -> None:
    await store.write(secrets.put, workspace, "token", "sealed", now)

    assert await store.read(secrets.get, "another", "token") is None
    with pytest.raises(NotFoundError):
        await store.write(secrets.remove, "another", "token")


async def test_a_removed_secret_is_gone(store: Store, workspace: str, now: datetime) -> None:
    await store.write(secrets.put, workspace, "token", "sealed", now)
    await store.write(secrets.remove, workspace, "token")

    assert await store.read(secrets.get, workspace, "token") is None
    with pytest.raises(NotFoundError, match="The secret token is not set in this workspace"):
        await store.write(secrets.remove, workspace, "token")
