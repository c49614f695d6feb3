"""What was mended goes on: deliveries that their mapping, or a lost account, had blocked are planned again.

Their lateness goes on counting. The order of locks is lanes, deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select, update

from engine.ids import new_id
from engine.model.birth import MAPPING_ASKS
from engine.model.delivery import Move, Reason, State, after
from engine.store import accounts, budgets, lanes, traces
from engine.store.accounts import LIVE, LOST
from engine.store.tables import accounts as account_rows
from engine.store.tables import deliveries
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

MENDED = after(State.BLOCKED, Move.MEND)
ASKED = after(State.BLOCKED, Move.ASK)


@dataclass(frozen=True, slots=True)
class Applied:
    """A version that was applied: its sinks, and which of them ask for an approval.

    `readdressed` are the implicit accounts of those that publish to another address, or with other settings, than in
    the version before.
    """

    workspace_id: str
    mapping_id: str
    version_id: str
    sinks: Collection[str]
    asking: Collection[str]
    readdressed: Collection[str] = ()


def plan_again(
    connection: Connection, workspace_id: str, sentence: str, now: datetime, *, mapping_id: str | None = None
) -> int:
    """Plan what a mapping had blocked, of a workspace or of one mapping, and return how many; the traces say why."""
    blocked = _blocked(workspace_id, mapping_id)
    _lock(connection, blocked)
    return _write(connection, blocked, {"state": MENDED, "reason": "", "detail": ""}, sentence, now)


def paid_again(connection: Connection, workspace_id: str, sentence: str, now: datetime) -> int:
    """Plan what lacked money, and return how many; what there still is no money for is blocked again when it is due."""
    poor = and_(
        deliveries.c.workspace_id == workspace_id,
        deliveries.c.state == State.BLOCKED,
        deliveries.c.reason == Reason.MONEY,
    )
    _lock(connection, poor)
    return _write(connection, poor, {"state": MENDED, "reason": "", "detail": ""}, sentence, now)


def allow_money(
    connection: Connection, workspace_id: str, cap: int | None, period: tuple[datetime, datetime], now: datetime
) -> int:
    """Allow a workspace so much money, in millionths of a dollar, and plan what lacked it; returns how many.

    No limit is None. Nothing that is claimed meanwhile is forgotten: it holds the budget before it is refused.
    """
    budgets.set_money(connection, workspace_id, cap, period)
    return paid_again(connection, workspace_id, "Planned again: the money budget was changed.", now)


def turn_month(connection: Connection, now: datetime, period: tuple[datetime, datetime]) -> int:
    """Begin the month's money where it has turned, and plan what lacked it; returns how many."""
    sentence = "Planned again: a new month's money has begun."
    return sum(paid_again(connection, each, sentence, now) for each in budgets.turned(connection, now, period))


def ask_again(connection: Connection, workspace_id: str, platform: str, asks: str, now: datetime) -> int:
    """Let what is planned at a platform, and has no yes, wait for one, because of this sentence; returns how many.

    What lacks words of its own stays as it is: whoever gives it some is asked then.
    """
    theirs = select(account_rows.c.id).where(
        account_rows.c.workspace_id == workspace_id, account_rows.c.platform == platform
    )
    unsent = or_(
        deliveries.c.state == State.PLANNED,
        and_(deliveries.c.state == State.BLOCKED, deliveries.c.reason != Reason.NO_DISTINCT_TEXT),
    )
    unasked = and_(
        deliveries.c.workspace_id == workspace_id,
        deliveries.c.account_id.in_(theirs),
        unsent,
        deliveries.c.approved_at.is_(None),
    )
    _lock(connection, unasked)
    waits = {"state": ASKED, "reason": Reason.APPROVAL, "detail": asks}
    return _write(connection, unasked, waits, f"It waits for a yes: {asks}", now)


def apply_version(connection: Connection, applied: Applied, now: datetime) -> int:
    """Plan what a new version mends, by that version, and return how many go on.

    A lost account of a sink with another address is used again, and all that is planned for it goes there. What the
    version wants an approval for, and has none, waits for it.
    """
    lost = _lost(connection, applied)
    blocked = _blocked(applied.workspace_id, applied.mapping_id, lost)
    _lock(connection, or_(blocked, deliveries.c.account_id.in_(lost)))
    sentence = "Planned again: the mapping was applied anew."
    theirs = and_(blocked, deliveries.c.sink.in_(applied.sinks))
    unasked = and_(theirs, deliveries.c.sink.in_(applied.asking), deliveries.c.approved_at.is_(None))
    version = {"version_id": applied.version_id}
    asks = {"state": ASKED, "reason": MAPPING_ASKS.reason, "detail": MAPPING_ASKS.detail}
    _write(connection, unasked, version | asks, "Asked again: the mapping was applied anew.", now)
    plain = {"state": MENDED, "reason": "", "detail": ""}
    count = _write(connection, theirs, version | plain, sentence, now)
    count += plan_again(connection, applied.workspace_id, sentence, now, mapping_id=applied.mapping_id)
    waiting = and_(deliveries.c.account_id.in_(lost), deliveries.c.state == State.WAITING)
    connection.execute(update(deliveries).where(waiting).values(version))
    for account_id in lost:
        count += accounts.set_state(connection, applied.workspace_id, account_id, LIVE, now=now)
    return count


def _lost(connection: Connection, applied: Applied) -> list[str]:
    mine = and_(account_rows.c.workspace_id == applied.workspace_id, account_rows.c.implicit)
    named = and_(account_rows.c.name.in_(applied.readdressed), account_rows.c.state == LOST)
    return list(connection.scalars(select(account_rows.c.id).where(mine, named).order_by(account_rows.c.id)))


def _blocked(workspace_id: str, mapping_id: str | None, lost: Collection[str] = ()) -> ColumnElement[bool]:
    """Name what a mapping blocked, and what the loss of these accounts did."""
    why = or_(
        deliveries.c.reason == Reason.MAPPING,
        and_(deliveries.c.reason == Reason.ACCOUNT, deliveries.c.account_id.in_(lost)),
    )
    mine = and_(deliveries.c.workspace_id == workspace_id, deliveries.c.state == State.BLOCKED, why)
    return mine if mapping_id is None else and_(mine, deliveries.c.mapping_id == mapping_id)


def _lock(connection: Connection, those: ColumnElement[bool]) -> None:
    lanes.lock(connection, sorted(set(connection.scalars(select(deliveries.c.account_id).where(those)))))


def _write(
    connection: Connection, those: ColumnElement[bool], values: dict[str, Any], sentence: str, now: datetime
) -> int:
    columns = [deliveries.c[name] for name in ("workspace_id", "post_id", "sink", "mapping_id", "id", "account_id")]
    written = update(deliveries).where(those).values(values | {"updated_at": now}).returning(*columns)
    rows = connection.execute(written).all()
    lanes.hurry(connection, sorted({row.account_id for row in rows}), now)
    traces.write(
        connection,
        (
            Trace(new_id(), row.workspace_id, row.post_id, "mended", sentence, now, row.sink, row.mapping_id, row.id)
            for row in rows
        ),
    )
    return len(rows)
