"""The API over an instance with its cast: one world and one application for each file of tests.

`api` calls as the owner of the workspace `acme`, `api.as_(Role.VIEWER)` as a viewer, `api.as_(None)` as nobody;
`api.inside("beta")` calls in the other workspace. Paths are of the workspace (`/mappings`), or whole (`/api/v1/…`).
The tests of a file share what they change. The store takes any event loop: tests may run on a loop of their own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.app import PREFIX, make_app
from api.deps import Caller, Face, Role
from api.errors import ForbiddenError, UnauthenticatedError
from api.settings import Settings
from api.wiring import make_core
from engine.clock import SystemClock
from engine.store import workspaces
from engine.store.unit import open_store
from engine.testing.fakes import FakeClock, RecordingWake
from tests.api.test_app import FakeServing
from tests.fixtures.instances import Cli, copied

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from fastapi import FastAPI, Request

    from engine.store.unit import Store
    from engine.store.workspaces import Workspace

OTHER = "beta"


@dataclass(frozen=True)
class World:
    """An instance with two workspaces, `acme` with its cast and `beta` with nothing, and the API over it."""

    cli: Cli
    face: Face
    app: FastAPI
    clock: FakeClock
    wake: RecordingWake
    acme: Workspace
    beta: Workspace

    @property
    def store(self) -> Store:
        return self.face.store

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something outside of a test's loop."""
        return _do(work)


@dataclass(frozen=True)
class Api:
    """Calls the API as somebody, in a workspace."""

    client: httpx.AsyncClient
    role: Role | None = Role.OWNER
    workspace: str = "acme"

    def as_(self, role: Role | None) -> Api:
        """Call as somebody else; None is nobody."""
        return replace(self, role=role)

    def inside(self, workspace: str) -> Api:
        """Call in another workspace."""
        return replace(self, workspace=workspace)

    def at(self, path: str) -> str:
        """Return the whole path."""
        return path if path.startswith(PREFIX) else f"{PREFIX}/workspaces/{self.workspace}{path}"

    async def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Call with any method; takes what httpx's `request` takes."""
        credentials = {} if self.role is None else {"authorization": f"Bearer {self.role}"}
        headers = credentials | request.pop("headers", {})
        return await self.client.request(method, self.at(path), headers=headers, **request)

    async def get(self, path: str, **request: Any) -> httpx.Response:
        return await self.call("GET", path, **request)

    async def post(self, path: str, **request: Any) -> httpx.Response:
        return await self.call("POST", path, **request)

    async def put(self, path: str, **request: Any) -> httpx.Response:
        return await self.call("PUT", path, **request)

    async def patch(self, path: str, **request: Any) -> httpx.Response:
        return await self.call("PATCH", path, **request)

    async def delete(self, path: str, **request: Any) -> httpx.Response:
        return await self.call("DELETE", path, **request)


@pytest.fixture(scope="module")
def world(played: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give an instance with its cast and the API over it, which the tests of a file share."""
    cli = copied(played, tmp_path_factory.mktemp("world"))
    cli.out("init", OTHER)
    store = open_store(cli.url)
    settings = Settings(data_dir=cli.folder, database_url=cli.url)
    core = make_core(store, key_file=settings.key_file, allow_private=())
    clock, wake = FakeClock(SystemClock().now()), RecordingWake()
    face = Face(
        settings=settings,
        store=store,
        clock=clock,
        registry=core.registry,
        wake=wake,
        vault=core.vault,
        http=core.http,
        offload=core.offload,
        identify=_Believer(store),
    )
    acme, beta = (_do(store.read(workspaces.by_name, name)) for name in ("acme", OTHER))
    yield World(cli, face, make_app(FakeServing(), None, face), clock, wake, acme, beta)
    _do(store.close())


@pytest.fixture(scope="module")
def api(world: World) -> Api:
    """Give calls as the owner of the workspace `acme`."""
    return Api(httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url="https://chappe", trust_env=False))


def _do(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)


class _Believer:
    """Believes the role that a caller names."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, request: Request, workspace: str, scope: str, needed: Role) -> Caller:
        _, _, named = request.headers.get("authorization", "").partition("Bearer ")
        if not named:
            raise UnauthenticatedError("Sign in first.")
        caller = Caller("0" * 32, named, await self._store.read(workspaces.by_name, workspace), Role(named))
        if not caller.role.covers(needed):
            raise ForbiddenError(f"Only who is {needed} may do this.")
        return caller
