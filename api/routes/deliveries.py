"""Deliveries: found, looked at, and decided about, one or several at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from api.actions import deciding
from api.actions.deciding import Choice
from api.deps import Caller, Face, May, Role, TheFace
from api.errors import BadRequestError, Fault
from api.etags import TAGGED, IfMatch, Now, Seen, tag_of, tagged
from api.given import Given
from api.paging import Fields, Listed, ListedFields, Order, Sort, Sparse, ThePage
from api.shapes import deliveries as shapes
from api.shapes.common import Id, Moment, Name
from api.shapes.deliveries import ConfirmIn, DecideIn, DeliveryFull, DeliveryShown, NoteIn, Outcome, Outcomes, WordsIn
from engine.errors import NotFoundError
from engine.model.delivery import State
from engine.run import person
from engine.store.listing import After, Wanted

if TYPE_CHECKING:
    from api.actions.deciding import Move
    from engine.store.deliveries import DeliveryRow

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["deliveries"])

Reads = Annotated[Caller, May("deliveries:read", Role.VIEWER)]
Decides = Annotated[Caller, May("deliveries:write", Role.APPROVER)]
Read = Annotated[Seen, IfMatch()]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of deliveries may be narrowed to."""

    state: Annotated[list[State] | None, Query(description="Only these states; may be repeated.")] = None
    mapping: Annotated[Name | None, Query(description="Only this mapping, by name.")] = None
    sink: Annotated[Name | None, Query(description="Only this sink of the mapping.")] = None
    account: Annotated[Id | None, Query(description="Only this account.")] = None
    person: Annotated[Id | None, Query(description="Only the accounts of this person.")] = None
    post: Annotated[Id | None, Query(description="Only this post.")] = None
    since: Annotated[Moment | None, Query(description="Only what was planned at this time or after it.")] = None
    until: Annotated[Moment | None, Query(description="Only what was planned before this time.")] = None
    sort: Sort = Order.NEWEST


def choice_of(filters: Filters) -> Choice:
    """Return what the filters mean; raises BadRequestError for a lonely sink."""
    if filters.sink and not filters.mapping:
        detail = "A sink is one of a mapping: name the mapping too."
        raise BadRequestError(detail, [Fault(detail, "sink_alone", parameter="sink")])
    wanted = Wanted(
        states=tuple(dict.fromkeys(state.value for state in filters.state or ())), account_id=filters.account or "",
        mapping=filters.mapping or "", post_id=filters.post or "", sink=filters.sink or "",
        since=filters.since, until=filters.until, oldest=filters.sort is Order.OLDEST,
    )  # fmt: skip
    return Choice(wanted, filters.person)


async def listed(face: Face, workspace_id: str, choice: Choice, page: ThePage) -> Listed[Any]:
    """Return one page of deliveries."""
    after = page.after(choice.name, width=2)
    found = await deciding.page(face.store, workspace_id, choice, After(*after) if after else None, page.most)
    return page.body(choice.name, found, lambda pair: pair[1], lambda pair: tuple(pair[0]))


async def in_full(face: Face, workspace_id: str, delivery: str) -> tuple[DeliveryRow, DeliveryFull]:
    """Return a delivery, and what is shown of it with its words, tries and trace; raises NotFoundError."""
    whole = await deciding.whole(face.store, workspace_id, delivery)
    return whole.row, shapes.in_full(whole)


def tag(row: DeliveryRow) -> str:
    """Return the ETag of a delivery."""
    return tag_of(row.id, row.state, row.reason, row.content_id, row.tries, row.due_at)


async def seen(face: Face, workspace_id: str, delivery: str, read: Seen) -> DeliveryRow:
    """Return a delivery that is as the caller has seen it; raises NotFoundError, ChangedError."""
    row = await deciding.one(face.store, workspace_id, delivery)
    await unchanged(face, row, read)
    return row


async def unchanged(face: Face, row: DeliveryRow, read: Seen) -> None:
    """Go on where a delivery is as the caller has seen it; raises ChangedError, which says what became of it."""
    if read.tags is None:
        return
    decided = [line for line in await deciding.traced(face.store, row) if line.sentence.startswith(row.detail)]
    at = decided[-1].at if decided and row.detail else None
    read.check(Now(tag(row), changed_at=at, told=f"It is {row.state.replace('_', ' ')} now: {row.detail}"))


async def moved(face: Face, row: DeliveryRow, move: Move, by: str) -> DeliveryShown:
    """Make a move, and return the delivery as it is then."""
    await move(face.desk(), row, by)
    return shapes.delivery(await deciding.one(face.store, row.workspace_id, row.id))


