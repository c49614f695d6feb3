"""Users, sessions, keys, codes and tries, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.ids import new_id
from engine.store import access, api_keys, sessions, signing_in, users, workspaces
from engine.store.api_keys import ApiKey
from engine.store.sessions import Session
from engine.store.signing_in import Code, Door
from engine.store.users import ACTIVE, OWNER, User
from engine.store.workspaces import Workspace
from tests.engine.store.conftest import NOW

if TYPE_CHECKING:
    from engine.store.unit import Store

DAY = timedelta(days=1)
TOKEN = "t" * 64


async def _first(store: Store) -> tuple[User, Workspace]:
    """Make a workspace and its first owner."""
    workspace = Workspace(new_id(), "acme", "sealed", NOW)
    user = User(new_id(), "Léa", "lea@acme.example", admin=True, state=ACTIVE, created_at=NOW)
    await store.write(workspaces.create, workspace)
    await store.write(workspaces.set_instance_value, access.SETUP_TOKEN, TOKEN)
    assert not await store.read(access.may_set_up, "another")
    assert await store.read(access.may_set_up, TOKEN)
    assert await store.write(access.make_first, user, TOKEN)
    return user, workspace


async def test_the_first_user_is_made_once_and_owns_what_is_there(store: Store) -> None:
    user, workspace = await _first(store)
    other = User(new_id(), "Mallory", "m@evil.example", admin=True, state=ACTIVE, created_at=NOW)

    assert not await store.write(access.make_first, other, TOKEN)
    assert [(one.user.id, one.membership.role) for one in await store.read(users.members, workspace.id)] == [
        (user.id, OWNER)
    ]


async def test_a_session_and_a_key_stand_for_their_user_in_a_workspace_and_nowhere_else(store: Store) -> None:
    user, workspace = await _first(store)
    await store.write(workspaces.create, Workspace(new_id(), "beta", "sealed", NOW))
    await store.write(sessions.begin, Session("s", user.id, "password", NOW, NOW, NOW + DAY))
    key = ApiKey(workspace.id, new_id(), user.id, "export", "chappe_x", "a:read", NOW, NOW + DAY)
    await store.write(api_keys.add, key, "k")

    for name, there in (("acme", True), ("beta", False), ("nowhere", False)):
        for known in (
            await store.read(sessions.by_session, "s", name, NOW, idle=DAY),
            await store.read(sessions.by_key, "k", name, NOW),
        ):
            assert known is not None
            assert known.user.id == user.id
            assert (known.workspace is not None, known.role) == ((True, OWNER) if there else (False, None))
    anywhere = await store.read(sessions.by_key, "k", "", NOW)
    assert anywhere is not None
    assert anywhere.workspace == workspace


async def test_nobody_gets_in_by_what_is_over_revoked_or_a_suspended_users(store: Store) -> None:
    user, workspace = await _first(store)
    await store.write(sessions.begin, Session("s", user.id, "code", NOW, NOW, NOW + 3 * DAY))
    key = ApiKey(workspace.id, new_id(), user.id, "export", "chappe_x", "a:read", NOW)
    await store.write(api_keys.add, key, "k")

    assert await store.read(sessions.by_session, "s", "", NOW + 2 * DAY, idle=DAY) is None
    assert await store.read(sessions.by_session, "s", "", NOW + 4 * DAY, idle=9 * DAY) is None
    await store.write(api_keys.revoke, workspace.id, key.id, now=NOW)
    assert await store.read(sessions.by_key, "k", "", NOW) is None
    karim = User(new_id(), "Karim", "k@acme.example", admin=True, state=ACTIVE, created_at=NOW)
    await store.write(users.add, karim)
    await store.write(users.change, user.id, {"state": users.SUSPENDED})
    assert await store.read(sessions.by_session, "s", "", NOW, idle=DAY) is None


async def test_a_code_is_used_once_and_wrong_ones_use_it_up(store: Store) -> None:
    user, _ = await _first(store)
    for name in ("one", "two"):
        await store.write(signing_in.begin, Code(name, user.id, "right", 2, NOW + DAY), NOW)

    wrong = [await store.write(signing_in.redeem, "one", "wrong", NOW) for _ in range(2)]
    assert [*wrong, await store.write(signing_in.redeem, "one", "right", NOW)] == [None] * 3
    assert await store.write(signing_in.redeem, "two", "right", NOW + DAY) is None
    assert await store.write(signing_in.redeem, "two", "right", NOW) == user.id
    assert await store.write(signing_in.redeem, "two", "right", NOW) is None


async def test_a_door_closes_longer_with_each_try_and_opens_for_who_got_in(store: Store) -> None:
    account, address = (Door(name, 1, timedelta(seconds=2), timedelta(minutes=1)) for name in ("a", "b"))
    shut, now = [], NOW
    for _ in range(4):
        until = await store.write(signing_in.knock, [account], now)
        shut.append(until - now if until else None)
        now = until or now

    assert shut == [None, None, timedelta(seconds=2), None]
    assert await store.write(signing_in.knock, [account, address], now) == now + timedelta(seconds=4)
    await store.write(signing_in.opened, account, address)
    assert await store.write(signing_in.knock, [account], now) is None


async def test_a_suspended_workspace_is_paused_until_it_is_opened_again(store: Store) -> None:
    _, workspace = await _first(store)

    suspended = await store.write(access.suspend, "acme", NOW)
    opened = await store.write(access.reopen, "acme", NOW)

    assert (suspended.suspended_at, opened) == (NOW, workspace)
