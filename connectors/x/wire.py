"""X's API: posts by tweepy over the engine's own client, pictures by ourselves.

tweepy 4.17.0 (its source read on 2026-11-22) opens a connection for each call, has no time-out, writes tokens into its
log, and knows media only as they were before 2025. So its one method that speaks to the network is replaced, and what
it builds and reads is kept.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

from tweepy.asynchronous import AsyncClient

from engine.errors import DoubtfulError, RateLimitedError, RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.context import SendContext
    from engine.http_client import Response
    from engine.model.picture import Picture

_DONE: Final = "succeeded"
_FAILED: Final = "failed"
_LONGEST_S: Final = 3_600


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


class Uploaded(NamedTuple):
    """The id of a picture, which is good for a day, and whether X was done with it at once, as with most."""

    id: str
    done: bool


async def upload(picture: Picture, ctx: SendContext) -> Uploaded:
    """Upload a picture with its description.

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
    if picture.alt:
        described = {"id": media, "metadata": {"alt_text": {"text": picture.alt}}}
        await _ask("/2/media/metadata", described, ctx)
    return Uploaded(media, done=_state(ended) == _DONE)


async def done_with(media: str, ctx: SendContext) -> None:
    """Raise RateLimitedError while X still works at a picture, and RejectedError where it made nothing of it.

    The same page; what was wrong stands in `processing_info.error`, which the description of the API leaves out.
    """
    url = f"{ctx.account.app['api']}/2/media/upload?{urlencode({'command': 'STATUS', 'media_id': media})}"
    said = await _Said(await ctx.http.fetch("GET", url, headers=_bearer(ctx)), published=False).json()
    data = said.get("data")
    told = data if isinstance(data, dict) else {}
    if (state := _state(told)) == _FAILED:
        error = told["processing_info"].get("error")
        why = error.get("message") if isinstance(error, dict) else None
        words = str(why or "it does not say why")[:500].rstrip(". ")
        raise RejectedError(f"X can do nothing with a picture of this post: {words}.", code="x_processing_failed")
    if state != _DONE:
        after = told["processing_info"].get("check_after_secs")
        wait = timedelta(seconds=after) if isinstance(after, int) and 0 < after < _LONGEST_S else None
        raise RateLimitedError("X still works at a picture of this post: it is asked again.", wait=wait)


def _state(told: Mapping[str, Any]) -> str:
    """Return how far X is with media; where it says nothing of that, nothing is left to do."""
    info = told.get("processing_info")
    return str(info.get("state") or _DONE) if isinstance(info, dict) else _DONE


def _bearer(ctx: SendContext) -> dict[str, str]:
    return {"Authorization": f"Bearer {ctx.account.secrets['access_token']}"}


async def _ask(route: str, document: Mapping[str, Any] | None, ctx: SendContext) -> dict[str, Any]:
    """Post a document, which may be repeated; return the `data` of the answer."""
    headers = _bearer(ctx) | {"Content-Type": "application/json"}
    content = compact(document) if document is not None else b""
    answer = await ctx.http.fetch("POST", f"{ctx.account.app['api']}{route}", headers=headers, content=content)
    said = await _Said(answer, published=False).json()
    data = said.get("data")
    return data if isinstance(data, dict) else {}


def compact(document: Any) -> bytes:
    """Return JSON as short and as always the same as can be."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
