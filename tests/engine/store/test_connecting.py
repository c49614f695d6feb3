"""Apps are one for each platform; a state of connecting works once, in time, and for its workspace alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine.ids import new_id
from engine.store import apps, oauth_states
from engine.store.apps import AppRow
from engine.store.oauth_states import StateRow, hash_of

if TYPE_CHECKING:
    from engine.store.unit import Store


def begun(workspace: str, now: datetime) -> StateRow:
    expires = now + timedelta(minutes=10)
    return StateRow(new_id(), workspace, hash_of("s3cret"), "x", None, None, "http://127.0.0.1/cb", "sealed", expires)


async def test_a_platform_has_one_app(store: Store, workspace: str, now: datetime) -> None:
    app = AppRow(workspace, "x", '{"client_id": "a"}', "sealed", now)
    await store.write(apps.put, app)
    other = replace(app, settings='{"client_id": "b"}', sealed=None, updated_at=now + timedelta(hours=1))
    await store.write(apps.put, other)

    assert await store.read(apps.get, workspace, "x") == other
    assert await store.read(apps.listed, workspace) == [other]
    assert await store.read(apps.get, workspace, "linkedin") is None
    assert await store.write(apps.remove, workspace, "x") is True
    assert await store.write(apps.remove, workspace, "x") is False


async def test_a_state_works_once(store: Store, workspace: str, now: datetime) -> None:
    state = begun(workspace, now)
    await store.write(oauth_states.begin, state, now)

    uses = [store.write(oauth_states.use, workspace, f"{state.id}.s3cret", now) for _ in range(4)]
    answers = await asyncio.gather(*uses)
    assert [answer for answer in answers if answer is not None] == [state]


async def test_a_guess_uses_the_state_up(store: Store, workspace: str, now: datetime) -> None:
    state = begun(workspace, now)
    await store.write(oauth_states.begin, state, now)
    assert await store.write(oauth_states.use, workspace, f"{state.id}.guess", now) is None
    assert await store.write(oauth_states.use, workspace, f"{state.id}.s3cret", now) is None


async def test_a_state_of_another_workspace_or_from_too_long_ago_is_none(
    store: Store, workspace: str, now: datetime
) -> None:
    state = begun(workspace, now)
    await store.write(oauth_states.begin, state, now)
    assert await store.write(oauth_states.use, "0" * 32, f"{state.id}.s3cret", now) is None
    assert await store.write(oauth_states.use, workspace, f"{state.id}.s3cret", state.expires_at) is None


async def test_states_that_are_over_are_deleted_by_the_next_one(store: Store, workspace: str, now: datetime) -> None:
    old = begun(workspace, now)
    await store.write(oauth_states.begin, old, now)
    later = old.expires_at
    await store.write(oauth_states.begin, begun(workspace, later), later)
    assert await store.write(oauth_states.use, workspace, f"{old.id}.s3cret", now) is None
