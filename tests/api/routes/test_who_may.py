"""Every route, for every role that is too small, without credentials, and with those of another workspace or purpose.

Nothing is listed here but the routes that need no credential: all others are found in the application, and say
themselves whom they serve. Who is refused is refused before anything is done, so no call here changes anything.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from api import credentials
from api.app import PREFIX
from api.deps import Permission, Role, SignedIn
from api.scopes import guarded
from engine.ids import new_id
from engine.store import api_keys, users
from engine.store.api_keys import ApiKey
from engine.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.api.routes.conftest import Api, World

OPEN = re.compile(
    rf"/|/health|/ready|/metrics|/hooks/.*|/s/.*|/m/.*|/api/problems/.*|/api/docs(/.*)?"
    rf"|{PREFIX}/(setup|session|session/code|session/code/redeem)"
)
"""The paths that need no credential, whatever their method; every other route must ask for one.

The links of mails, `/m/…`, carry a permission of their own: they are signed for one person, one mail and one purpose.
"""

INSIDE = f"{PREFIX}/workspaces/{{workspace}}"
NOWHERE = "nowhere"
UNKNOWN = "f" * 32
TABLES = {"members": "memberships"}
"""Where the things of a path are kept under another name."""
POWERLESS = "chappe_powerless_key"


def _routes(world: World) -> Iterator[tuple[str, str, Permission | SignedIn | None]]:
    """Give method, path and guard of every route."""
    for route, guard in guarded(world.app.routes):
        for method in sorted(set(route.methods or ()) - {"HEAD", "OPTIONS"}):
            yield method, str(route.path), guard


def _inside(world: World) -> list[tuple[str, str, Permission]]:
    """Return the routes of workspaces, their paths as from the workspace on, with ids that nothing has."""
    return [
        (method, re.sub(r"\{[^}]+\}", UNKNOWN, path.removeprefix(INSIDE)), guard)
        for method, path, guard in _routes(world)
        if isinstance(guard, Permission)
    ]


@pytest.fixture(scope="module")
def powerless(world: World) -> dict[str, str]:
    """Give the headers of a key of acme's owner that is for nothing."""

    def make(connection: Connection) -> None:
        owner = next(one for one in users.members(connection, world.acme.id) if one.membership.role == Role.OWNER)
        key = ApiKey(world.acme.id, new_id(), owner.user.id, "powerless", "chappe_powerless", "", world.clock.now())
        api_keys.add(connection, key, credentials.hash_of(POWERLESS))

    world.do(world.store.write(make))
    return {"authorization": f"Bearer {POWERLESS}"}


@pytest.fixture(autouse=True)
def _later(world: World) -> None:
    """Begin each test a while after the one before: so many calls at once would have to wait."""
    world.clock.advance(120)


def test_every_route_says_whom_it_serves(world: World) -> None:
    silent = [
        f"{method} {path}"
        for method, path, guard in _routes(world)
        if (guard is None and not OPEN.fullmatch(path)) or path.startswith(INSIDE) != isinstance(guard, Permission)
    ]

    assert silent == []


def test_what_is_open_is_what_the_page_on_signing_in_says(world: World) -> None:
    page = Path("docs/api/signing-in.md").read_text(encoding="utf-8").partition("## What is open")[2]
    told = {path for line in page.splitlines() if line.startswith("| `") for path in re.findall("`(.+?)`", line)}
    told = {path for path in told if path.startswith("/")}
    there = {path for _, path, guard in _routes(world) if guard is None}

    assert told - {"/hooks/…", f"{PREFIX}/openapi.json"} == there


async def test_nobody_is_let_in_without_a_credential(api: Api, world: World) -> None:
    calls = [(method, path) for method, path, guard in _routes(world) if isinstance(guard, SignedIn)]
    calls += [(method, path) for method, path, _ in _inside(world)]
    answers = {call: (await api.as_(None).call(*call)).status_code for call in calls}

    assert {call: status for call, status in answers.items() if status != 401} == {}


