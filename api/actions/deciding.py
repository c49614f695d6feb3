"""Deliveries: found, and decided about by a person, one or several at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from api.actions import naming, pausing
from api.errors import UsageError
from engine.errors import ConflictError, NotFoundError, RejectedError
from engine.model.delivery import State
from engine.run import person
from engine.store import accounts, deliveries, listing, telling
from engine.store.listing import Wanted
from engine.store.unit import no_snapshot
from mappings.findings import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from engine.run.person import Desk
    from engine.store import Connection
    from engine.store.deliveries import DeliveryRow
    from engine.store.listing import After
    from engine.store.telling import Decision
    from engine.store.unit import Store


Move: TypeAlias = "Callable[[Desk, DeliveryRow, str], Awaitable[State]]"


class Decided(NamedTuple):
    """What a move made of a delivery: the state that it led to, or why it could not be made; `paused` holds it up."""

    row: DeliveryRow
    state: State | None
    why: str = ""
    paused: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which deliveries a person wants to see: `wanted` as the list takes it, and those of a person's accounts alone."""

    wanted: Wanted
    person_id: str | None = None

    @property
    def name(self) -> str:
        """What the list is called: another order is another list."""
        by_post = self.person_id or self.wanted.account_id or self.wanted.mapping or self.wanted.post_id
        return f"deliveries{' by post' if by_post else ''}{' oldest first' if self.wanted.oldest else ''}"


def states_of(names: Iterable[str]) -> tuple[State, ...]:
    """Read states as people write them: `check-needed`, `check needed` or `check_needed`."""
    known = {state.value for state in State}
    states = []
    for name in names:
        plain = name.lower().replace("-", "_").replace(" ", "_")
        if plain not in known:
            advice = did_you_mean(plain, known) or f" There are {listed(sorted(known))}."
            raise UsageError(f"“{name}” is not a state.{advice}", parameter="state")
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


async def page(
    store: Store, workspace_id: str, choice: Choice, after: After | None, most: int
) -> list[tuple[After, DeliveryRow]]:
    """Return up to so many deliveries, newest first unless the oldest are wanted, each with its ordering key.

    Raises NotFoundError where there is no such mapping, account or person.
    """
    wanted = replace(choice.wanted, person_id=choice.person_id) if choice.person_id else choice.wanted
    found = await store.read(listing.delivery_page, workspace_id, wanted, after, most)
    if not found:  # what has deliveries is there
        await _look_for(store, workspace_id, choice)
    return found


async def _look_for(store: Store, workspace_id: str, choice: Choice) -> None:
    """Go on where all is there that the deliveries are of; raises NotFoundError."""
    if choice.wanted.mapping:
        await naming.mapping(store, workspace_id, choice.wanted.mapping)
    if choice.wanted.account_id:
        await store.read(accounts.get, workspace_id, choice.wanted.account_id)
    if choice.person_id:
        await naming.person_of(store, workspace_id, choice.person_id)


async def one(store: Store, workspace_id: str, delivery_id: str) -> DeliveryRow:
    """Return a delivery by its whole id; raises NotFoundError."""
    rows = await store.read(deliveries.those, workspace_id, [delivery_id])
    if not rows:
        raise NotFoundError(f"There is no delivery {delivery_id} in this workspace.")
    return rows[0]


@dataclass(frozen=True, slots=True)
class Whole:
    """A delivery with all that belongs to it; `document` is what it says, None where that is no longer kept."""

    row: DeliveryRow
    document: str | None
    attempts: list[dict[str, Any]]
    trace: Sequence[Decision]


async def whole(store: Store, workspace_id: str, delivery_id: str) -> Whole:
    """Return a delivery by its whole id with all that belongs to it; raises NotFoundError."""
    found = await store.read(_whole, workspace_id, delivery_id)
    if found is None:
        raise NotFoundError(f"There is no delivery {delivery_id} in this workspace.")
    return found


@no_snapshot
def _whole(connection: Connection, workspace_id: str, delivery_id: str) -> Whole | None:
    found = deliveries.with_document(connection, workspace_id, delivery_id)
    if found is None:
        return None
    row, document = found
    past = telling.past(connection, workspace_id, row.post_id, row.id)
    return Whole(row, document, past.attempts, past.decisions)


async def traced(store: Store, row: DeliveryRow) -> list[Decision]:
    """Return what was decided about a delivery, oldest first."""
    return (await store.read(telling.past, row.workspace_id, row.post_id, row.id)).decisions


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
