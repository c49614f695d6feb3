"""Deliveries: found, and decided about by a person, one or several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from api.actions import naming, pausing
from api.actions.reading import UsageError
from engine.errors import ConflictError, RejectedError
from engine.model.delivery import State
from engine.run import person
from engine.store import deliveries
from mappings.findings import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from engine.run.person import Desk
    from engine.store.deliveries import DeliveryRow
    from engine.store.unit import Store


Move: TypeAlias = "Callable[[Desk, DeliveryRow, str], Awaitable[State]]"


class Decided(NamedTuple):
    """What a move made of a delivery: the state that it led to, or why it could not be made; `paused` holds it up."""

    row: DeliveryRow
    state: State | None
    why: str = ""
    paused: Sequence[str] = ()


def states_of(names: Iterable[str]) -> tuple[State, ...]:
    """Read states as people write them: `check-needed`, `check needed` or `check_needed`."""
    known = {state.value for state in State}
    states = []
    for name in names:
        plain = name.lower().replace("-", "_").replace(" ", "_")
        if plain not in known:
            advice = did_you_mean(plain, known) or f" There are {listed(sorted(known))}."
            raise UsageError(f"“{name}” is not a state.{advice}")
        states.append(State(plain))
    return tuple(states)


async def chosen(  # noqa: PLR0913  # each is a filter that a person may give
    store: Store,
    workspace_id: str,
    *,
    states: Sequence[str] = (),
    mapping: str | None = None,
    account: str | None = None,
    post: str | None = None,
    limit: int = 100,
) -> list[DeliveryRow]:
    """Return deliveries, newest first; raises NotFoundError for a mapping, account or post that is not there."""
    if mapping:
        await naming.mapping(store, workspace_id, mapping)
    if account:
        await naming.account(store, workspace_id, account)
    post_id = (await naming.post(store, workspace_id, post)).id if post else None
    return await store.read(
        deliveries.listed, workspace_id, states=states, mapping=mapping, account=account, post_id=post_id, limit=limit
    )


async def found(desk: Desk, workspace_id: str, ends: Sequence[str]) -> list[DeliveryRow]:
    """Return the deliveries that a person typed; raises NotFoundError or ConflictError before anything is done."""
    rows = [await person.find(desk, workspace_id, end) for end in ends]
    return list({row.id: row for row in rows}.values())


async def decide(desk: Desk, rows: Sequence[DeliveryRow], move: Move, by: str) -> list[Decided]:
    """Make a move for each."""
    done = []
    for row in rows:
        try:
            state = await move(desk, row, by)
        except (ConflictError, RejectedError) as error:
            done.append(Decided(row, None, str(error)))
        else:
            paused = await pausing.over(desk.store, row.workspace_id, row.mapping_id, row.account_id)
            done.append(Decided(row, state, paused=paused if state is State.PLANNED else ()))
    return done
