"""What keeps the promises when nobody asks: the due tick finds work, the sweep what a dead worker or a clock left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model.budget import month
from engine.run.mail import ask, tell
from engine.store import ahead, lanes, mending
from engine.store import due as due_rows
from engine.wake import Kind

if TYPE_CHECKING:
    from engine.run.core import Core


async def tick(core: Core) -> None:
    """Wake what is due. Idempotent: outbox relay, delayed start, repair of a lost wake and recovery at start in one."""
    due = await core.store.read(due_rows.work, core.clock.now())
    work = {
        Kind.POLL: due.sources,
        Kind.ROUTE: due.posts,
        Kind.RELEASE: due.nodes,
        Kind.RENEW: due.grants,
        Kind.DRAIN: due.accounts,
        Kind.SYNC: due.repositories,
        Kind.CALL: due.webhooks,
        Kind.MAIL: due.mails,
        Kind.HUB: due.hubs,
    }
    for kind, keys in work.items():
        if keys:
            await core.wake.wake(kind, keys)
    if due.telling:
        await tell(core)
    if due.asking:
        await ask(core)


async def sweep(core: Core) -> None:
    """Bring near what a clock that was ahead put far away, mark what a dead worker left doubtful, end what is late.

    Money is there anew when a month begins.
    """
    now = core.clock.now()
    accounts = await core.store.write(ahead.bring_near, now, core.settings.lease)
    accounts += await core.store.write(lanes.doubt_abandoned, now)
    await core.store.write(due_rows.expire, now)
    await core.store.write(mending.turn_month, now, month(now))
    if accounts:
        await core.wake.wake(Kind.DRAIN, accounts)
