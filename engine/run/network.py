"""The network as one node sees it: our client, with the node's own judgement of each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import DoubtfulError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from engine.contract.context import Judge
    from engine.http_client import HttpClient, Response


class BoundHttp:
    """What a connector gets as `ctx.http`.

    `timeout` seconds bound each request; `fresh` gives each publishing request a connection of its own, which cannot
    be a stale one: for sinks where a person would have to settle the doubt. `heard` is shown every answer, before it is
    judged.
    """

    def __init__(
        self,
        client: HttpClient,
        node: Judge,
        *,
        fresh: bool = False,
        timeout: float = 20.0,
        heard: Callable[[Response], None] | None = None,
    ) -> None:
        self._client = client
        self._node = node
        self._fresh = fresh
        self._timeout = timeout
        self._heard = heard or _nothing

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        max_bytes: int = 5_000_000,
        accept: Container[int] = (),
    ) -> Response:
        """Make a request that may be repeated; raise what the node says of the answer.

        Statuses in `accept` are answers and not judged. Nothing was published, so nothing is in doubt: a DoubtfulError
        becomes a TransientError.
        """
        response = await self._client.fetch(
            method, url, headers=headers, content=content, timeout=self._timeout, max_bytes=max_bytes
        )
        self._heard(response)
        if response.status in accept:
            return response
        error = self._node.classify(response.status, response.headers, response.body)
        if isinstance(error, DoubtfulError):
            raise TransientError(str(error)) from error
        if error is not None:
            raise error
        return response

    async def publish(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """Make the publishing request, once; raise what the node says of the answer."""
        response = await self._client.publish(
            method, url, headers=headers, content=content, timeout=self._timeout, fresh=self._fresh
        )
        self._heard(response)
        error = self._node.classify(response.status, response.headers, response.body)
        if error is not None:
            raise error
        return response


def _nothing(response: Response) -> None:
    """Let an answer go by."""
