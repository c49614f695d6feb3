"""Where others call us; what they say is checked, and wakes a poll or a sync.

Platforms call at `/hooks/WORKSPACE/PLATFORM`, git servers at `/hooks/git/REPOSITORY`, hubs of feeds (WebSub) at
`/hooks/websub/SUBSCRIPTION`, and whoever knows a source's secret at `/hooks/WORKSPACE/sources/SOURCE`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from fastapi import APIRouter, Request, status
from fastapi.responses import PlainTextResponse, Response

from api import git_hooks
from connectors.webhook.wire import is_signed
from engine.contract.hint import HintingKind
from engine.errors import ChappeError
from engine.run import hub
from engine.run.hint import hint
from engine.run.sealing import app_place, source_hook_place
from engine.store import apps, sources, workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.run.core import Core

LARGEST: Final = 1_000_000
"""Bytes that a call may have."""


_TEXT: Final = {"text/plain": {"schema": {"type": "string"}}}
_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    403: {"description": "Not signed as it should be, or not for anybody here.", "content": _TEXT},
    413: {"description": "Too large.", "content": _TEXT},
}


class Hooks(Protocol):
    """What the addresses ask of the process behind them; None and False stand for *not ours*."""

    async def challenge(self, workspace: str, platform: str, query: Mapping[str, str]) -> str | None:
        """Return the answer to a platform that asks whether the address is ours."""

    async def call(self, workspace: str, platform: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Take a call; False where its signature is not right."""

    async def pushed(self, repository_id: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Take the call of a git server; False where its signature is not right."""

    async def confirm(self, subscription_id: str, query: Mapping[str, str]) -> str | None:
        """Return the answer to a hub that asks whether a wish is ours."""

    async def told(self, subscription_id: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Take what a hub says of a feed; False where its signature is not right."""

    async def woken(self, workspace: str, source_id: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Take a call that says that a source has news; False where its signature is not right."""


def hook_routes(hooks: Hooks) -> APIRouter:
    """Return the addresses. Whoever is refused does not learn why, nor which workspaces and platforms there are."""
    router = APIRouter(prefix="/hooks", tags=["hooks"], default_response_class=PlainTextResponse, responses=_REFUSALS)

    @router.post("/git/{repository:uuid}", summary="A git server says that something was pushed.")
    async def pushed(repository: UUID, request: Request) -> Response:
        body = await _body(request)
        return _answer(body is not None and await hooks.pushed(repository.hex, request.headers, body), body)

    @router.get("/websub/{subscription:uuid}", summary="A hub asks whether a subscription is ours.")
    async def confirm(subscription: UUID, request: Request) -> PlainTextResponse:
        answer = await hooks.confirm(subscription.hex, request.query_params)
        return PlainTextResponse(answer) if answer is not None else _refused(status.HTTP_404_NOT_FOUND)

    @router.post("/websub/{subscription:uuid}", summary="A hub says that a feed has changed.")
    async def told(subscription: UUID, request: Request) -> Response:
        body = await _body(request)
        return _answer(body is not None and await hooks.told(subscription.hex, request.headers, body), body)

    @router.post("/{workspace}/sources/{source:uuid}", summary="Somebody says that a source has news.")
    async def woken(workspace: str, source: UUID, request: Request) -> Response:
        body = await _body(request)
        return _answer(body is not None and await hooks.woken(workspace, source.hex, request.headers, body), body)

    @router.get("/{workspace}/{platform}", summary="A platform asks whether this address is ours.")
    async def verify(workspace: str, platform: str, request: Request) -> PlainTextResponse:
        answer = await hooks.challenge(workspace, platform, request.query_params)
        return PlainTextResponse(answer) if answer is not None else _refused()

    @router.post("/{workspace}/{platform}", summary="A platform says that something happened.")
    async def call(workspace: str, platform: str, request: Request) -> Response:
        body = await _body(request)
        return _answer(body is not None and await hooks.call(workspace, platform, request.headers, body), body)

    return router


async def _body(request: Request) -> bytes | None:
    """Return the body of a call; None where it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _answer(known: bool, body: bytes | None) -> PlainTextResponse:  # noqa: FBT001  # read in one breath with its call
    if body is None:
        return PlainTextResponse("Too large.", status.HTTP_413_CONTENT_TOO_LARGE)
    return PlainTextResponse("Thank you.") if known else _refused()


def _refused(code: int = status.HTTP_403_FORBIDDEN) -> PlainTextResponse:
    return PlainTextResponse("Not accepted.", code)


@dataclass(frozen=True, slots=True)
class RuntimeHooks:
    """Checks calls with the app's secrets, and wakes the run."""

    core: Core

    async def challenge(self, workspace: str, platform: str, query: Mapping[str, str]) -> str | None:
        """Return the answer to a platform that asks whether the address is ours."""
        place = await self._place(workspace, platform)
        return place.kind.challenge(query, place.secrets) if place else None

    async def call(self, workspace: str, platform: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Poll what a call names; False where its signature is not right."""
        place = await self._place(workspace, platform)
        named = place.kind.hinted(headers, body, place.secrets) if place else None
        if place is None or named is None:
            return False
        await hint(self.core, place.workspace_id, platform, named)
        return True

    async def pushed(self, repository_id: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Let a repository be synced soon; False where the signature is not right."""
        return await git_hooks.pushed(self.core, repository_id, headers, body)

    async def confirm(self, subscription_id: str, query: Mapping[str, str]) -> str | None:
        """Return the answer to a hub that asks whether a wish is ours."""
        return await hub.confirm(self.core, subscription_id, query)

    async def told(self, subscription_id: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Poll the source whose feed a hub tells of; False where the signature is not right."""
        return await hub.pushed(self.core, subscription_id, headers, body)

    async def woken(self, workspace: str, source_id: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Poll a source; False where the signature is not right."""
        core = self.core
        try:
            found = await core.store.read(workspaces.by_name, workspace)
            sealed = await core.store.read(sources.hook_of, found.id, source_id)
            if sealed is None:
                return False
            secret = core.vault.open(found.data_key, sealed, source_hook_place(found.id, source_id)).reveal()
            if not is_signed(body, headers, now=core.clock.now(), secret=secret):
                return False
            await hub.poll(core, source_id)
        except ChappeError:  # no such workspace, no key, no database: to whoever calls it is all the same
            return False
        return True

    async def _place(self, workspace: str, platform: str) -> _Place | None:
        kind = self.core.registry.accounts.get(platform)
        if kind is None or not issubclass(kind, HintingKind):
            return None
        try:
            found = await self.core.store.read(workspaces.by_name, workspace)
            app = await self.core.store.read(apps.get, found.id, platform)
            if app is None or app.sealed is None:
                return None
            opened = self.core.vault.open(found.data_key, app.sealed, app_place(found.id, platform)).reveal()
        except ChappeError:  # no such workspace, no key, no database: to whoever calls it is all the same
            return None
        return _Place(found.id, kind(), json.loads(opened))


@dataclass(frozen=True, slots=True)
class _Place:
    workspace_id: str
    kind: HintingKind
    secrets: Mapping[str, str]
