"""The Graph API by facebook-sdk, over the engine's own client.

facebook-sdk 3.1.0 (its source read on 2026-11-22) knows no current version, has no time-out, puts the token into
addresses, and reads a refusal without `error` as a success. It is therefore given the version after it was made, and a
session of ours: the token goes into a header, every answer is classified before the library sees it, and what it
cannot read is an error. Its calls block, so each runs in a thread and its requests in the event loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlencode

import facebook

from engine.errors import DoubtfulError, RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.account import Account
    from engine.contract.context import Http
    from engine.http_client import Response

_THREADS: Final = ThreadPoolExecutor(32, thread_name_prefix="facebook")
"""Of our own: what hangs at Facebook keeps nobody else's threads. None is started before the first call."""
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer as facebook-sdk reads one: always a JSON document."""

    document: Any
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})

    def json(self) -> Any:
        return self.document


class Graph:
    """The Graph API as one account. `publishing` says that a write publishes: it is made once, and may be doubtful."""

    def __init__(self, http: Http, account: Account, *, publishing: bool = False) -> None:
        self._http = http
        self._account = account
        self._publishing = publishing
        self._requests: list[Future[_Said]] = []

    async def connections(self, node: str, edge: str, **arguments: Any) -> dict[str, Any]:
        """Return a page of what is connected to a node."""
        return await self._call("get_connections", node, edge, **arguments)

    async def words_of(self, photo: str) -> str:
        """Return what the page wrote for those who do not see a photo; empty where the photo may not be read."""
        try:
            found = await self._call("get_object", photo, fields="alt_text_custom")
        except RejectedError:
            return ""
        words = found.get("alt_text_custom")
        return words if isinstance(words, str) else ""

    async def put(self, node: str, edge: str, **arguments: Any) -> dict[str, Any]:
        """Add to what is connected to a node."""
        return await self._call("put_object", node, edge, **arguments)

    async def put_photo(self, node: str, picture: tuple[str, bytes], **arguments: Any) -> dict[str, Any]:
        """Upload a picture, given by its content type and its bytes."""
        return await self._call("put_photo", picture, f"{node}/photos", **arguments)

    async def _call(self, name: str, *arguments: Any, **named: Any) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        graph = facebook.GraphAPI(self._account.secrets["access_token"], session=_Session(self, loop))
        graph.version = str(self._account.app["version"])
        try:
            found = await loop.run_in_executor(_THREADS, partial(getattr(graph, name), *arguments, **named))
        except asyncio.CancelledError:
            for request in self._requests:
                request.cancel()
            raise
        if not isinstance(found, dict):
            raise self._unreadable("something that is no object")
        return found

    def begin(self, loop: asyncio.AbstractEventLoop, request: _Request) -> _Said:
        """Make a request in the event loop and wait for its answer, in the library's thread."""
        future = asyncio.run_coroutine_threadsafe(self._answer(request), loop)
        self._requests.append(future)
        return future.result()

    async def _answer(self, request: _Request) -> _Said:
        url = f"{self._account.app['api']}/{request.path}"
        headers = {"Authorization": f"Bearer {request.token}"}
        if request.method == "GET":
            answer = await self._http.fetch("GET", f"{url}?{urlencode(request.query)}", headers=headers)
        else:
            kind, content = request.body()
            send = self._http.publish if self._publishing else self._http.fetch
            answer = await send(request.method, url, headers={**headers, "Content-Type": kind}, content=content)
        return self._read(answer)

    def _read(self, answer: Response) -> _Said:
        try:
            return _Said(answer.json())
        except (ValueError, RecursionError):
            raise self._unreadable("something that is not JSON") from None

    def _unreadable(self, what: str) -> DoubtfulError | TransientError:
        message = f"Facebook answered with {what}."
        return DoubtfulError(message) if self._publishing else TransientError(message)


@dataclass(frozen=True, slots=True)
class _Request:
    """A request as facebook-sdk asks for it, without its token."""

    method: Literal["GET", "POST"]
    path: str
    token: str = field(repr=False)
    query: dict[str, Any]
    form: dict[str, Any]
    picture: tuple[str, bytes] | None = None

    def body(self) -> tuple[str, bytes]:
        """Return the content type and the body: a form, with the picture where there is one."""
        if self.picture is None:
            return _FORM, urlencode(self.form).encode()
        kind, picture = self.picture
        edge = hashlib.sha256(picture).hexdigest()
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in self.form.items()
        ]
        name = f"picture.{kind.rpartition('/')[2]}"
        head = f'Content-Disposition: form-data; name="source"; filename="{name}"\r\nContent-Type: {kind}'
        parts.append(f"--{edge}\r\n{head}\r\n\r\n".encode() + picture + f"\r\n--{edge}--\r\n".encode())
        return f"multipart/form-data; boundary={edge}", b"".join(parts)


class _Session:
    """What facebook-sdk takes for a `requests.Session`."""

    def __init__(self, graph: Graph, loop: asyncio.AbstractEventLoop) -> None:
        self._graph = graph
        self._loop = loop

    def request(
        self,
        method: Literal["GET", "POST"],
        url: str,
        *,
        params: dict[str, Any],
        data: dict[str, Any] | None,
        files: dict[str, tuple[str, bytes]] | None,
        **_: Any,
    ) -> _Said:
        """Make the request without the library's address and with the token in a header."""
        query, form = dict(params), dict(data or {})
        token = form.pop("access_token", None) or query.pop("access_token")
        path = url.removeprefix(facebook.FACEBOOK_GRAPH_URL)
        return self._graph.begin(self._loop, _Request(method, path, token, query, form, (files or {}).get("source")))


def compact(document: Any) -> str:
    """Return JSON as short and as always the same as can be."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