def move_of(given: DecideIn) -> Move:
    """Return the move that is meant."""
    moves: dict[str, Move] = {
        "approve": person.approve,
        "reject": partial(person.reject, note=given.note),
        "retry": person.retry,
        "cancel": person.cancel,
        "is_there": partial(person.confirm, is_there=True),
        "send": partial(person.confirm, is_there=False),
    }
    return moves[given.move]


@router.get("/deliveries", summary="List deliveries", response_model=Listed[DeliveryShown] | ListedFields)
async def list_deliveries(
    face: TheFace,
    caller: Reads,
    page: ThePage,
    filters: Annotated[Filters, Given(Filters)],
    fields: Annotated[Sparse, Fields(DeliveryShown)],
) -> Response:
    """List deliveries, newest first unless `sort` says otherwise.

    Those of one account, mapping, person or post are listed by the age of their posts.
    """
    here = caller.workspace.id
    return fields.answer(page, await listed(face, here, choice_of(filters), page))


@router.post("/deliveries/decide", summary="Decide about several deliveries")
async def decide_deliveries(face: TheFace, caller: Decides, given: DecideIn) -> Outcomes:
    """Make the same move for several deliveries; one that cannot be moved says why, and holds up no other."""
    rows, outcomes = [], {}
    for each in dict.fromkeys(given.ids):
        try:
            rows.append(await deciding.one(face.store, caller.workspace.id, each))
        except NotFoundError as error:
            outcomes[each] = Outcome(id=each, done=False, state=None, why=str(error), paused=[])
    for done in await deciding.decide(face.desk(), rows, move_of(given), caller.by):
        outcomes[done.row.id] = shapes.outcome(done)
    return Outcomes(items=[outcomes[each] for each in dict.fromkeys(given.ids)])


@router.get("/deliveries/{delivery}", summary="Show a delivery", response_model=DeliveryFull, responses=TAGGED)
async def show_delivery(face: TheFace, caller: Reads, delivery: Id, request: Request) -> Response:
    """Show a delivery: its words, where it stands and why, every try, and what was decided."""
    row, shown = await in_full(face, caller.workspace.id, delivery)
    return tagged(request, shown, tag(row))


@router.post("/deliveries/{delivery}/approve", summary="Let a waiting delivery out")
async def approve_delivery(face: TheFace, caller: Decides, delivery: Id, read: Read) -> DeliveryShown:
    """Let a delivery out that waits for a yes, not before the time that it was planned for."""
    return await moved(face, await seen(face, caller.workspace.id, delivery, read), person.approve, caller.by)


@router.post("/deliveries/{delivery}/reject", summary="Say no to a waiting delivery")
async def reject_delivery(face: TheFace, caller: Decides, delivery: Id, read: Read, given: NoteIn) -> DeliveryShown:
    """End a delivery that waits for a yes."""
    move = partial(person.reject, note=given.note)
    return await moved(face, await seen(face, caller.workspace.id, delivery, read), move, caller.by)


@router.post("/deliveries/{delivery}/edit", summary="Change the words of a delivery")
async def edit_delivery(face: TheFace, caller: Decides, delivery: Id, read: Read, given: WordsIn) -> DeliveryShown:
    """Change the words of a delivery that has not gone out; where a yes is asked for, it is asked for again."""
    move = partial(person.edit, text=given.text)
    return await moved(face, await seen(face, caller.workspace.id, delivery, read), move, caller.by)


@router.post("/deliveries/{delivery}/retry", summary="Plan a delivery again")
async def retry_delivery(face: TheFace, caller: Decides, delivery: Id, read: Read) -> DeliveryShown:
    """Plan a delivery again, now, with all its tries: rejected, expired, cancelled, blocked or put off."""
    return await moved(face, await seen(face, caller.workspace.id, delivery, read), person.retry, caller.by)


@router.post("/deliveries/{delivery}/cancel", summary="Cancel a delivery")
async def cancel_delivery(face: TheFace, caller: Decides, delivery: Id, read: Read) -> DeliveryShown:
    """End a delivery that has not gone out."""
    return await moved(face, await seen(face, caller.workspace.id, delivery, read), person.cancel, caller.by)


@router.post("/deliveries/{delivery}/confirm", summary="Settle a delivery that may have gone out")
async def confirm_delivery(face: TheFace, caller: Decides, delivery: Id, read: Read, given: ConfirmIn) -> DeliveryShown:
    """Settle a delivery that only a look at the account can settle."""
    move = partial(person.confirm, is_there=given.saw == "is_there")
    return await moved(face, await seen(face, caller.workspace.id, delivery, read), move, caller.by)
