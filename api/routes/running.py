"""Pauses, status, ledger and budget of a workspace; and what only an administrator of the instance looks at."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response

from api import states
from api.actions import budgeting, keys, pausing, standing
from api.actions.examining import examine
from api.deps import AsAdmin, Caller, Face, May, Role, TheFace
from api.etags import TAGGED, IfMatch, Seen, tagged, viewed
from api.holding import held
from api.shapes.posts import SwitchShown
from api.shapes.running import (
    BudgetIn,
    BudgetShown,
    ItemShown,
    KeyUses,
    KeyUseShown,
    LedgerShown,
    Looks,
    LookShown,
    MissedShown,
    PauseIn,
    QueueShown,
    Resumed,
    ResumeIn,
    StatusShown,
    StopIn,
    Switches,
    WindowShown,
)
from api.wiring import make_mailer
from engine.errors import ConflictError
from engine.model.budget import DOLLAR
from engine.store import ledger, sources
from engine.store.pauses import Scope

router: Final = APIRouter(tags=["running"])

OWN_PORT: Final = "port"
"""A process that answers has taken its port itself."""

_HERE: Final = "/workspaces/{workspace}"

ReadsPauses = Annotated[Caller, May("pauses:read", Role.VIEWER)]
Pauses = Annotated[Caller, May("pauses:write", Role.EDITOR)]
Looks_ = Annotated[Caller, May("status:read", Role.VIEWER)]
ReadsBudget = Annotated[Caller, May("budget:read", Role.VIEWER)]
SetsBudget = Annotated[Caller, May("budget:write", Role.OWNER)]
Read = Annotated[Seen, IfMatch()]


@router.get(f"{_HERE}/pauses", summary="List what is paused")
async def list_pauses(face: TheFace, caller: ReadsPauses) -> Switches:
    """List what is paused: of this workspace, and everything where the whole instance is."""
    return Switches(items=await _switches(face, caller.workspace.id))


@router.post(f"{_HERE}/pauses/pause", summary="Pause something")
async def pause(face: TheFace, caller: Pauses, given: PauseIn) -> Switches:
    """Stop the workspace, a platform, an account or a mapping at once; what is being sent at this moment finishes."""
    target = await pausing.target(face.store, caller.workspace.id, given.scope, given.name)
    await pausing.pause(face.store, target, given.reason, face.clock.now())
    return Switches(items=await _switches(face, caller.workspace.id))


@router.post(f"{_HERE}/pauses/resume", summary="Let something go on")
async def resume(face: TheFace, caller: Pauses, given: ResumeIn) -> Resumed:
    """Let what was paused go on; what has become too late meanwhile is not sent any more."""
    here, now = caller.workspace.id, face.clock.now()
    target = await pausing.target(face.store, here, given.scope, given.name)
    missed = None
    if given.missed is None:
        was, held = await pausing.resume(face.store, target, now)
    else:
        ahead = await pausing.missed(face.store, target, given.missed)
        if not ahead.was_paused:
            raise ConflictError(f"{target.name.capitalize()} is not paused: it has missed nothing.")
        done = await pausing.resume_with(face.store, target, given.missed, caller.by, now)
        was, held, missed = done.was_paused, False, MissedShown(go_on=done.go_on, skipped=done.skipped)
    still = await _switches(face, here)
    return Resumed(what=target.name, was_paused=was, was_held=held, missed=missed, still_paused=still)


@router.post("/instance/pause", summary="Pause everything")
async def pause_everything(face: TheFace, _: AsAdmin, given: StopIn) -> None:
    """Stop every workspace of the instance at once."""
    target = await pausing.target(face.store, "", Scope.EVERYTHING, None)
    await pausing.pause(face.store, target, given.reason, face.clock.now())


@router.post("/instance/resume", summary="Let everything go on")
async def resume_everything(face: TheFace, _: AsAdmin) -> None:
    """End the pause of the whole instance; what is paused besides stays so."""
    await pausing.resume(face.store, await pausing.target(face.store, "", Scope.EVERYTHING, None), face.clock.now())


@router.get(f"{_HERE}/status", summary="Tell what waits for a person")
async def show_status(face: TheFace, caller: Looks_) -> StatusShown:
    """Tell what runs, what waits for a person with the command that deals with it, and whether the ledger adds up."""
    url, now = face.settings.database_url, face.clock.now()
    found = await standing.standing(face.store, caller.workspace.id, face.registry, url, now=now, instance=False)
    states = [row.state for row in found.sources]
    return StatusShown(
        runs=found.runs,
        sources={state: states.count(state) for state in (sources.LIVE, sources.FAILING, sources.HELD)},
        paused=[SwitchShown.model_validate(each) for each in found.paused],
        waiting=[ItemShown.model_validate(each) for each in found.waiting],
        holding=[QueueShown.model_validate(each) for each in found.holding],
        deliveries=found.deliveries,
        ledger=LedgerShown.model_validate(found.ledger),
    )


@router.get(f"{_HERE}/ledger", summary="Tell whether everything adds up")
async def show_ledger(face: TheFace, caller: Looks_) -> LedgerShown:
    """Tell what became of every branch of every post, and which routes do not add up."""
    return LedgerShown.model_validate(await face.store.read(ledger.ledger, caller.workspace.id))


@router.get(f"{_HERE}/budget", summary="Show the budget", response_model=BudgetShown, responses=TAGGED)
async def show_budget(face: TheFace, caller: ReadsBudget, request: Request) -> Response:
    """Show what was spent this month, of which limit, and how full the windows are that platforms set."""
    tag = await face.store.read(states.budget, caller.workspace.id, "")  # first: what changes meanwhile makes it stale
    shown = await _budget(face, caller)
    return tagged(request, shown, viewed(tag, shown))


async def _budget(face: Face, caller: Caller) -> BudgetShown:
    money = await budgeting.money(face.store, caller.workspace.id, face.clock.now())
    windows = await budgeting.windows(face.store, caller.workspace.id, face.clock.now())
    return BudgetShown(
        spent=money.spent / DOLLAR,
        limit=None if money.limit is None else money.limit / DOLLAR,
        until=money.until,
        windows=[WindowShown.model_validate(use) for use in windows],
    )


@router.put(f"{_HERE}/budget", summary="Set the budget")
async def set_budget(face: TheFace, caller: SetsBudget, given: BudgetIn, seen: Read) -> BudgetShown:
    """Limit what platforms that charge may cost in a month; what lacked money goes on as far as it reaches."""
    store = held(face.store, states.thing(caller.workspace.id, "budget", ""), seen)
    await budgeting.allow(store, caller.workspace.id, given.limit or budgeting.NO_LIMIT, face.clock.now())
    return await _budget(face, caller)


@router.get("/instance/doctor", summary="Look for what is wrong")
async def look_at_instance(face: TheFace, _: AsAdmin) -> Looks:
    """Look at folders, disk, mail server, database, key file, clock, mappings, sources and ledger of this instance."""
    looks = await examine(face.settings, face.registry, face.clock, make_mailer(face.settings))
    return Looks(items=[LookShown.model_validate(look) for look in looks if look.what != OWN_PORT])


@router.get("/instance/keys", summary="Tell which keys are in use")
async def list_keys(face: TheFace, _: AsAdmin) -> KeyUses:
    """Tell the ids of the keys of the key file, never the keys, and the workspaces whose data each of them seals."""
    uses = await keys.uses(face.store, face.settings.key_file)
    return KeyUses(items=[KeyUseShown.model_validate(use) for use in uses])


async def _switches(face: Face, workspace_id: str) -> list[SwitchShown]:
    return [SwitchShown.model_validate(each) for each in await pausing.switches(face.store, workspace_id)]
