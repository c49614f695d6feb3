"""Both ends of a connection to PostgreSQL notice that the other has vanished from the network."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from engine.store.unit import PostgresStore, no_snapshot
from engine.store.vanishing import SESSION, SILENT_S

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.peers.postgres import PostgresServer


def seen(connection: Connection) -> tuple[dict[str, str], int, int]:
    """Return what the server was told, and what the system here."""
    told = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in SESSION}
    driver = connection.connection.driver_connection
    assert driver is not None
    wire = driver._transport.get_extra_info("socket")  # noqa: SLF001  # asyncpg shows it nowhere else
    user = wire.getsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_USER_TIMEOUT", socket.TCP_NODELAY))
    return told, wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), user


@no_snapshot
def seen_loosely(connection: Connection) -> tuple[dict[str, str], int, int]:
    """Do the same on a connection of those that only read."""
    return seen(connection)


async def test_who_gives_no_sign_of_life_is_given_up_by_both_ends(postgres: PostgresServer, postgres_url: str) -> None:
    store = PostgresStore(postgres.from_afar(postgres_url))
    for unit in (seen, seen_loosely):
        told, asked, silent = await store.read(unit)
        assert told == SESSION
        assert asked
        assert silent == SILENT_S * 1_000 or not hasattr(socket, "TCP_USER_TIMEOUT")
    await store.close()
