"""One life of a worker, as a process that a fork server makes: the real runtime over the real database.

`bug` puts a fault into it that the judge must find: `no_intent` writes its attempt only together with the outcome, and
`resend` takes every receiver for one that recognises a repetition.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

from sqlalchemy import text

from api.wiring import make_runtime, registry
from connectors.webhook.sink import Webhook
from engine.clock import SystemClock
from engine.contract.registry import Registry
from engine.model.delivery import Doubt
from engine.run.core import RunSettings
from engine.run.gate import Gate
from engine.store.claims import Answer, Request, Turn, turn
from engine.store.lock import only_process
from mappings.compiling import compile_document

if TYPE_CHECKING:
    from multiprocessing.connection import Connection as Pipe
    from pathlib import Path

    from sqlalchemy import Connection

    from engine.run.core import Core
    from engine.runtime import Runtime

Bug = Literal["", "no_intent", "resend"]
A_MOMENT = 0.1


@dataclass(frozen=True)
class Life:
    """What a worker is told: where it works, and how. With `to_the_end` it ends when nothing is left to do."""

    database_url: str
    key_file: Path
    log: Path
    settings: RunSettings = field(default_factory=RunSettings)
    bug: Bug = ""
    to_the_end: bool = False


def live(life: Life, pipe: Pipe) -> None:
    """Live: say so when ready, then work until killed, or to the end."""
    log = os.open(life.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    with only_process(life.database_url, SystemClock().now()):
        asyncio.run(_live(life, pipe))


async def _live(life: Life, pipe: Pipe) -> None:
    runtime = _born(life)
    await runtime.start()
    pipe.send("ready")
    clock = SystemClock()
    while not life.to_the_end or await runtime.core.store.read(unsettled) > 0:
        await clock.sleep(A_MOMENT)
    await runtime.stop()


def unsettled(connection: Connection) -> int:
    """Count what is still to be done by somebody who is not a person."""
    return sum(connection.execute(text(query)).scalar_one() for query in _UNSETTLED)


_UNSETTLED = (
    "SELECT count(*) FROM posts WHERE state = 'new'",
    "SELECT count(*) FROM routes WHERE state IN ('new', 'routing')",
    "SELECT count(*) FROM holds WHERE state = 'held'",
    "SELECT count(*) FROM deliveries WHERE state IN ('planned', 'sending', 'doubtful')",
)


def _born(life: Life) -> Runtime:
    runtime = make_runtime(life.database_url, key_file=life.key_file, allow_private=["127.0.0.1"], run=life.settings)
    if life.bug == "no_intent":
        runtime.deliverer.gate = LateGate(runtime.core)
    elif life.bug == "resend":
        kinds = registry()
        credulous = Registry([*kinds.sources.values(), *kinds.operators.values(), *kinds.accounts.values(), Credulous])
        runtime.core.compile = partial(compile_document, registry=credulous)
    return runtime


class LateGate(Gate):
    """Looks what the claim would say, sends, and writes the claim afterwards, just before its outcome."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._begun: dict[str, Request] = {}

    async def ask(self, request: Request) -> Answer:
        account = request.account_id
        if request.outcome is not None:
            await super().ask(self._begun.pop(account))
        if request.claim is None:
            return await super().ask(request)
        if request.outcome is not None:
            await super().ask(request._replace(claim=None))
        self._begun[account] = request._replace(outcome=None)
        try:
            await self._core.store.write(
                _undone, Turn([self._begun[account]], "", self._core.clock.now(), self._core.settings.lease)
            )
        except UndoneError as undone:
            return undone.answers[account]
        raise AssertionError


class UndoneError(Exception):
    """Undoes the transaction, and brings what it answered."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers


def _undone(connection: Connection, group: Turn) -> None:
    raise UndoneError(turn(connection, group))


class Credulous(Webhook):
    """Believes of every receiver that it recognises a repetition."""

    @property
    def doubt(self) -> Doubt:
        return Doubt.IDEMPOTENT
