"""`Idempotency-Key`: a POST that is sent again, because its answer was lost, is answered again and not done again.

The key is taken once the caller is known (`begin`), and the answer is kept before it is sent (`Remembering`). Only an
answer that something was done is kept: after a refusal the same key may be sent again, and after an error too. While a
request is worked on its process holds the key, however long that takes. Where the process died, or met what nobody
foresaw, nobody knows what was done: the key is held for a minute more, then the same request may be tried again.

A key is of one caller: of a user who is signed in, or of one API key, in one workspace or outside of all.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request, Response
from starlette.datastructures import Headers

from api import recording
from api.errors import BadRequestError, Fault, InProgressError, KeyReusedError
from api.guards import DIGEST
from engine.store import idempotency as rows
from engine.store.idempotency import Kept, Use
from engine.vault import Place

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.face import Caller, Face

HEADER: Final = "idempotency-key"
DEAD_AFTER: Final = timedelta(minutes=1)
HOLD_EVERY_S: Final = 20.0
"""How often a process says that it works on a request still."""

_USE: Final = "idempotent_use"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_KEPT: Final = frozenset({"content-type", "location", "etag", "link"})
_REFUSALS: Final = 400
_BETWEEN: Final = "\n"
"""What stands between a sealed answer and the key of its own, where it has one."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose keys: of a user who is signed in or of an API key, by id; `workspace_id` is empty outside of all.

    `data_key` is what the answers of a workspace are sealed with; outside of all each has one of its own.
    """

    workspace_id: str
    id: str
    data_key: str = ""

    @classmethod
    def of(cls, caller: Caller) -> Owner:
        """Return who calls in a workspace."""
        return cls(caller.workspace.id, caller.key_id or caller.user_id, caller.workspace.data_key)


class AnsweredBeforeError(Exception):
    """The request was answered before: `kept` is the answer."""

    def __init__(self, kept: Kept) -> None:
        super().__init__("answered before")
        self.kept = kept


def install(app: FastAPI) -> None:
    """Let the application give an answer again."""
    app.add_exception_handler(AnsweredBeforeError, _again)


async def begin(request: Request, face: Face, owner: Owner) -> None:
    """Take the key of a POST that carries one; raises AnsweredBeforeError, InProgressError or KeyReusedError."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return
    if not _KEY.fullmatch(key):
        detail = "An Idempotency-Key has 1 to 255 visible ASCII characters."
        raise BadRequestError(detail, [Fault(detail, "bad_key", parameter="Idempotency-Key")])
    use = Use(owner.workspace_id, owner.id, key, _hash_of(request))
    now = face.clock.now()
    kept = await face.store.write(rows.take, use, now, now - DEAD_AFTER)
    if kept is None:
        held = asyncio.create_task(_hold(face, use), name="idempotency key")
        request.scope["state"][_USE] = _Taken(face, use, owner.data_key, held)
    elif kept.request_hash != use.request_hash:
        raise KeyReusedError("This Idempotency-Key was sent before with another path or body: make a new one.")
    elif kept.status is None:
        raise InProgressError("The first request with this Idempotency-Key has no answer yet.")
    else:
        data_key, _, sealed = kept.body.decode().rpartition(_BETWEEN)
        opened = face.vault.open(data_key or owner.data_key, sealed, _place(use)).reveal()
        raise AnsweredBeforeError(replace(kept, body=opened.encode("latin-1")))


async def _hold(face: Face, use: Use) -> None:
    """Say again and again that the request is worked on, so that nobody takes its key over."""
    while True:
        await face.clock.sleep(HOLD_EVERY_S)
        await face.store.write(rows.hold, use, face.clock.now())


@dataclass(frozen=True, slots=True)
class _Taken:
    """A key that a request has taken, and what its answer is sealed with: there may be a secret in it."""

    face: Face
    use: Use
    data_key: str
    held: asyncio.Task[None]


class Remembering:
    """Keeps the answer to a request that has taken a key, before the caller has it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; where it has taken a key, its answer is held back until it is kept."""
        if scope["type"] != "http" or HEADER not in Headers(scope=scope) or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        messages: list[Message] = []

        async def holding(message: Message) -> None:
            if _USE in scope.get("state", {}):
                messages.append(message)
            else:  # nobody is known who could have taken a key
                await send(message)

        try:
            await self.app(scope, receive, holding)
        finally:
            taken: _Taken | None = scope.get("state", {}).get(_USE)
            if taken is not None:
                taken.held.cancel()
        recording.end()  # what is kept of the answer is nothing that the caller did
        if taken is not None:
            await _finish(taken, messages)
        for message in messages:
            await send(message)


async def _finish(taken: _Taken, messages: list[Message]) -> None:
    store, use, status = taken.face.store, taken.use, int(messages[0]["status"])
    if status >= _REFUSALS:
        await store.write(rows.give_back, use)
        return
    body = b"".join(message.get("body", b"") for message in messages[1:])
    headers = tuple((name, value) for name, value in Headers(raw=messages[0]["headers"]).items() if name in _KEPT)
    own = "" if taken.data_key else taken.face.vault.new_data_key()
    sealed = taken.face.vault.seal(taken.data_key or own, body.decode("latin-1"), _place(use))
    kept = Kept(use.request_hash, status, headers, f"{own}{_BETWEEN}{sealed}".encode())
    await store.write(rows.keep, use, kept)


def _place(use: Use) -> Place:
    return Place(use.workspace_id, "idempotency_keys", f"{use.user_id}:{use.key}", "body")


async def _again(request: Request, error: Any) -> Response:
    del request
    kept: Kept = error.kept
    return Response(kept.body, kept.status or 200, {**dict(kept.headers), "idempotent-replayed": "true"})


def _hash_of(request: Request) -> str:
    body = request.scope["state"].get(DIGEST, "")
    parts = (request.method, request.url.path, request.url.query, request.headers.get("content-type", ""), body)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
