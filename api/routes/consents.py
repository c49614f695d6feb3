"""What people allow: recorded on their word with its evidence, withdrawn, and the chain of records."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter

from api.actions import consenting, naming
from api.actions.consenting import Wish
from api.actions.hours import typed_in
from api.deps import Caller, Face, May, Role, TheFace
from api.shapes import people as shapes
from api.shapes.common import Id
from api.shapes.people import Chain, ConsentIn, Effects, WithdrawIn
from engine.store import consents
from engine.store.accounts import get
from engine.store.people import Person

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["consents"])

Reads = Annotated[Caller, May("consents:read", Role.VIEWER)]
Gives = Annotated[Caller, May("consents:write", Role.OWNER)]


@router.get("/people/{person}/consents", summary="Show what a person allows, and every record of it")
async def show_consents(face: TheFace, caller: Reads, person: Id) -> Chain:
    """Show what a person allows, account by account, and the append-only chain of records behind it."""
    return await chain(face, await naming.person_of(face.store, caller.workspace.id, person))


@router.post("/people/{person}/consents", summary="Record a person's yes")
async def give_consent(face: TheFace, caller: Gives, person: Id, given: ConsentIn) -> Effects:
    """Record a yes on a person's word; it ends after 30 days at the latest, since it is not their own signature."""
    here, now = caller.workspace.id, face.clock.now()
    who = await naming.person_of(face.store, here, person)
    names = [(await naming.mapping(face.store, here, each)).name for each in given.mappings or ()]
    wish = Wish(
        until=given.until, evidence=given.evidence, mode=given.mode, max_per_hour=given.max_per_hour,
        max_per_day=given.max_per_day, mappings=None if given.mappings is None else tuple(names),
        times=typed_in(given.hours, given.days, given.zone, any_time=given.any_time),
    )  # fmt: skip
    standings = await consenting.standings(face.store, who, await _name(face, here, given.account))
    said = [(one.account, wish.terms(one.head, now)) for one in standings]
    effects = [(row, await consenting.give(face.store, who, [row], terms, now)) for row, terms in said]
    return Effects(items=[shapes.effect(row, done) for row, [done] in effects])


@router.post("/people/{person}/consents/withdraw", summary="Withdraw a person's consent")
async def withdraw_consent(face: TheFace, caller: Gives, person: Id, given: WithdrawIn) -> Effects:
    """End a consent: everything that is not already being sent in that name is cancelled."""
    who = await naming.person_of(face.store, caller.workspace.id, person)
    return await withdrawn(face, who, given.account)


async def withdrawn(face: Face, person: Person, account_id: str | None) -> Effects:
    """End a person's consent for an account, or for all."""
    rows = await consenting.owned(face.store, person, await _name(face, person.workspace_id, account_id))
    effects = await consenting.withdraw(face.store, person, rows, face.clock.now())
    return Effects(items=[shapes.effect(row, done) for row, done in zip(rows, effects, strict=True)])


async def chain(face: Face, person: Person) -> Chain:
    """Return what a person allows, and every record of it."""
    found = await consenting.ambassadors(face.store, person.workspace_id)
    mine = next(one for one in found if one.person.id == person.id)
    records = await face.store.read(consents.history, person.workspace_id, person.id)
    verdict = await face.store.read(consents.verify_chain, person.workspace_id, person.id)
    return Chain(
        accounts=[shapes.standing(each) for each in mine.standings],
        records=[shapes.record(row) for row in records],
        intact=verdict.broken_at is None,
    )


async def _name(face: Face, workspace_id: str, account_id: str | None) -> str | None:
    return (await face.store.read(get, workspace_id, account_id)).name if account_id else None
