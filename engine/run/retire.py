"""Retire: once a day, forget what explained posts and deliveries that ended long ago, a bounded batch at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from engine.store import audit, events, hubs, operations, takings, webhooks
from engine.store import retire as rows

if TYPE_CHECKING:
    from engine.run.core import Core

KEPT = timedelta(days=90)
"""How long traces, attempts, ended holds, texts and uploads are kept after their deliveries ended."""

REVISIONS_KEPT = timedelta(days=30)
"""How long the former wordings of a post are kept."""

MEDIA_KEPT = timedelta(days=7)
"""How long the files of pictures are kept after they were fetched."""

EVENTS_KEPT = timedelta(days=30)
"""How long events are kept for those who have not read them yet, and what came of webhooks and of long work."""

ANSWERS_KEPT = timedelta(hours=24)
"""How long the answer to a request with an `Idempotency-Key` is given again, at least."""

MAILS_KEPT = timedelta(days=30)
"""How long a mail is kept: it names an address, and may hold words that were never published."""

TAKINGS_KEPT = timedelta(days=1)
"""How long it is kept what a process had taken that was killed."""

AUDIT_KEPT = timedelta(days=3 * 365)
"""How long it is kept who changed what."""

BATCH = 1_000

log = structlog.get_logger()

_WORK = (
    (rows.attempts, KEPT),
    (rows.uploads, KEPT),
    (rows.traces, KEPT),
    (rows.holds, KEPT),
    (rows.contents, KEPT),
    (rows.wordings, KEPT),
    (rows.revisions, REVISIONS_KEPT),
    (rows.media, MEDIA_KEPT),
    (rows.answers, ANSWERS_KEPT),
    (rows.mails, MAILS_KEPT),
    (events.retire, EVENTS_KEPT),
    (webhooks.retire, EVENTS_KEPT),
    (operations.retire, EVENTS_KEPT),
    (takings.retire, TAKINGS_KEPT),
    (audit.retire, AUDIT_KEPT),
)


async def retire(core: Core, batch: int = BATCH) -> None:
    """Delete what is too old; consents, posts and deliveries stay. Stopped halfway, the next day goes on.

    Hubs of feeds that nobody reads any more are left too.
    """
    now = core.clock.now()
    await core.store.write(hubs.end_unread, now)
    total = 0
    for delete, kept in _WORK:
        while gone := await core.store.write(delete, now - kept, batch):
            total += gone
            if gone < batch:
                break
    if total:
        log.info("Old rows were retired.", rows=total)
