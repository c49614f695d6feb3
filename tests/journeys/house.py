"""A house to travel in: the sandbox and `chappe` as real processes, over a database and a data folder of their own."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from typer.testing import CliRunner

from api.cli.main import app
from tests.journeys.waiting import until

if TYPE_CHECKING:
    import signal
    from collections.abc import AsyncIterator

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN = 60.0
END_WITHIN = 20.0
ARRIVE_WITHIN = 60.0
READY = "Chappe is ready: "
QUICK = {
    "CHAPPE_SEND_TIMEOUT": "4s",
    "CHAPPE_LEASE_RESERVE": "5s",
    "CHAPPE_LEASE": "7s",
    "CHAPPE_QUARANTINE": "2s",
    "CHAPPE_SECOND_LOOK": "1s",
}
SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four!").decode()


@dataclass
class House:
    """The processes and their folder; `sandbox` is a client of the sandbox, `environ` what `chappe` is started with."""

    folder: Path
    environ: dict[str, str]
    sandbox: httpx.AsyncClient
    process: Process | None = None
    lives: int = field(default=0)

    @property
    def log(self) -> str:
        """What `chappe up` said in its present life."""
        return (self.folder / f"up{self.lives}.log").read_text(encoding="utf-8")

    async def chappe(self, *words: str, code: int = 0) -> str:
        """Run a command to its end and return what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api.cli.main", *words,
            cwd=self.folder, env=self.environ, stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        async with asyncio.timeout(START_WITHIN):
            out, errors = await process.communicate()
        assert process.returncode == code, errors.decode() + out.decode()
        return (out or errors).decode()

    async def here(self, *words: str) -> str:
        """Run a command within this process, which is much quicker, and return what it printed."""
        environ = {name: None for name in os.environ if name.startswith("CHAPPE_")} | self.environ
        result = await asyncio.to_thread(CliRunner().invoke, app, words, env=environ)
        assert result.exit_code == 0, result.output
        return result.stdout

    async def up(self) -> None:
        """Start `chappe up` and wait until it is ready."""
        self.lives += 1
        with (self.folder / f"up{self.lives}.log").open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "api.cli.main", "up",
                cwd=self.folder, env=self.environ, stdin=DEVNULL, stdout=DEVNULL, stderr=log,
            )  # fmt: skip
        await until(self._said, lambda said: READY in said, START_WITHIN)

    async def _said(self) -> str:
        assert self.process is not None
        assert self.process.returncode is None, self.log
        return self.log

    async def end(self, number: signal.Signals) -> int:
        """Send a signal to `chappe up` and return its exit code, which must come soon."""
        assert self.process is not None
        self.process.send_signal(number)
        async with asyncio.timeout(END_WITHIN):
            return await self.process.wait()

    async def publish(self, *texts: str) -> None:
        """Add entries to the feed."""
        for text in texts:
            (await self.sandbox.post("feeds/acme/entries", json={"title": text, "text": text})).raise_for_status()

    async def receiver(self, name: str) -> dict[str, Any]:
        """Return what an account of the sandbox shows."""
        return dict((await self.sandbox.get(f"receivers/{name}")).json())

    async def texts(self, name: str) -> list[str]:
        """Return what was published there, in its order."""
        return [message["content"]["text"] for message in (await self.receiver(name))["messages"]][::-1]

    async def arrived(self, name: str, count: int) -> list[str]:
        """Wait for so many publications of an account."""
        return await until(lambda: self.texts(name), lambda seen: len(seen) >= count, ARRIVE_WITHIN)

    async def deliveries(self) -> list[dict[str, Any]]:
        """Return the deliveries as the command line lists them."""
        return list(json.loads(await self.here("deliveries", "list", "--json")))

    async def settled(self) -> list[dict[str, Any]]:
        """Wait until only a person has something to do."""
        under_way = {"planned", "sending", "doubtful"}
        return await until(
            self.deliveries, lambda rows: not [row for row in rows if row["state"] in under_way], ARRIVE_WITHIN
        )


@asynccontextmanager
async def house(folder: Path, database_url: str) -> AsyncIterator[House]:
    """Start the sandbox and give a house around it; whatever still runs at the end is killed."""
    sandbox = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "--port", "0", "--until-stdin-ends",
        cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
    )  # fmt: skip
    assert sandbox.stdout is not None
    url = json.loads(await sandbox.stdout.readline())["url"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHAPPE_")}
    environ |= QUICK | {
        "CHAPPE_DATA_DIR": str(folder / "data"),
        "CHAPPE_DATABASE_URL": database_url,
        "CHAPPE_PORT": "0",
        "CHAPPE_ALLOW_PRIVATE": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
    }
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        made = House(folder, environ, client)
        try:
            yield made
        finally:
            for process in (made.process, sandbox):
                if process is not None and process.returncode is None:
                    process.kill()
                    await process.wait()
