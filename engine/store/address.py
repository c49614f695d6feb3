"""What a database URL says to others than the store who speak to the same PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql.asyncpg import dialect

_OF_SQLALCHEMY = ("prepared_statement_cache_size", "prepared_statement_name_func")


def connection_options(url: str) -> dict[str, Any]:
    """Return what asyncpg is given to connect to a `postgresql://` URL, read as the store reads it."""
    _, options = dialect().create_connect_args(make_url(url))  # type: ignore[no-untyped-call]
    return {name: value for name, value in options.items() if name not in _OF_SQLALCHEMY}
