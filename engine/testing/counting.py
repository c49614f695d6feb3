"""A network that counts what a connector does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from engine.contract.context import Http
    from engine.http_client import Response


class Counting:
    """A network that counts: `made` says in order whether each request was a `publish` or a `fetch`."""

    def __init__(self, http: Http) -> None:
        self.made: list[str] = []
        self._http = http

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
        """Count and pass on."""
        self.made.append("fetch")
        return await self._http.fetch(method, url, headers=headers, content=content, max_bytes=max_bytes, accept=accept)

    async def publish(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Response:
        """Count and pass on."""
        self.made.append("publish")
        return await self._http.publish(method, url, headers=headers, content=content)
