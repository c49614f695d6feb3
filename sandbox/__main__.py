"""`python -m sandbox`: start the servers on this machine. Standard output gets one line of JSON: port and addresses."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from sandbox.app import make_app
from sandbox.journal import Journal
from sandbox.wire import Wire
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

PORT = 8_090
BACKLOG = 512


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal, or until standard input ends when asked to; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        journal = Journal(options.journal)
        listening = socket.create_server((options.host, options.port), backlog=BACKLOG)
    except OSError as error:
        reason = (error.strerror or str(error)).split(" (")[0]
        sys.stderr.write(f"sandbox: {error.filename or f'port {options.port}'}: {reason}.\n")
        return 1
    with closing(World(journal)) as world:
        host, port = listening.getsockname()[:2]
        url = f"http://{host}:{port}/"
        line = {"port": port, "url": url, "networks": {name: f"{url}{name}" for name in world.networks}}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        sys.stderr.write(f"The sandbox is at {url}\n")
        asyncio.run(_serve(world, listening, until_stdin_ends=options.until_stdin_ends))
    return 0


async def _serve(world: World, listening: socket.socket, *, until_stdin_ends: bool) -> None:
    server = server_of(world)
    if until_stdin_ends:
        asyncio.get_running_loop().add_reader(sys.stdin, _look, server)
    await server.serve(sockets=[listening])


def server_of(world: World, *parts: str) -> uvicorn.Server:
    """Return the server of a world, or of parts of it; it serves at the sockets that `serve` is given."""
    config = uvicorn.Config(
        make_app(world, *parts), http=Wire, loop="asyncio", lifespan="off", log_config=None, access_log=False,
        timeout_graceful_shutdown=1, ws="none",
    )  # fmt: skip
    return uvicorn.Server(config)


def _look(server: uvicorn.Server) -> None:
    """Stop when whoever started this has gone."""
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin)
        server.should_exit = True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Feeds to read, receivers to publish to, and a page to watch."
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=PORT, help=f"the port; 0 takes any ({PORT})")
    parser.add_argument("--journal", type=Path, help="a file that keeps what happened, so that it survives a kill")
    parser.add_argument("--until-stdin-ends", action="store_true", help="end together with the process that started it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
