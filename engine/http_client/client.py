"""The client: one request out; one answer, or one of our errors, back."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from multidict import CIMultiDict

from engine.errors import RejectedError
from engine.http_client.addresses import AddressPolicy, parse_target, redact
from engine.http_client.body import ACCEPTED, read_body
from engine.http_client.redirects import REDIRECTS, Hop, follow
from engine.http_client.resolver import PinnedResolver, Resolver, SystemResolver
from engine.http_client.response import Response
from engine.http_client.translate import FAILURES, fetch_failure, publish_failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

CONNECT_SECONDS = 5.0
# Node, uvicorn and Apache close an idle connection after 5 s by default: ours is given up before, so that a publishing
# request seldom meets a connection that is just being closed, which would leave it in doubt.
KEEP_ALIVE_SECONDS = 4.0
MAX_REDIRECTS = 3
PUBLISH_BYTES = 1_000_000
# aiohttp allows 8 kB for a header; content security policies of large sites are longer, and an answer that cannot be
# read leaves a publish in doubt.
_HEADER_BYTES = 65_536
_STUCK_MS = 20_000
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

_url = lru_cache(maxsize=4096)(httpx.URL)


class HttpClient:
    """The only way out of the process: an asynchronous context manager, or `start` and `stop`.

    `allow_private` is `CHAPPE_ALLOW_PRIVATE` (see `AddressPolicy`); `connections` is how many may be open at once in
    each of the two pools; `agent` is how we introduce ourselves; `resolver` and `tls` stand in for the machine's own.
    """

    def __init__(
        self,
        *,
        allow_private: Sequence[str] = (),
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        connections: int = 400,
        agent: str = "Chappe/0.1",
    ) -> None:
        self._policy = AddressPolicy(allow_private)
        self._resolver = resolver
        self._tls = tls
        self._connections = connections
        self._headers = {"User-Agent": agent, "Accept-Encoding": ACCEPTED}
        self._transports: dict[bool, AiohttpTransport] = {}
        self._pinned: PinnedResolver | None = None

    async def start(self) -> None:
        """Make the two pools: one keeps its connections, the other (`fresh`) closes each after its request."""
        tls = self._tls or _trust()
        self._pinned = PinnedResolver(self._resolver or SystemResolver(), self._policy)
        self._transports[False] = self._transport(tls, keepalive_timeout=KEEP_ALIVE_SECONDS)
        self._transports[True] = self._transport(tls, force_close=True)

    async def stop(self) -> None:
        """Close every connection; what is still under way ends as if the server had closed it."""
        while self._transports:
            _, transport = self._transports.popitem()
            await transport.aclose()
        if self._pinned is not None:
            await self._pinned.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float = 20.0,  # noqa: ASYNC109 - it decides which error a late answer is
        max_bytes: int = 5_000_000,
    ) -> Response:
        """Make a request that may be repeated (reading, uploading) and return the answer, whatever its status.

        `timeout` seconds bound the whole, redirects included; `max_bytes` the body, unpacked. At most three redirects
        are followed, never from https to http, and without credentials to another server.

        Raises TransientError for every failure on the way, and RejectedError with the code `invalid_url`,
        `invalid_header`, `private_address`, `port`, `redirect`, `too_large` or `bad_encoding`.
        """
        hop = Hop(method.upper(), parse_target(url), headers or {}, content)
        try:
            async with asyncio.timeout(timeout):
                return await self._follow(hop, timeout, max_bytes)
        except FAILURES as error:
            failure = fetch_failure(error, redact(url), timeout)
        raise failure

    async def publish(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float = 15.0,  # noqa: ASYNC109 - it decides which error a late answer is
        fresh: bool = False,
    ) -> Response:
        """Make one publishing request, never a second, and return the answer, whatever its status, a redirect too.

        `timeout` seconds bound the whole; an answer of more than 1 MB is not read. `fresh` takes a connection of its
        own, which cannot be a stale one, and closes it afterwards.

        Raises TransientError when provably nothing was sent, RejectedError when the request must not be made at all
        (`invalid_url`, `invalid_header`, `private_address`, `port`), and DoubtfulError for everything else.
        """
        hop = Hop(method.upper(), parse_target(url), headers or {}, content)
        try:
            async with asyncio.timeout(timeout):
                return await self._exchange(hop, timeout, PUBLISH_BYTES, fresh=fresh)
        except FAILURES as error:
            failure = publish_failure(error, redact(url), timeout)
        raise failure

    async def _follow(self, hop: Hop, seconds: float, max_bytes: int) -> Response:
        for remaining in range(MAX_REDIRECTS, -1, -1):
            response = await self._exchange(hop, seconds, max_bytes)
            location = response.headers.get("location")
            if location is None or response.status not in REDIRECTS:
                return response
            if remaining:
                hop = follow(hop, response.status, location)
        raise RejectedError(f"{redact(hop.target.text)} redirects more than {MAX_REDIRECTS} times.", code="redirect")

    async def _exchange(self, hop: Hop, seconds: float, max_bytes: int, *, fresh: bool = False) -> Response:
        request = self._request(hop, seconds)
        response = await self._transports[fresh].handle_async_request(request)
        try:
            body = await read_body(response, hop.method, max_bytes)
        finally:
            await response.aclose()
        return Response(response.status_code, response.headers, body, hop.target.text)

    def _request(self, hop: Hop, seconds: float) -> httpx.Request:
        """Build the request for the transport; raise RejectedError when it must not be made."""
        target = hop.target
        if target.literal is not None:
            self._policy.check(target.host, target.port, target.literal)
        for name, value in hop.headers.items():
            if _CONTROL.search(value):
                raise RejectedError(f"The header {name} would hold a line break.", code="invalid_header")
        connect = min(CONNECT_SECONDS, seconds / 3)
        request = httpx.Request(
            hop.method,
            _url(target.text),
            stream=httpx.ByteStream(hop.content or b""),
            extensions={"timeout": {"connect": connect, "pool": connect}},
        )
        request.read()
        # httpx's own headers cost as much as half a request when aiohttp reads them; aiohttp's own cost nothing there.
        request.headers = CIMultiDict(hop.headers)  # type: ignore[assignment]
        return request

    def _transport(self, tls: ssl.SSLContext | Literal[True], **pool: Any) -> AiohttpTransport:
        connector = aiohttp.TCPConnector(
            ssl=tls,
            resolver=self._pinned,
            use_dns_cache=False,
            limit=self._connections,
            socket_factory=_open_socket,
            **pool,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )
        # aiohttp sends GET, PUT and DELETE again on its own when a kept connection fails; a test watches this switch.
        session._retry_connection = False  # noqa: SLF001
        # The context given here is for sessions that the transport makes itself: ours has its own.
        return AiohttpTransport(client=session, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def _trust() -> ssl.SSLContext | Literal[True]:
    """Trust the machine's authorities, which aiohttp has loaded already, or those of certifi where it has none."""
    stores = ssl.get_default_verify_paths()
    return True if stores.cafile or stores.capath else httpx.create_ssl_context(trust_env=False)


def _open_socket(where: aiohttp.AddrInfoType) -> socket.socket:
    """Open the socket of a connection; what the other side does not take for `_STUCK_MS` ends it.

    A connection that is given up is closed when its last bytes are out; a server that never reads would keep it.
    """
    family, kind, protocol, _, _ = where
    opened = socket.socket(family, kind, protocol)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STUCK_MS)
    return opened
