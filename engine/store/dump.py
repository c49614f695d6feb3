"""A PostgreSQL database dumped to a file and read back, by PostgreSQL's own `pg_dump` and `pg_restore`.

They find the server by variables of their environment, never by words of their line, which others could read.
`pg_dump` takes one snapshot and holds nobody up; it refuses a server of a newer major version than its own
(postgresql.org/docs/18/app-pgdump.html, read 2026-11-23).
"""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import make_url, text

from engine.store import backup
from engine.store.unit import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

DUMP: Final = "pg_dump"
RESTORE: Final = "pg_restore"
_QUIET: Final = ("--no-owner", "--no-privileges")
_WHOLE: Final = ("--single-transaction", "--exit-on-error")


async def copy(url: str, file: Path, server: int) -> None:
    """Dump a database into a new file that only its owner reads; `server` is the server's major version.

    Raises StoreError where the file is there already, or `pg_dump` is missing, too old, or fails.
    """
    version = await _run(DUMP, "--version")
    mine = re.search(r"(\d+)", version)
    if mine is None or int(mine[1]) < server:
        message = (
            f"`{version.strip()}` is older than the server, which is {server}: install PostgreSQL {server}'s tools."
        )
        raise StoreError(message)
    with backup.fresh(file) as part:
        await _run(DUMP, "--format=custom", *_QUIET, f"--file={part}", url=url)
        await _run(RESTORE, "--list", str(part))


async def values(file: Path, table: str) -> list[list[str]]:
    """Return the rows of a small table of a dump, as texts; raises StoreError where it is no dump."""
    said = await _run(RESTORE, "--data-only", f"--table={table}", "--file=-", str(file))
    found = re.search(r"^COPY [^\n]*\n(.*?)^\\\.$", said, re.MULTILINE | re.DOTALL)
    return [line.split("\t") for line in found[1].splitlines()] if found else []


async def put(url: str, file: Path) -> None:
    """Read a dump into an empty database, all of it or nothing; raises StoreError."""
    name = make_url(url).database or ""
    await _run(RESTORE, *_QUIET, *_WHOLE, f"--dbname={name}", str(file), url=url)


def major(connection: Connection) -> int:
    """Return the server's major version."""
    number: str = connection.execute(text("SHOW server_version_num")).scalar_one()
    return int(number) // 10_000


def variables(url: str) -> dict[str, str]:
    """Return the environment by which PostgreSQL's tools find the database of a URL. Pure."""
    address = make_url(url)
    query = {name: value if isinstance(value, str) else value[-1] for name, value in address.query.items()}
    found = {
        "PGHOST": query.get("host") or address.host,
        "PGPORT": query.get("port") or (str(address.port) if address.port else None),
        "PGUSER": address.username,
        "PGPASSWORD": str(address.password) if address.password else None,
        "PGDATABASE": address.database,
        "PGSSLMODE": query.get("sslmode") or query.get("ssl"),
    }
    return {name: value for name, value in found.items() if value}


async def _run(tool: str, *arguments: str, url: str = "") -> str:
    environ = os.environ | (variables(url) if url else {}) | {"LC_ALL": "C"}
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            tool, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environ
        )
    except FileNotFoundError as error:
        message = f"`{tool}` is not on this machine: install PostgreSQL's client tools, of the server's version."
        raise StoreError(message) from error
    out, wrong = await process.communicate()
    if process.returncode:
        last = (wrong.decode(errors="replace").strip().splitlines() or ["it said nothing"])[0]
        message = f"`{tool}` failed: {last}"
        raise StoreError(message)
    return out.decode(errors="replace")
