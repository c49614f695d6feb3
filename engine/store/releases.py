"""The end of holds and what follows from it, in ONE transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import ConflictError
from engine.store import derived, holds, routes, traces
from engine.store.planning import lock_lanes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.store.derived import Derived
    from engine.store.planning import Made, Part
    from engine.store.routes import Extension
    from engine.store.traces import Trace


@dataclass(frozen=True, slots=True)
class Onward:
    """What a hold's end adds to its route; `parts` are its deliveries where they are few enough to be made at once."""

    more: Extension
    parts: Sequence[Part] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a release decides: ends as (hold, its state, why), what follows, and what is asked about later.

    `seen` are all that the node was asked about, how often each had gone on, and its revision. `made` is the post that
    became of those that ended. What the mapping fails on is put aside: (its trace, the hold).
    """

    seen: Mapping[str, tuple[int, int]]

    ended: Sequence[tuple[str, str, str]]
    onward: Sequence[Onward]
    staying: Sequence[str]
    until: datetime | None
    failed: Sequence[tuple[Trace, str]] = ()
    made: Derived | None = None


def write(connection: Connection, outcome: Outcome, mapping: str, now: datetime) -> list[Made] | None:
    """Write a release; None, and nothing is written, when one that the node was asked about has moved meanwhile."""
    lock_lanes(connection, [part for one in outcome.onward for part in one.parts])
    if holds.lock(connection, outcome.seen) != outcome.seen:
        return None
    holds.end(connection, outcome.ended, now)
    made = []
    for one in sorted(outcome.onward, key=lambda onward: onward.more.route_id):
        done = routes.extend(connection, one.more, one.parts, mapping, now)
        if done is None:
            message = "The route of a held post was cancelled while the post was released."
            raise ConflictError(message)
        made.append(done)
    if outcome.made is not None:
        derived.make(connection, outcome.made, now)
    holds.wait(connection, outcome.staying, outcome.until, "")
    for trace, hold_id in outcome.failed:
        holds.put_aside(connection, [hold_id], holds.NEVER, trace.sentence)
    traces.write(connection, [trace for trace, _ in outcome.failed])
    return made
