"""No test reaches another machine; loopback and unix sockets stay open."""

from __future__ import annotations

import asyncio
import socket

import pytest

# Reserved for documentation (RFC 5737, RFC 3849, RFC 2606): nobody is there even if a refusal failed.
STRANGERS = [(socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET6, ("2001:db8::1", 80))]


@pytest.mark.parametrize(("family", "address"), STRANGERS)
def test_a_connection_to_a_stranger_is_refused(family: socket.AddressFamily, address: tuple[str, int]) -> None:
    with socket.socket(family) as ours:
        ours.setblocking(False)
        with pytest.raises(RuntimeError, match=address[0]):
            ours.connect_ex(address)


def test_a_datagram_to_a_stranger_is_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as ours, pytest.raises(RuntimeError, match="tried to reach"):
        ours.sendto(b"", ("192.0.2.1", 53))


def test_a_strangers_name_is_not_looked_up() -> None:
    with pytest.raises(RuntimeError, match=r"host\.example"):
        socket.getaddrinfo("host.example", 80)


async def test_an_event_loop_is_held_to_it_too() -> None:
    with pytest.raises(RuntimeError, match="tried to reach"):
        await asyncio.open_connection("192.0.2.1", 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost"])
def test_loopback_is_open(host: str) -> None:
    bound = "127.0.0.1" if host == "localhost" else host
    with (
        socket.create_server((bound, 0)) as server,
        socket.create_connection((host, server.getsockname()[1])) as ours,
    ):
        assert ours.getpeername()[1] == server.getsockname()[1]
