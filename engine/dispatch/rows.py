"""The rows of the distributed queue: PgQueuer's, with two statements of ours, for the life of a key.

A key waits or runs at most once at any time, over all processes: its row holds its de-duplication key from the wake to
the written end. PgQueuer's own statements would let a wake pass unseen that comes while the key runs, and would bring
what asks to run again before all that waits, since a retried row keeps its number. Here a wake marks the row of a key
that runs, and what is marked, or asks for it, becomes a new row behind the others, in the statement that ends the old
one. `attempts`, which nothing else counts here, is the mark.

Rows are locked in the order of their keys, so that wakes and ends never wait for each other in a ring. An end counts
only for whom the row still belongs to: one that was taken over is another's. Rows are due since 1970: the clock of the
database hides none.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from pgqueuer import Queries
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder

from engine.dispatch.schema import NAMES
from engine.dispatch.session import ALIVE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from pgqueuer import Job, JobId
    from pgqueuer.domain.models import TracebackRecord
    from pgqueuer.domain.types import JOB_STATUS, QueueEntrypoint, QueueManagerId
    from pgqueuer.ports.repository import EntrypointExecutionParameter

    from engine.dispatch.session import Session

_QUEUE: Final = NAMES.queue_table

_WAKE: Final = f"""
WITH woken AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('{_QUEUE}', 'id')) AS id, key FROM unnest($2::text[]) AS given(key)
)
INSERT INTO {_QUEUE} AS item (id, priority, entrypoint, payload, dedupe_key, status, execute_after)
SELECT id, 0, $1, convert_to(key, 'UTF8'), $1 || ':' || key, 'queued', to_timestamp(0) FROM woken ORDER BY key
ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL
DO UPDATE SET attempts = 1 WHERE item.status = 'picked' AND item.attempts = 0
"""  # noqa: S608  # names of our own

_BEGIN: Final = f"UPDATE {_QUEUE} SET attempts = 0 WHERE id = $1 AND attempts > 0"  # noqa: S608

_END: Final = f"""
WITH ended AS MATERIALIZED (
    SELECT id, attempts FROM {_QUEUE} WHERE id = ANY($1::bigint[]) AND queue_manager_id = $3
    ORDER BY dedupe_key FOR UPDATE
), gone AS (
    DELETE FROM {_QUEUE} AS item USING ended WHERE item.id = ended.id
    RETURNING item.id, entrypoint, payload, dedupe_key, ended.attempts > 0 OR item.id = ANY($2::bigint[]) AS again
)
INSERT INTO {_QUEUE} (priority, entrypoint, payload, dedupe_key, status, execute_after)
SELECT 0, entrypoint, payload, dedupe_key, 'queued', to_timestamp(0) FROM gone WHERE again ORDER BY id
"""  # noqa: S608

_BURY: Final = f"""
UPDATE {_QUEUE} SET heartbeat = to_timestamp(0)
WHERE status = 'picked' AND heartbeat > to_timestamp(0) AND updated < now() - interval '2 seconds'
AND NOT EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = {ALIVE} AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND objid::bigint = hashtext(queue_manager_id::text)::bigint & 4294967295
)
"""  # noqa: S608


class Rows(Queries):
    """PgQueuer's rows as one process sees them: `in_hand` are what it picked, by kind; `again` what shall come back."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            session,
            qbe=QueryBuilderEnvironment(NAMES),
            qbq=QueryQueueBuilder(NAMES),
            qbs=QuerySchedulerBuilder(NAMES),
        )
        self._session = session
        self.in_hand: defaultdict[str, set[JobId]] = defaultdict(set)
        self.again: set[JobId] = set()
        self._mine: QueueManagerId | None = None

    async def wake(self, kind: str, keys: Sequence[str]) -> None:
        """Let keys wait; mark those that run. Raises one of AWAY."""
        await self._session.once(_WAKE, kind, list(dict.fromkeys(keys)))

    async def bury(self) -> None:
        """Stop the hearts of what belongs to processes whose session has ended: the next look takes it over."""
        await self.driver.execute(_BURY)

    async def begin(self, job: Job) -> None:
        """Forget wakes that came while an item of ours waited for a place: the run that begins answers them."""
        await self.driver.execute(_BEGIN, job.id)

    async def dequeue(
        self,
        batch_size: int,
        entrypoints: dict[QueueEntrypoint, EntrypointExecutionParameter],
        queue_manager_id: QueueManagerId,
        global_concurrency_limit: int | None,
        heartbeat_timeout: timedelta,
    ) -> list[Job]:
        """Pick items, and remember them as in hand from this moment on."""
        self._mine = queue_manager_id
        jobs = await super().dequeue(
            batch_size, entrypoints, queue_manager_id, global_concurrency_limit, heartbeat_timeout
        )
        for job in jobs:
            self.in_hand[job.entrypoint].add(job.id)
        return jobs

    async def log_jobs(self, job_status: list[tuple[Job, JOB_STATUS, TracebackRecord | None]]) -> None:
        """Write that items ended; what shall come back waits behind the others."""
        ids = [job.id for job, _, _ in job_status]
        back = self.again.intersection(ids)
        await self.driver.execute(_END, ids, sorted(back), self._mine)
        self.again -= back
