"""The judge of a kill test: it reads what the receiver published and what the database says, and names every fault.

`gather` reads, `judge` is pure, so that the judge itself is tested with faults that are made by hand.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from engine.model.delivery import OPEN, State
from engine.store.ledger import ledger
from engine.store.tables import attempts, deliveries, holds, posts, routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.peers.receiver import Entry, Mode

KNOWN_UNSENT = frozenset({"put_back", "transient", "rate_limited"})
"""Outcomes of an attempt after which another needs nobody's word: the receiver has nothing of it."""

SHOWN = 5


class Row(NamedTuple):
    """A delivery as it stands at the end."""

    id: str
    account_id: str
    post_id: str
    state: str
    detail: str


class Try(NamedTuple):
    """An attempt: the intent that was written before it, and what became of it."""

    delivery_id: str
    number: int
    key: str
    outcome: str
    started_at: float


@dataclass(frozen=True)
class Found:
    """What the database says; `under_way` counts routes and holds that have not come to their end."""

    posts: dict[str, str]
    accounts: frozenset[str]
    deliveries: tuple[Row, ...]
    attempts: tuple[Try, ...]
    under_way: int = 0
    ledger_wrong: tuple[str, ...] = ()
    integrity: str = "ok"


@dataclass(frozen=True)
class Verdict:
    """Every fault in a sentence, and the figures behind them."""

    faults: tuple[str, ...]
    figures: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {number}" for name, number in self.figures.items())
        shown = "\n".join(self.faults[:SHOWN])
        return f"{figures}\n{len(self.faults)} faults\n{shown}"


async def gather(store: Store, workspace_id: str, accounts: Iterable[str]) -> Found:
    """Read what is to be judged: every post must have reached each of these accounts."""
    integrity = await store.read(_integrity) if store.dialect == "sqlite" else "ok"
    return await store.read(_gather, workspace_id, frozenset(accounts), integrity)


def judge(found: Found, journal: Sequence[Entry], mode: Mode) -> Verdict:
    """Compare the two: nothing lost, nothing twice where it is promised, nothing resent where a person decides."""
    published = Counter(entry.key for entry in journal if entry.published)
    faults = [*_house(found), *_lost(found, published, mode), *_strange(found, journal)]
    if mode == "plain":
        faults += _resent(found, journal)
    else:
        faults += [f"{key} was published {times} times." for key, times in published.items() if times > 1]
    states = Counter(row.state for row in found.deliveries)
    asked = [row for row in found.deliveries if row.state == State.CHECK_NEEDED]
    figures = {
        "posts": len(found.posts),
        "deliveries": len(found.deliveries),
        "published": sum(published.values()),
        "requests": len(journal),
        "interrupted": sum(1 for one in found.attempts if one.outcome != "sent"),
        "doubled": sum(times - 1 for times in published.values()),
        "sent": states[State.SENT],
        "check_needed": len(asked),
        "of them live": sum(1 for row in asked if row.id in published),
    }
    return Verdict(tuple(faults), figures)


def _house(found: Found) -> Iterator[str]:
    """Give what is wrong with the database itself."""
    if found.integrity != "ok":
        yield f"The database is damaged: {found.integrity}."
    if found.under_way:
        yield f"{found.under_way} routes or holds have not come to their end."
    for post_id, state in found.posts.items():
        if state != "routed":
            yield f"The post {post_id} is {state}."
    for route_id in found.ledger_wrong:
        yield f"The ledger of route {route_id} does not add up."


def _lost(found: Found, published: Counter[str], mode: Mode) -> Iterator[str]:
    """Give what should have arrived and has not, or of which nobody knows."""
    made = Counter((row.post_id, row.account_id) for row in found.deliveries)
    for post_id in found.posts:
        for account_id in found.accounts:
            if made[post_id, account_id] != 1:
                yield f"The post {post_id} has {made[post_id, account_id]} deliveries for {account_id}."
    for row in found.deliveries:
        if row.state == State.SENT:
            if row.id not in published:
                yield f"{row.id} is sent, and the receiver has nothing of it."
        elif row.state != State.CHECK_NEEDED or mode != "plain":
            what = "open" if row.state in OPEN else "ended without being sent"
            yield f"{row.id} is {what}: {row.state}. {row.detail}"
        elif not row.detail.endswith("."):
            yield f"{row.id} asks a person without a sentence: {row.detail!r}."


def _strange(found: Found, journal: Sequence[Entry]) -> Iterator[str]:
    """Give what was sent without an intent that was written before, or not as it was the first time."""
    begun: dict[str, float] = {}
    for one in found.attempts:
        begun[one.key] = min(one.started_at, begun.get(one.key, one.started_at))
    bodies: dict[str, str] = {}
    for entry in journal:
        if entry.key not in begun:
            yield f"{entry.key} was sent, and there is no attempt of it."
        elif entry.at < begun[entry.key]:
            yield f"{entry.key} was sent before its attempt was written."
        if bodies.setdefault(entry.key, entry.sha256) != entry.sha256:
            yield f"{entry.key} was sent again with another body."


def _resent(found: Found, journal: Sequence[Entry]) -> Iterator[str]:
    """Give what was sent again although nobody but a person could know that it may be."""
    for key, times in Counter(entry.key for entry in journal).items():
        if times > 1:
            yield f"{key} reached the receiver {times} times."
    last = {row.delivery_id: row.number for row in sorted(found.attempts, key=lambda one: one.number)}
    for one in found.attempts:
        if one.number < last[one.delivery_id] and one.outcome not in KNOWN_UNSENT:
            yield f"{one.delivery_id} was tried again by itself after an attempt that ended {one.outcome or 'unknown'}."


def _gather(connection: Connection, workspace_id: str, accounts: frozenset[str], integrity: str) -> Found:
    mine = deliveries.c.workspace_id == workspace_id
    rows = connection.execute(select(*(deliveries.c[name] for name in Row._fields)).where(mine))
    tries = connection.execute(
        select(*(attempts.c[name] for name in Try._fields)).where(attempts.c.workspace_id == workspace_id)
    )
    known = connection.execute(select(posts.c.id, posts.c.state).where(posts.c.workspace_id == workspace_id))
    open_routes = select(routes.c.id).where(routes.c.workspace_id == workspace_id, routes.c.state != "routed")
    open_holds = select(holds.c.id).where(holds.c.workspace_id == workspace_id, holds.c.state == "held")
    return Found(
        posts={row.id: row.state for row in known},
        accounts=accounts,
        deliveries=tuple(Row(*row) for row in rows),
        attempts=tuple(Try(*row)._replace(started_at=row.started_at.timestamp()) for row in tries),
        under_way=len(connection.execute(open_routes).all()) + len(connection.execute(open_holds).all()),
        ledger_wrong=ledger(connection, workspace_id).wrong,
        integrity=integrity,
    )


def _integrity(connection: Connection) -> str:
    return ", ".join(connection.exec_driver_sql("PRAGMA integrity_check").scalars())
