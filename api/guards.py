"""What every request passes before a route sees it, and every answer on its way out.

The outer guard names the request and adds what every answer carries; the inner one takes the body: all of it, in time,
of a size and form that a route can read. They are plain ASGI, so that nothing is buffered that streams.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog
from starlette.datastructures import Headers, MutableHeaders

from api.problem_list import BAD_REQUEST, HEADERS, TOO_LARGE, TOO_SLOW, UNSUPPORTED
from api.problems import REQUEST_ID, answer
from engine.ids import new_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.problem_list import Problem

HEADERS_MOST: Final = 100
HEAD_MOST: Final = 32 * 1024
BODY_MOST: Final = 1_000_000
BODY_WITHIN: Final = 20.0
DEPTH: Final = 100
DIGEST: Final = "body_digest"
NOTICES: Final = "notices"
"""Headers that a route wants on its answer, whatever the answer is: pairs in the state of its scope."""

SECURITY: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cache-control": "no-store",
}
"""What an answer carries that does not say otherwise itself."""

_HTTPS: Final = "max-age=31536000"
_SANE_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
# A string of JSON, or what is left of one that does not end: either way it is read once.
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS: Final = re.compile(rb"[\[\]{}]")
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_JSON: Final = re.compile(r"application/(?:[\w.-]+\+)?json", re.IGNORECASE | re.ASCII)
_TEXT: Final = re.compile(r"text/.*|application/(?:[\w.-]+\+)?yaml|application/x-yaml", re.IGNORECASE | re.ASCII)
_CHARSET: Final = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_UTF_8: Final = {"utf-8", "utf8", "us-ascii"}
_NOTHING: Final = hashlib.sha256(b"").hexdigest()


class Doorman:
    """Gives each request an id, in its answer and in the log, and each answer the headers that protect who reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        identity = given if _SANE_ID.fullmatch(given) else new_id()
        state: dict[str, Any] = scope.setdefault("state", {})
        state[REQUEST_ID] = identity
        # It stays bound until the request's task ends: the server logs there what nobody foresaw.
        structlog.contextvars.bind_contextvars(request_id=identity)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = identity
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
                if scope.get("scheme") == "https":
                    headers.setdefault("strict-transport-security", _HTTPS)
                for name, value in state.get(NOTICES, ()):
                    headers.append(name, value)
            await send(message)

        await self.app(scope, receive, sending)


@dataclass(frozen=True, slots=True)
class _Refusal:
    problem: Problem
    detail: str


class Bodies:
    """Takes the body of each request, and refuses one that is too large, too slow, or in no readable form."""

    def __init__(self, app: ASGIApp, most: int = BODY_MOST, within: float = BODY_WITHIN) -> None:
        self.app = app
        self.most = most
        self.within = within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its whole body, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        bare = _is_bare(scope, headers)
        taken = _head(scope, headers, self.most) or (b"" if bare else await self._take(receive))
        if taken and isinstance(taken, bytes):
            taken = _form(taken, headers.get("content-type", "")) or taken
        if isinstance(taken, _Refusal):
            # What is left of the body is not read, so nothing else can come over this connection.
            refused = answer(scope, taken.problem, taken.detail, headers={"connection": "close"})
            await refused(scope, receive, send)
            return
        if taken is None:  # the client has gone
            return
        scope.setdefault("state", {})[DIGEST] = hashlib.sha256(taken).hexdigest() if taken else _NOTHING
        await self.app(scope, receive if bare else _replayed(taken, receive), send)

    async def _take(self, receive: Receive) -> bytes | _Refusal | None:
        body = bytearray()
        try:
            async with asyncio.timeout(self.within):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > self.most:
                        return _too_large(self.most)
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            return _Refusal(TOO_SLOW, f"The body was not complete within {self.within:g} s.")


def _head(scope: Scope, headers: Headers, most: int) -> _Refusal | None:
    """Return what is wrong before the body is read."""
    if len(headers) > HEADERS_MOST or sum(len(name) + len(value) for name, value in headers.raw) > HEAD_MOST:
        return _Refusal(HEADERS, f"At most {HEADERS_MOST} headers are taken, of {HEAD_MOST:,} bytes together.")
    if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
        return _Refusal(BAD_REQUEST, "The address holds a NUL character, which stands in no name.")
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return _Refusal(UNSUPPORTED, "Compressed bodies are not taken: send it as it is.")
    charset = _CHARSET.search(headers.get("content-type", ""))
    if charset and charset[1].lower() not in _UTF_8:
        return _Refusal(UNSUPPORTED, f"The charset {charset[1][:40]} is not taken: send UTF-8.")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return _Refusal(BAD_REQUEST, "Content-Length is no number.")
    return _too_large(most) if len(length) > len(str(most)) + 1 or int(length) > most else None


def _is_bare(scope: Scope, headers: Headers) -> bool:
    """Tell a request that brings no body: without one of these headers there is none (RFC 9112, 6.3)."""
    return scope["http_version"] == "1.1" and not ("content-length" in headers or "transfer-encoding" in headers)


def _too_large(most: int) -> _Refusal:
    return _Refusal(TOO_LARGE, f"The body has more than {most:,} bytes.")


def _form(body: bytes, kind: str) -> _Refusal | None:
    """Return what is wrong with the form of a body, as far as it is said to be text."""
    media_type = kind.partition(";")[0].strip()
    is_json = bool(_JSON.fullmatch(media_type))
    if not is_json and not _TEXT.fullmatch(media_type):
        return None
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return _Refusal(BAD_REQUEST, f"The body is not UTF-8: byte {error.start} cannot be read.")
    if is_json and is_deep(body):
        return _Refusal(BAD_REQUEST, f"The body is nested more than {DEPTH} levels deep.")
    if b"\0" in body or (is_json and _NUL.search(body)):
        return _Refusal(BAD_REQUEST, "The body holds a NUL character, which no text of ours may have.")
    return None


def is_deep(body: bytes, most: int = DEPTH) -> bool:
    """Tell JSON that nests deeper than that, before anything reads it by recursion."""
    if body.count(b"[") + body.count(b"{") <= most:
        return False
    depth = 0
    for bracket in _BRACKETS.finditer(_STRING.sub(b"", body)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > most:
            return True
    return False


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a way to receive the body again, and after it what the server says."""
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving
