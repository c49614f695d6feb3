"""Heed what a platform asks for: hold the bucket that it names, for everybody who would send by it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import structlog

from engine.run.budget import held_until
from engine.store import budgets
from engine.store.unit import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from engine.contract.usage import Usage
    from engine.errors import Scope
    from engine.run.core import Core
    from engine.store.lanes import Lane

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
