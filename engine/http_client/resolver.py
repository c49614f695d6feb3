"""Names to addresses: resolved once, every address checked, and the connection made to exactly those.

A check that resolves by itself and a connection that resolves again can be told two different things (DNS rebinding).
Here the connector is given the checked addresses, so there is no second question.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import TYPE_CHECKING, Protocol

from aiohttp.abc import AbstractResolver, ResolveResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.http_client.addresses import AddressPolicy

_LOOKUPS = 16


class Resolver(Protocol):
    """Finds the addresses of a name; tests hand in one with a script."""

    async def resolve(self, host: str) -> Sequence[str]:
        """Return the addresses of `host` in the order to try them; raise OSError when there are none."""

    async def close(self) -> None:
        """Let go of what lookups hold."""


class SystemResolver:
    """The machine's own resolver, in threads of its own: slow lookups must not take those of others."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")

    async def resolve(self, host: str) -> Sequence[str]:
        """Return the addresses of `host`; raise OSError (`socket.gaierror`) when there are none."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _lookup, host)
        return list(dict.fromkeys(found))

    async def close(self) -> None:
        """Start no further lookup; those under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class PinnedResolver(AbstractResolver):
    """What the connector asks: all addresses of a name, after every one of them was found admitted."""

    def __init__(self, resolver: Resolver, policy: AddressPolicy) -> None:
        self._resolver = resolver
        self._policy = policy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses to connect to; raise RejectedError when one of them is not admitted."""
        found = [ip_address(text) for text in await self._resolver.resolve(host)]
        if not found:
            raise OSError(None, f"{host} has no address")
        for address in found:
            self._policy.check(host, port, address)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,  # noqa: PLR2004 - IP's own numbers
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
            if family in {socket.AF_UNSPEC, socket.AF_INET if address.version == 4 else socket.AF_INET6}  # noqa: PLR2004
        ]

    async def close(self) -> None:
        """Close the resolver beneath."""
        await self._resolver.close()


def _lookup(host: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
