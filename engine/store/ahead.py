"""After the clock was set back: what lies further ahead than the engine ever puts it is brought near again.

A machine that starts with a date months ahead writes times months ahead: of polls, tries, leases, holds. Once the clock
is right nothing of it would come due. What a mapping asks for (slots, a spread, a delay) and what the guards ask for
is left alone: a delivery is brought near only where it waits for its next try, or was due at once, and nothing holds
its account.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select, text, update

from engine.store import lanes
from engine.store.tables import Instant, budgets, grants, source_joins, sources
from engine.store.tables import lanes as lane_rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

FARTHEST: Final = timedelta(days=1)
"""No source but one that is read more seldom, no lease and no hold of a platform ever lies further ahead."""
FARTHEST_TRY: Final = timedelta(minutes=31)
"""No next try and no look at a doubtful delivery ever lies further ahead: a backoff is 30 minutes at most."""


def bring_near(connection: Connection, now: datetime, lease: timedelta) -> list[str]:
    """Bring near what lies too far ahead, leases to the end of one that begins now; returns the accounts to wake."""
    far = now + FARTHEST
    _bring_sources(connection, now, far)
    connection.execute(update(source_joins).where(source_joins.c.joined_at > now).values(joined_at=now))
    connection.execute(update(budgets).where(budgets.c.held_until > far).values(held_until=now))
    _bring_grants(connection, now, far)
    held = update(lane_rows).where(lane_rows.c.lease_until > far)
    connection.execute(held.values(lease_until=now + lease))
    accounts = {row[0] for row in connection.execute(_DELIVERIES, {"now": now, "far_try": now + FARTHEST_TRY})}
    accounts |= {row[0] for row in connection.execute(_LATE_LANES, {"now": now, "far": far})}
    lanes.hurry(connection, sorted(accounts), now)
    return sorted(accounts)


def _bring_sources(connection: Connection, now: datetime, far: datetime) -> None:
    leased = update(sources).where(sources.c.polling_until > far)
    connection.execute(leased.values(polling_until=now))
    query = select(sources.c.id, sources.c.every_s, sources.c.next_poll_at).where(sources.c.next_poll_at > far)
    late = [row.id for row in connection.execute(query) if row.next_poll_at > now + timedelta(seconds=row.every_s)]
    if late:
        connection.execute(update(sources).where(sources.c.id.in_(late)).values(next_poll_at=now))


def _bring_grants(connection: Connection, now: datetime, far: datetime) -> None:
    """Renew what was given by a clock that was ahead: it ends sooner than its row says."""
    ahead = update(grants).where(grants.c.updated_at > far, grants.c.renew_at.is_not(None))
    connection.execute(ahead.values(updated_at=now, renew_at=now, look_at=now))
    leased = update(grants).where(grants.c.renewing_until > far)
    connection.execute(leased.values(renewing_until=now, look_at=now))


# What was written at a time that has not come yet was written by a clock that was ahead; `updated_at` of a doubtful row
# is since when it is so, from where the quarantine counts. A first try that is due later than its release was spread.
_DELIVERIES = text(
    "UPDATE deliveries SET due_at = :now, updated_at = :now,"
    " released_at = CASE WHEN released_at > :now THEN :now ELSE released_at END"
    " WHERE state IN ('planned', 'doubtful') AND due_at > :far_try"
    " AND (state = 'doubtful' OR (updated_at > :now AND (tries > 0 OR due_at <= released_at)))"
    " AND account_id IN (SELECT l.account_id FROM lanes l WHERE l.next_due_at > :far_try)"
    " AND NOT EXISTS (SELECT 1 FROM budgets b JOIN lanes l ON l.account_id = deliveries.account_id"
    " WHERE b.workspace_id = deliveries.workspace_id AND b.held_until > :now AND (b.scope = 'workspace'"
    " OR (b.scope = 'account' AND b.key = l.account_id) OR (b.scope = 'platform' AND b.key = l.platform)))"
    " RETURNING account_id"
).bindparams(bindparam("now", type_=Instant), bindparam("far_try", type_=Instant))
_LATE_LANES = text(
    "SELECT l.account_id FROM lanes l WHERE l.next_due_at > :far AND EXISTS (SELECT 1 FROM deliveries d"
    " WHERE d.account_id = l.account_id AND d.state IN ('planned', 'doubtful') AND d.due_at <= :now)"
).bindparams(bindparam("now", type_=Instant), bindparam("far", type_=Instant))
