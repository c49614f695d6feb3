"""X's API: posts by tweepy over the engine's own client, pictures by ourselves.

tweepy 4.17.0 (its source read on 2026-11-22) opens a connection for each call, has no time-out, writes tokens into its
log, and knows media only as they were before 2025. So its one method that speaks to the network is replaced, and what
it builds and reads is kept.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from tweepy.asynchronous import AsyncClient

from engine.errors import DoubtfulError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.context import SendContext
    from engine.http_client import Response
    from engine.model.picture import Picture

_SETTLED: Final = frozenset({"", "succeeded"})


class Client(AsyncClient):  # type: ignore[misc]  # tweepy ships no types
    """tweepy's client as one account; every request goes out by `ctx.http`."""

    def __init__(self, ctx: SendContext) -> None:
        super().__init__(bearer_token=ctx.account.secrets["access_token"], return_type=dict)
        self._ctx = ctx

    async def request(
        self, method: str, route: str, params: Any = None, json: Any = None, user_auth: object = None
    ) -> _Said:
        """Make a request: a GET may be repeated, any other publishes."""
        del user_auth
        http, url = self._ctx.http, f"{self._ctx.account.app['api']}{route}"
        headers = {"Authorization": f"Bearer {self.bearer_token}"}
        if method == "GET":
            return _Said(await http.fetch("GET", f"{url}?{urlencode(params or {})}", headers=headers), published=False)
        headers["Content-Type"] = "application/json"
        return _Said(await http.publish(method, url, headers=headers, content=compact(json)), published=True)


class _Said:
    """An answer as tweepy reads one."""

    def __init__(self, answer: Response, *, published: bool) -> None:
        self._answer = answer
        self._published = published

    async def json(self) -> dict[str, Any]:
        """Return the document, which must be an object."""
        try:
            said = self._answer.json()
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            message = "X answered with something that cannot be read."
            raise DoubtfulError(message) if self._published else TransientError(message)
        return said


async def upload(picture: Picture, ctx: SendContext) -> str:
    """Upload a picture with its description; return its id, which is good for a day.

    docs.x.com/x-api/media/quickstart/media-upload-chunked, read 2026-08-22.
    """
    asked = {"media_type": picture.mime, "media_category": "tweet_image", "total_bytes": len(picture.bytes)}
    begun = await _ask("/2/media/upload/initialize", asked, ctx)
    media = str(begun.get("id", ""))
    if not media.isdigit():
        raise TransientError("X did not say what the picture is called.")
    segment = {"media": base64.b64encode(picture.bytes).decode(), "segment_index": 0}
    await _ask(f"/2/media/upload/{media}/append", segment, ctx)
    ended = await _ask(f"/2/media/upload/{media}/finalize", None, ctx)
    info = ended.get("processing_info")
    if isinstance(info, dict) and str(info.get("state", "")) not in _SETTLED:
        raise TransientError("X has not taken the picture yet.")
    if picture.alt:
        described = {"id": media, "metadata": {"alt_text": {"text": picture.alt}}}
        await _ask("/2/media/metadata", described, ctx)
    return media


async def _ask(route: str, document: Mapping[str, Any] | None, ctx: SendContext) -> dict[str, Any]:
    """Post a document, which may be repeated; return the `data` of the answer."""
    headers = {"Authorization": f"Bearer {ctx.account.secrets['access_token']}", "Content-Type": "application/json"}
    content = compact(document) if document is not None else b""
    answer = await ctx.http.fetch("POST", f"{ctx.account.app['api']}{route}", headers=headers, content=content)
    said = await _Said(answer, published=False).json()
    data = said.get("data")
    return data if isinstance(data, dict) else {}


def compact(document: Any) -> bytes:
    """Return JSON as short and as always the same as can be."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
