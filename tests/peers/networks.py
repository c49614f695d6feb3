"""The sandbox's networks on loopback: accounts connected as people connect them, and every publishing request noted.

In this process by `running`, on the loop and the clock of the test; as a process of its own, for kill tests, by
`python -m tests.peers.networks --help`. That one waits a random moment before and after each commit and goes on when
the client has gone, so that a kill at any instant meets every order of events.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import re
import socket
import ssl
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

import httpx

from engine.contract.account import Account
from engine.contract.context import Attempt, SendContext
from engine.contract.oauth import App, Ask, Code, OAuthContext, OAuthKind, challenge_of
from engine.http_client import HttpClient
from engine.model.picture import LinkCard, Picture
from engine.run.apps import public_app
from engine.run.network import BoundHttp
from engine.testing.fakes import FakeClock
from sandbox.__main__ import server_of
from sandbox.journal import Journal
from sandbox.people import Account as Member
from sandbox.world import World
from tests.peers.pictures import photo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from engine.contract.sink import Receipt, Sink
    from engine.model.post import Content

WHERE: Final = {
    "facebook": {"authorize": "/v26.0/dialog/oauth", "token": "/v26.0/oauth/access_token", "api": ""},
    "linkedin": {"authorize": "/oauth/v2/authorization", "token": "/oauth/v2/accessToken", "api": ""},
    "x": {"authorize": "/i/oauth2/authorize", "token": "/2/oauth2/token", "api": ""},
}
"""Where each network has its addresses, behind the sandbox's own and the network's name."""
PUBLISHING: Final = re.compile(
    r"/(?P<network>facebook|linkedin|x)(?:/v\d+\.\d/[^/]+/feed|/rest/posts|/2/tweets|/2/users/\d+/retweets)"
)
VERIFIER: Final = "a-verifier-that-is-long-enough-for-rfc-7636-section-4.1"
REDIRECT: Final = "http://{}:5123/callback"
_FIRST: Final = 1_700_000_000_000_001_000
NEXT_DAY: Final = timedelta(days=1, minutes=1)


class Asked(NamedTuple):
    """A publishing request that came whole: whose token it bore, when, and its body."""

    network: str
    account: str
    at: float
    sha256: str
    body: str


class Noted:
    """The sandbox's application; it notes each publishing request first, and may take its time around what it does."""

    def __init__(self, world: World, app: Any, note: Callable[[Asked], None], wait: Callable[[], float]) -> None:
        self._world = world
        self._app = app
        self._note = note
        self._wait = wait

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        found = scope["type"] == "http" and scope["method"] == "POST" and PUBLISHING.fullmatch(scope["path"])
        if not found:
            await self._app(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None:
            return
        tokens = self._world.networks[found["network"]].authority.tokens
        token = tokens.get(dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer "))
        account = (token.subject or token.account) if token else ""
        digest = hashlib.sha256(body).hexdigest()
        self._note(Asked(found["network"], account, time.time(), digest, body.decode("utf-8", "replace")))
        await _moment(self._wait())
        said: list[Any] = []
        await self._app(scope, _again(body, receive), _kept(said))
        await _moment(self._wait())
        for message in said:
            await send(message)


@dataclass
class Networks:
    """The networks under the test's hand; `asked` are the publishing requests that came, in order."""

    world: World
    clock: Any
    url: str
    http: HttpClient
    browser: httpx.AsyncClient
    asked: list[Asked] = field(default_factory=list)
    server: Any = None

    async def begin_anew(self) -> None:
        """Forget all that was published, granted and scripted; a day has gone by, so every window is open again."""
        for network in self.world.networks.values():
            for kept in (network.publications, network.pictures, network.facts, network.authority.tokens):
                kept.clear()
            network.faults.scripted.clear()
        self.asked.clear()
        self.clock.advance(NEXT_DAY)
        date = format_datetime(self.clock.now(), usegmt=True)
        self.server.server_state.default_headers = [(b"date", date.encode())]
        await self.steer("facebook/usage", {}, method="PUT")

    async def steer(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """Use an address that steers the networks, below `/networks`; return what it says."""
        answer = await self.browser.request(method, f"/networks/{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def fault(self, network: str, **script: Any) -> None:
        """Let one of the next requests go wrong."""
        await self.steer(f"{network}/faults", script)

    async def timeline(self, network: str, account: str) -> list[dict[str, Any]]:
        """Return what the readers of an account see, newest first."""
        return list((await self.steer(f"{network}/accounts/{account}", method="GET"))["posts"])

    def settings(self, network: str) -> dict[str, str]:
        """Return the settings of our app at a network."""
        where = {name: f"{self.url}/{network}{path}" for name, path in WHERE[network].items()}
        permission = {"member_posts_permission": "Given for tests."} if network == "linkedin" else {}
        return {"client_id": self.client(network).id, **where, **permission}

    def client(self, network: str) -> Any:
        """Return our app as the network knows it."""
        return next(iter(self.world.networks[network].authority.clients.values()))

    async def connect(
        self, kind: OAuthKind, person: str, *, scopes: Collection[str] | None = None, **settings: str
    ) -> Account:
        """Let a person agree, to all that is asked or to these scopes; return the account that comes of it."""
        chosen = self.settings(kind.kind) | settings
        app = App(kind.AppSettings.model_validate(chosen), {"client_secret": self.client(kind.kind).secret})
        redirect = REDIRECT.format(kind.loopback)
        address = httpx.URL(kind.authorize_url(app, Ask(redirect, "s1", challenge_of(VERIFIER))))
        if scopes is not None:
            address = address.copy_set_param("scope", " ".join(scopes))
        led = await self.browser.get(address.copy_merge_params({"as": person, "auto": "1"}))
        code = httpx.URL(led.headers["location"]).params["code"]
        ctx = OAuthContext(BoundHttp(self.http, kind, fresh=True), app, self.clock.now())
        tokens = await kind.exchange(Code(code, redirect, VERIFIER), ctx)
        [identity] = await kind.identities(tokens, ctx)
        return Account(
            f"a-{person}", person, kind.kind, secrets=(identity.tokens or tokens).secrets(), grant=1,
            remote_id=identity.remote_id, app=public_app(kind.AppSettings, json.dumps(chosen)),
        )  # fmt: skip

    def ctx(self, sink: Sink[Any], account: Account, **given: Any) -> SendContext:
        """Return what a sink is handed; `ahead` is how far our clock is before the networks'."""
        now = self.clock.now() + given.pop("ahead", timedelta())
        http = BoundHttp(self.http, sink, timeout=given.pop("timeout", 5.0))
        beside = {"pictures": drawn, "card": no_card} | given
        return SendContext(http, account, Attempt("0197attempt", 1, "0197delivery", now), now, **beside)

    async def send(self, sink: Sink[Any], content: Content, ctx: SendContext) -> Receipt:
        """Publish as the engine does: upload, ask whether that is taken, make the body, commit."""
        prepared = await sink.prepare(content, ctx)
        await sink.ready(replace(ctx, prepared=prepared))
        return await sink.commit(sink.wire(content, ctx.account, ctx.attempt, prepared), ctx)


async def drawn(content: Content) -> tuple[Picture, ...]:
    """Give a content's pictures as they would have been fetched: the n-th is 60 + n pixels wide."""
    return tuple(
        Picture(photo(60 + number), "image/jpeg", 60 + number, 40, piece.alt)
        for number, piece in enumerate(content.media)
    )


async def no_card(url: str) -> LinkCard | None:
    """Give no card of a page, as where it says nothing of itself."""
    assert url
    return None


@asynccontextmanager
async def running() -> AsyncIterator[Networks]:
    """Run the sandbox on this loop."""
    clock, asked = FakeClock(), list[Asked]()
    world = World(clock=clock)
    server = server_of(world)
    server.config.app = Noted(world, server.config.app, asked.append, lambda: 0.0)
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        await server.startup(sockets=[listening])
        async with (
            httpx.AsyncClient(base_url=url, verify=no_tls) as browser,
            HttpClient(allow_private=["127.0.0.1"], tls=no_tls) as http,
        ):
            yield Networks(world, clock, url, http, browser, asked, server)
        clock.advance(NEXT_DAY)
        await server.shutdown(sockets=[listening])


def read_asked(path: Path) -> list[Asked]:
    """Return the requests that a process has noted."""
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    return [Asked(**json.loads(line)) for line in whole.splitlines()]


async def _whole(receive: Any) -> bytes | None:
    """Return the body of a request, None where the client has gone before its end."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += bytes(message["body"])
        if not message.get("more_body"):
            return body


def _again(body: bytes, receive: Any) -> Any:
    read = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def give() -> Any:
        for message in read:
            return message
        return await receive()

    return give


def _kept(said: list[Any]) -> Any:
    async def keep(message: Any) -> None:
        said.append(message)

    return keep


async def _moment(seconds: float) -> None:
    if seconds:
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        loop.call_later(seconds, over.set_result, None)
        await over


def _let_in(world: World, crowd: int) -> None:
    """Let a crowd have accounts at X, beside Acme's people: `p0`, `p1` and so on."""
    for number in range(crowd):
        member = Member(str(_FIRST + number), f"Person {number}", handle=f"person_{number}", person=f"p{number}")
        world.networks["x"].accounts[member.id] = member


def _write(file: TextIO, asked: Asked) -> None:
    file.write(json.dumps(asked._asdict()) + "\n")
    file.flush()


def main() -> None:
    """Serve until standard input ends; the first line of standard output is `{"url": …}`."""
    parser = argparse.ArgumentParser(description="The sandbox's networks, which note what they are asked for.")
    parser.add_argument("--journal", type=Path, required=True, help="where the sandbox writes what happened")
    parser.add_argument("--asked", type=Path, required=True, help="where the publishing requests are noted")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=15.0, help="the longest wait before and after a commit")
    parser.add_argument("--crowd", type=int, default=0, help="so many people have accounts at X, beside Acme's")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    world = World(Journal(options.journal))
    _let_in(world, options.crowd)
    with options.asked.open("a", encoding="utf-8") as file, socket.create_server(("127.0.0.1", 0)) as listening:
        server = server_of(world)
        wait = partial(chance.uniform, 0.0, options.delay_ms / 1_000)
        server.config.app = Noted(world, server.config.app, partial(_write, file), wait)
        sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{listening.getsockname()[1]}"}) + "\n")
        sys.stdout.flush()
        asyncio.run(_serve(server, listening))
    world.close()


async def _serve(server: Any, listening: socket.socket) -> None:
    asyncio.get_running_loop().add_reader(sys.stdin, _look, server)
    await server.serve(sockets=[listening])


def _look(server: Any) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin)
        server.should_exit = True


if __name__ == "__main__":
    main()
