"""How a machine that has vanished from the network is noticed, by the database and by who waits for it.

A cable that is cut tells neither end. Unless it is told otherwise, Linux repeats for a quarter of an hour what gets no
answer, and waits for ever where nothing is to be repeated: a worker would still wait when the network has long been
back, and the locks of its open transaction would stop all others meanwhile. So both ends give a connection up after so
many seconds without a sign of life. A statement that takes long is no silence: the system of the other end answers.

(PostgreSQL 18, 19.3.2 *TCP Settings* and 19.11.1 *Statement Behavior*, and tcp(7), read on 2026-11-23.)
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncpg

CONNECT_S: Final = 10.0
"""How long a new connection may take: where nobody is there, to ask anew is quicker than to wait."""

SILENT_S: Final = 20
"""So long may the other end give no sign of life."""

REST_S: Final = 10
EVERY_S: Final = 5
"""After so long without a word the other end is asked for a sign, and then so often."""

STALLED_S: Final = 30
"""So long may a process leave a transaction alone: between two statements it waits for nothing but its turn."""

SESSION: Final = {
    "tcp_keepalives_idle": f"{REST_S}",
    "tcp_keepalives_interval": f"{EVERY_S}",
    "tcp_keepalives_count": f"{(SILENT_S - REST_S) // EVERY_S}",
    "tcp_user_timeout": f"{SILENT_S * 1_000}",
    "idle_in_transaction_session_timeout": f"{STALLED_S}s",
}
"""What PostgreSQL is told for our sessions."""

_OPTIONS: Final = (
    ("TCP_KEEPIDLE", REST_S),
    ("TCP_KEEPALIVE", REST_S),  # the name that macOS has for it
    ("TCP_KEEPINTVL", EVERY_S),
    ("TCP_KEEPCNT", (SILENT_S - REST_S) // EVERY_S),
    ("TCP_USER_TIMEOUT", SILENT_S * 1_000),
)


def heed(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Give this connection up when the database gives no sign of life; systems differ in which options they know.

    asyncpg (0.32) shows its socket nowhere else, and has no option for this.
    """
    wire: socket.socket = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]  # noqa: SLF001
    if wire.family not in (socket.AF_INET, socket.AF_INET6):
        return
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS:
        if option := getattr(socket, name, None):
            wire.setsockopt(socket.IPPROTO_TCP, option, value)
