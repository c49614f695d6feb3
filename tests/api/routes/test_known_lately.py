"""Who called a moment ago: known for a second more, and never longer than it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.gate import KNOWN_FOR
from engine.store import api_keys

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api, World

KEY = {"name": "nightly export", "scopes": ["members:read", "workspace:read"]}


@pytest.fixture
async def fresh(api: Api, world: World) -> dict[str, Any]:
    """Give a key that has not been used, a second after it was made."""
    answer = await api.post("/api-keys", json=KEY)
    world.clock.advance(KNOWN_FOR)
    return dict(answer.json())


async def _asked(api: Api, fresh: dict[str, Any]) -> int:
    return (await api.as_(None).get("/members", headers={"authorization": f"Bearer {fresh['token']}"})).status_code


async def _revoked_elsewhere(world: World, fresh: dict[str, Any]) -> None:
    await world.store.write(api_keys.revoke, world.acme.id, fresh["key"]["id"], now=world.clock.now())


async def test_what_another_process_revokes_ends_within_a_second(api: Api, world: World, fresh: dict[str, Any]) -> None:
    before = await _asked(api, fresh)
    await _revoked_elsewhere(world, fresh)
    meanwhile = await _asked(api, fresh)
    world.clock.advance(KNOWN_FOR)

    assert (before, meanwhile, await _asked(api, fresh)) == (200, 200, 401)


async def test_what_this_process_revokes_ends_at_once(api: Api, fresh: dict[str, Any]) -> None:
    before = await _asked(api, fresh)
    await api.delete(f"/api-keys/{fresh['key']['id']}")

    assert (before, await _asked(api, fresh)) == (200, 401)


async def test_nothing_is_kept_while_a_change_may_be_under_way(api: Api, world: World, fresh: dict[str, Any]) -> None:
    await api.post("/api-keys", json=KEY)
    before = await _asked(api, fresh)
    await _revoked_elsewhere(world, fresh)

    assert (before, await _asked(api, fresh)) == (200, 401)


async def test_a_key_in_the_place_of_a_cookie_is_no_session(api: Api, fresh: dict[str, Any]) -> None:
    cookie = {"cookie": f"__Host-chappe={fresh['token']}"}

    assert await _asked(api, fresh) == 200
    assert (await api.as_(None).get("/members", headers=cookie)).status_code == 401
