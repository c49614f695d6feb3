"""The API over an instance with its cast: one world and one application for each file of tests.

`api` calls as the owner of the workspace `acme`, `api.as_(Role.VIEWER)` as a viewer, `api.as_(None)` as nobody;
`api.inside("beta")` calls in the other workspace as its owner, `api.visiting("beta")` with the credentials of this one.
Each is signed in by a session. Paths are of the workspace (`/mappings`), or whole (`/api/v1/…`).
The tests of a file share what they change. The store takes any event loop: tests may run on a loop of their own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from api import credentials
from api.app import PREFIX, make_app
from api.deps import Face, Role
from api.gate import Gate
from api.metrics.meter import Meter
from api.passwords import Passwords
from api.recording import RecordingStore
from api.settings import Settings
from api.wiring import make_core
from engine.clock import SystemClock
from engine.ids import new_id
from engine.store import sessions, users, workspaces
from engine.store.sessions import Session
from engine.store.unit import open_store
from engine.store.users import Membership, User
from engine.testing.fakes import FakeClock, RecordingWake
from tests.api.test_app import FakeServing
from tests.fixtures.instances import Cli, copied

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from datetime import datetime

    from fastapi import FastAPI
    from sqlalchemy import Connection

    from engine.store.unit import Store
    from engine.store.workspaces import Workspace

OTHER = "beta"


class Postbox:
    """Keeps the codes that users are sent: address and code, oldest first."""

    def __init__(self) -> None:
        self.codes: list[tuple[str, str]] = []

    async def __call__(self, user: User, code: str, until: datetime) -> None:
        self.codes.append((user.email, code))


@dataclass(frozen=True)
class World:
    """An instance with two workspaces, `acme` with its cast and `beta` with nothing, and the API over it."""

    cli: Cli
    face: Face
    app: FastAPI
    clock: FakeClock
    wake: RecordingWake
    post: Postbox
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
    home: str = "acme"

    def as_(self, role: Role | None) -> Api:
        """Call as somebody else; None is nobody."""
        return replace(self, role=role)

    def inside(self, workspace: str) -> Api:
        """Call in another workspace, as somebody who is in it."""
        return replace(self, workspace=workspace, home=workspace)

    def visiting(self, workspace: str) -> Api:
        """Call in another workspace, as somebody who is not in it."""
        return replace(self, workspace=workspace)

    def at(self, path: str) -> str:
        """Return the whole path."""
        return path if path.startswith(PREFIX) else f"{PREFIX}/workspaces/{self.workspace}{path}"

    async def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Call with any method; takes what httpx's `request` takes."""
        shown = {} if self.role is None else shown_by(token_of(self.home, self.role))
        self.client.cookies.clear()  # each call shows what it says, never what an answer before has set
        return await self.client.request(method, self.at(path), headers=shown | request.pop("headers", {}), **request)

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
    # The clock of these tests stands still: no bucket of requests would fill again.
    settings = Settings(data_dir=cli.folder, database_url=cli.url, rate_limit=0)
    core = make_core(store, key_file=settings.key_file, allow_private=())
    clock, wake, post = FakeClock(SystemClock().now()), RecordingWake(), Postbox()
    face = Face(
        settings=settings,
        store=RecordingStore(store),
        clock=clock,
        registry=core.registry,
        wake=wake,
        vault=core.vault,
        http=core.http,
        offload=core.offload,
        identify=Gate(store, clock),
        passwords=Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)),
        send_code=post,
    )
    acme, beta = (_do(store.read(workspaces.by_name, name)) for name in ("acme", OTHER))
    for workspace in (acme, beta):
        _do(store.write(let_in, workspace, clock.now()))
    yield World(cli, face, make_app(FakeServing(), None, face, Meter(core)), clock, wake, post, acme, beta)
    face.passwords.close()
    _do(store.close())


@pytest.fixture(scope="module")
def api(world: World) -> Api:
    """Give calls as the owner of the workspace `acme`."""
    return Api(httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url="https://chappe", trust_env=False))


def token_of(workspace: str, role: Role) -> str:
    """Return the token of the session of who has that role there."""
    return f"{workspace}-{role}"


def shown_by(token: str) -> dict[str, str]:
    """Return the headers of a browser with that session, whose page sends the CSRF token."""
    return {"cookie": f"{credentials.COOKIE}={token}", credentials.CSRF: credentials.csrf_of(token)}


def let_in(connection: Connection, workspace: Workspace, now: datetime) -> None:
    """Make a user of each role, signed in; the first workspace's owner is the administrator too."""
    for role in Role:
        address = f"{role}@{workspace.name}.example.org"
        admin = role == Role.OWNER and not users.anybody(connection)
        user = User(new_id(), f"{role} of {workspace.name}", address, admin, users.ACTIVE, now)
        users.add(connection, user)
        users.join(connection, Membership(workspace.id, user.id, role, None, now))
        token = credentials.hash_of(token_of(workspace.name, role))
        sessions.begin(connection, Session(token, user.id, "password", now, now, now + timedelta(days=30)))


def _do(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)
