"""What belongs to whoever calls: the deliveries of their own accounts, and what they allow."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter

from api.actions import deciding, naming
from api.actions.deciding import Choice
from api.deps import Caller, Face, May, Role, TheFace
from api.errors import ForbiddenError
from api.etags import Seen
from api.given import Given
from api.paging import Listed, ThePage
from api.routes.consents import chain, withdrawn
from api.routes.deliveries import Filters, Read, choice_of, in_full, listed, moved, unchanged
from api.shapes.common import Id
from api.shapes.deliveries import DeliveryFull, DeliveryShown, NoteIn, WordsIn
from api.shapes.people import Chain, Effects, WithdrawIn
from engine.errors import NotFoundError
from engine.run import person
from engine.store.deliveries import DeliveryRow
from engine.store.people import Person

router: Final = APIRouter(prefix="/workspaces/{workspace}/me", tags=["me"])

Reads = Annotated[Caller, May("me:read", Role.AMBASSADOR)]
Decides = Annotated[Caller, May("me:write", Role.AMBASSADOR)]


@router.get("/deliveries", summary="List my deliveries")
async def list_my_deliveries(
    face: TheFace, caller: Reads, page: ThePage, filters: Annotated[Filters, Given(Filters)]
) -> Listed[DeliveryShown]:
    """List the deliveries of one's own accounts, those of the newest post first."""
    mine = await _myself(face, caller)
    return await listed(face, caller.workspace.id, Choice(choice_of(filters).wanted, mine.id), page)


@router.get("/deliveries/{delivery}", summary="Show a delivery of mine")
async def show_my_delivery(face: TheFace, caller: Reads, delivery: Id) -> DeliveryFull:
    """Show a delivery of one's own: its words, where it stands, every try."""
    row = await _mine(face, caller, delivery, Seen(None))
    return (await in_full(face, caller.workspace.id, row.id))[1]


@router.post("/deliveries/{delivery}/approve", summary="Let a delivery of mine out")
async def approve_my_delivery(face: TheFace, caller: Decides, delivery: Id, read: Read) -> DeliveryShown:
    """Let a delivery of one's own out."""
    row = await _mine(face, caller, delivery, read)
    return await moved(face, row, person.approve, caller.by)


@router.post("/deliveries/{delivery}/reject", summary="Say no to a delivery of mine")
async def reject_my_delivery(face: TheFace, caller: Decides, delivery: Id, read: Read, given: NoteIn) -> DeliveryShown:
    """Say no to a delivery of one's own."""
    row = await _mine(face, caller, delivery, read)
    return await moved(face, row, partial(person.reject, note=given.note), caller.by)


@router.post("/deliveries/{delivery}/edit", summary="Change the words of a delivery of mine")
async def edit_my_delivery(face: TheFace, caller: Decides, delivery: Id, read: Read, given: WordsIn) -> DeliveryShown:
    """Change the words of a delivery of one's own that has not gone out."""
    row = await _mine(face, caller, delivery, read)
    return await moved(face, row, partial(person.edit, text=given.text), caller.by)


@router.post("/deliveries/{delivery}/cancel", summary="Cancel a delivery of mine")
async def cancel_my_delivery(face: TheFace, caller: Decides, delivery: Id, read: Read) -> DeliveryShown:
    """End a delivery of one's own that has not gone out."""
    row = await _mine(face, caller, delivery, read)
    return await moved(face, row, person.cancel, caller.by)


@router.get("/consents", summary="Show what I allow")
async def show_my_consents(face: TheFace, caller: Reads) -> Chain:
    """Show what one allows for one's accounts, and every record of it."""
    return await chain(face, await _myself(face, caller))


@router.post("/consents/withdraw", summary="Withdraw my consent")
async def withdraw_my_consent(face: TheFace, caller: Decides, given: WithdrawIn) -> Effects:
    """End one's consent: everything that is not already being sent in one's name is cancelled."""
    return await withdrawn(face, await _myself(face, caller), given.account)


async def _myself(face: Face, caller: Caller) -> Person:
    if caller.person_id is None:
        raise ForbiddenError("Your user stands for nobody among the people of this workspace: an owner can say who.")
    return await naming.person_of(face.store, caller.workspace.id, caller.person_id)


async def _mine(face: Face, caller: Caller, delivery: str, read: Seen) -> DeliveryRow:
    row = await deciding.one(face.store, caller.workspace.id, delivery)
    if row.person_id != (await _myself(face, caller)).id:
        raise NotFoundError(f"There is no delivery {delivery} in this workspace.")
    await unchanged(face, row, read)
    return row
