"""The ledger: what became of every branch of every route, and whether it adds up.

Per route, branches = dropped + held + planned, and what was planned stands as deliveries: sent, rejected, expired,
cancelled or open.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import TextClause, text

from engine.model.delivery import ENDS, OPEN, State

if TYPE_CHECKING:
    from sqlalchemy import Connection

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Ledger:
    """Sums over routes; `deliveries` has every state. `wrong` names at most 20 routes that do not add up.

    A route that is still being planned has fewer deliveries than it will, and is not called wrong for it.
    """

    routes: int
    branches: int
    dropped: int
    held: int
    planned: int
    deliveries: dict[State, int]
    wrong: tuple[str, ...]

    @property
    def open(self) -> int:
        """Return how many deliveries have not come to an end."""
        return sum(self.deliveries[state] for state in OPEN)

    @property
    def ended(self) -> int:
        """Return how many deliveries have come to an end."""
        return sum(self.deliveries[state] for state in ENDS)

    @property
    def agrees(self) -> bool:
        """Tell whether every route adds up."""
        return not self.wrong


def ledger(
    connection: Connection, workspace_id: str, *, mapping_id: str | None = None, route_id: str | None = None
) -> Ledger:
    """Return the ledger of a workspace, of one mapping, or of one route."""
    given = {"mapping_id": mapping_id, "id": route_id}
    narrowed = tuple(name for name, value in given.items() if value is not None)
    parameters = {"workspace": workspace_id, **{name: given[name] for name in narrowed}}
    sums = connection.execute(_sums(narrowed), parameters).one()
    routes, branches, dropped, held, planned = (int(each) for each in sums)
    counted = {state: number for state, number in connection.execute(_counts(narrowed), parameters)}  # noqa: C416
    wrong = connection.scalars(_wrong(narrowed), {**parameters, "most": SHOWN})
    deliveries = {state: counted.get(state.value, 0) for state in State}
    return Ledger(routes, branches, dropped, held, planned, deliveries, tuple(wrong))


def _routes(narrowed: tuple[str, ...]) -> str:
    return "routes r WHERE r.workspace_id = :workspace" + "".join(f" AND r.{name} = :{name}" for name in narrowed)


@lru_cache
def _sums(narrowed: tuple[str, ...]) -> TextClause:
    sums = ", ".join(f"coalesce(sum(r.{name}), 0)" for name in ("branches", "dropped", "held", "planned"))
    return text(f"SELECT count(*), {sums} FROM {_routes(narrowed)}")


@lru_cache
def _counts(narrowed: tuple[str, ...]) -> TextClause:
    mine = _routes(narrowed).removeprefix("routes r WHERE ")
    return text(
        "SELECT d.state, count(*) FROM routes r JOIN deliveries d"
        f" ON d.workspace_id = r.workspace_id AND d.route_id = r.id WHERE {mine} GROUP BY d.state"
    )


@lru_cache
def _wrong(narrowed: tuple[str, ...]) -> TextClause:
    made = "(SELECT count(*) FROM deliveries d WHERE d.workspace_id = r.workspace_id AND d.route_id = r.id)"
    return text(
        f"SELECT r.id FROM {_routes(narrowed)} AND (r.branches <> r.dropped + r.held + r.planned"
        f" OR r.planned < {made} OR (r.state <> 'routing' AND r.planned > {made})) ORDER BY r.id LIMIT :most"
    )