async def test_a_role_that_is_too_small_is_refused(api: Api, world: World) -> None:
    wrong = {}
    for method, path, guard in _inside(world):
        for role in (role for role in Role if not role.covers(guard.needed)):
            status = (await api.as_(role).call(method, path)).status_code
            if status != 403:
                wrong[method, path, role] = status

    assert wrong == {}


async def test_who_is_no_administrator_is_refused_what_is_for_them(api: Api, world: World) -> None:
    calls = [(method, path) for method, path, guard in _routes(world) if isinstance(guard, SignedIn) and guard.admin]
    answers = {call: (await api.inside("beta").call(*call)).status_code for call in calls}

    assert {call: status for call, status in answers.items() if status != 403} == {}


async def test_a_key_without_the_scope_is_refused(api: Api, world: World, powerless: dict[str, str]) -> None:
    anyone = api.as_(None)
    calls = {(method, path) for method, path, _ in _inside(world)}
    answers = {call: (await anyone.call(*call, headers=powerless)).status_code for call in calls}

    assert {call: status for call, status in answers.items() if status != 403} == {}


async def test_a_workspace_that_one_is_not_in_is_as_one_that_is_not_there(
    api: Api, world: World, powerless: dict[str, str]
) -> None:
    wrong = {}
    for headers, caller in (({}, api), (powerless, api.as_(None))):
        for method, path, _ in _inside(world):
            seen = [await _seen(caller.visiting(name), method, path, name, headers) for name in ("beta", NOWHERE)]
            if seen[0] != seen[1] or seen[0][0] != 404:
                wrong[method, path] = seen

    assert wrong == {}


@pytest.fixture(scope="module")
def lively(world: World) -> World:
    """Give the world after a post has come in, so that acme has a delivery."""
    world.cli.arrive("We are hiring")
    return world


async def test_what_another_workspace_has_is_as_what_nobody_has(api: Api, lively: World) -> None:
    """Acme's things, asked for in beta by its owner, are answered as unknown ones are."""
    beta = api.inside("beta")
    wrong, looked = {}, 0
    for method, path, guard in _routes(lively):
        if not isinstance(guard, Permission) or path.count("{") < 2:
            continue
        for known, unknown in await _things_of(lively, path):
            seen = [await _seen(beta, method, _filled(path, name), name, {}) for name in (known, unknown)]
            looked += 1
            if seen[0] != seen[1] or (method in {"GET", "DELETE"} and seen[0][0] not in {404, 422, 428}):
                wrong[method, path, known] = seen

    assert wrong == {}
    assert looked


async def _things_of(world: World, path: str) -> list[tuple[str, str]]:
    """Return the id, and the name if it has one, of a thing of acme's that the first parameter may name.

    Each comes with one of its form that nothing has.
    """
    segment = path.removeprefix(INSIDE).split("/{")[0].rsplit("/", 1)[-1].replace("-", "_")
    table = metadata.tables.get(TABLES.get(segment, segment))
    if table is None:
        return []
    forms = {"id": UNKNOWN, "user_id": UNKNOWN, "name": NOWHERE, "platform": NOWHERE}
    columns = [table.c[name] for name in forms if name in table.c]

    def unit(connection: Connection) -> list[tuple[str, str]]:
        row = connection.execute(select(*columns).where(table.c.workspace_id == world.acme.id).limit(1)).mappings()
        return [(str(value), forms[name]) for name, value in (row.first() or {}).items() if value]

    return await world.store.read(unit)


def _filled(path: str, name: str) -> str:
    return re.sub(r"\{[^}]+\}", name, path.removeprefix(INSIDE))


async def _seen(api: Api, method: str, path: str, name: str, headers: dict[str, str]) -> tuple[int, Any]:
    """Return what a caller learns: status and body, without the name that was asked for and the request's id."""
    answer = await api.call(method, path, headers=headers)
    body = answer.json() if answer.content else {}
    body.pop("instance", None)
    return answer.status_code, str(body).replace(name, "…")
