"""Heed what a platform asks for, and what its failures say: hold a bucket, for everybody who would send by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Final

import structlog

from engine.run.breaker import FAILED, Call, Place
from engine.run.budget import held_until
from engine.store import budgets
from engine.store.unit import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from engine.contract.usage import Usage
    from engine.errors import Scope
    from engine.run.core import Core
    from engine.run.settle import Settled
    from engine.store.lanes import Lane

LATE_S: Final = 5.0
"""So long after its time is over a request has ended, also on a machine that is busy."""

log = structlog.get_logger()


async def hold(core: Core, lane: Lane, scope: Scope, until: datetime, note: str) -> None:
    """Hold the bucket of an account, of its platform or of its workspace until a time; a longer hold stays."""
    keys = {"account": lane.account_id, "platform": lane.platform, "workspace": lane.workspace_id}
    await core.store.write(budgets.hold, lane.workspace_id, scope, keys[scope], until, note)


async def heed(core: Core, lane: Lane, said: list[Usage]) -> None:
    """Hold what a platform said is used up, and forget that it said so.

    It said so beside an answer, and that stands: where the hold cannot be written, the platform refuses the next try.
    """
    now = core.clock.now()
    for usage in said:
        until = held_until(usage, now)
        if until is None:
            continue
        note = f"{lane.platform} takes nothing more before {until.astimezone(UTC):%d %b %Y %H:%M} UTC, as it says."
        try:
            await hold(core, lane, usage.scope, until, note)
        except StoreError as error:
            log.warning("A platform's limit could not be written down.", account=lane.account_id, error=str(error))
    said.clear()


async def answered(core: Core, lane: Lane, settled: Settled, *, retry: bool, since: float) -> Settled:
    """Count how a publishing request ended; let rest what fails too often, and put off what is retried too often.

    It began at `since`, monotonic seconds. One that ended long after its time was over tells of this process alone, not
    of the platform. A rest that cannot be written is asked for again by the next failure.
    """
    place, clock = Place(lane.workspace_id, lane.platform), core.clock
    core.tally.attempts[lane.platform, settled.outcome] += 1
    if clock.monotonic() - since > core.settings.send_timeout.total_seconds() + LATE_S:
        log.warning("This process stood still while it sent.", account=lane.account_id, outcome=settled.outcome)
        return settled
    for rest in core.breakers.seen(Call(place, lane.account_id, settled.outcome, retry, clock.monotonic())):
        who = lane.name if rest.scope == "account" else lane.platform
        until = clock.now() + rest.lasts
        log.warning("What fails is left alone for a while.", who=who, scope=rest.scope, why=rest.why, until=str(until))
        try:
            await hold(core, lane, rest.scope, until, f"{rest.why}: {who} rests until {until:%d %b %Y %H:%M} UTC.")
        except StoreError as error:
            log.warning("A rest could not be written down.", account=lane.account_id, error=str(error))
    if settled.due_at is None or settled.outcome not in FAILED:
        return settled
    wait = core.breakers.retry_after(place, clock.monotonic())
    return replace(settled, due_at=max(settled.due_at, clock.now() + wait))
