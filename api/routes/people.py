"""People and groups, and files of them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response, status

from api import states
from api.actions import consenting, gathering, naming, people_file, people_plan
from api.deps import Caller, Face, May, Role, TheFace
from api.etags import TAGGED, IfMatch, Seen, tagged, viewed
from api.holding import held
from api.paging import Listed, ThePage
from api.shapes import people as shapes
from api.shapes.common import Id, Name
from api.shapes.people import (
    AmbassadorShown,
    GroupIn,
    GroupShown,
    PeopleApplyIn,
    PeopleFileIn,
    PeopleIn,
    PeoplePlan,
    PersonChangeIn,
    PersonIn,
    PersonShown,
    Removed,
)
from engine.store import people

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["people"])

Reads = Annotated[Caller, May("people:read", Role.VIEWER)]
Writes = Annotated[Caller, May("people:write", Role.EDITOR)]
Gives = Annotated[Caller, May("consents:write", Role.OWNER)]
Read = Annotated[Seen, IfMatch()]
FILE: Final = "people.yaml"


@router.get("/people", summary="List people")
async def list_people(face: TheFace, caller: Reads, page: ThePage) -> Listed[AmbassadorShown]:
    """List the people, the first added first, with accounts, groups, and what they allow."""
    after = page.last_id("people") or ""
    rows = await consenting.some_ambassadors(face.store, caller.workspace.id, after, page.most)
    return page.body("people", rows, shapes.ambassador, lambda one: one.person.id)


@router.post("/people", summary="Add a person", status_code=status.HTTP_201_CREATED)
async def add_person(face: TheFace, caller: Writes, given: PersonIn) -> PersonShown:
    """Add a person, and put them into groups."""
    here, now = caller.workspace.id, face.clock.now()
    return shapes.person(await gathering.add(face.store, here, given.name, given.email, groups=given.groups, now=now))


@router.post("/people/plan", summary="Tell what a file of people would change")
async def plan_people(face: TheFace, caller: Gives, given: PeopleFileIn) -> PeoplePlan:
    """Tell what a file changes, and change nothing."""
    now = face.clock.now()
    read = people_file.read(given.text, FILE)
    plan = await face.store.read(people_plan.plan, caller.workspace.id, read, now)
    name = people_plan.name_of(plan, given.text)
    return shapes.plan(plan, name, {one.account.id: one.differences(now) for one in plan.given}, applied=False)


@router.post("/people/apply", summary="Apply a file of people")
async def apply_people(face: TheFace, caller: Gives, given: PeopleApplyIn) -> PeoplePlan:
    """Add and change people, groups and consents as a file says, in one step; it removes nobody.

    With the `plan` that was shown, only where the file does the same still (409).
    """
    here, now = caller.workspace.id, face.clock.now()
    read = people_file.read(given.text, FILE)
    plan = await face.store.read(people_plan.plan, here, read, now)
    people_plan.hold_to(given.plan, plan, given.text)
    await face.store.write(people_plan.carry_out, here, read, plan, now)
    name = people_plan.name_of(plan, given.text)
    return shapes.plan(plan, name, {one.account.id: one.differences(now) for one in plan.given}, applied=True)


@router.get("/people/{person}", summary="Show a person", response_model=AmbassadorShown, responses=TAGGED)
async def show_person(face: TheFace, caller: Reads, person: Id, request: Request) -> Response:
    """Show a person with accounts, groups, and what is allowed."""
    found = await consenting.ambassador(face.store, caller.workspace.id, person)
    shown = shapes.ambassador(found)
    return tagged(request, shown, viewed(states.of_person(found.person), shown))


@router.patch("/people/{person}", summary="Change a person")
async def change_person(face: TheFace, caller: Gives, person: Id, given: PersonChangeIn, seen: Read) -> AmbassadorShown:
    """Change where a person is written to, and whether of posts at all.

    Whoever reads those mails may decide in that name, so it is for owners.
    """
    here = caller.workspace.id
    await naming.person_of(face.store, here, person)
    store = held(face.store, states.thing(here, "people", person), seen)
    await store.write(gathering.change, here, person, given.email, mailed=given.mailed)
    return shapes.ambassador(await consenting.ambassador(face.store, here, person))


@router.delete("/people/{person}", summary="Delete a person")
async def remove_person(face: TheFace, caller: Gives, person: Id, seen: Read) -> Removed:
    """Delete a person with all accounts, consents and deliveries, for good."""
    row = await naming.person_of(face.store, caller.workspace.id, person)
    store = held(face.store, states.thing(caller.workspace.id, "people", person), seen)
    return Removed(still_sending=await store.write(people.remove, caller.workspace.id, row.name))


@router.get("/groups", summary="List groups")
async def list_groups(face: TheFace, caller: Reads, page: ThePage) -> Listed[GroupShown]:
    """List the groups, the oldest first: the audiences of mappings."""
    after = page.last_id("groups") or ""
    found = await face.store.read(people.listed_groups, caller.workspace.id)
    rows = sorted((one for one in found if one.id > after), key=lambda one: one.id)
    return page.body("groups", rows[: page.most], GroupShown.model_validate, lambda one: one.id)


@router.post("/groups", summary="Make a group", status_code=status.HTTP_201_CREATED)
async def add_group(face: TheFace, caller: Writes, given: GroupIn) -> GroupShown:
    """Make a group, and put people into it."""
    here = caller.workspace.id
    found = await _all(face, here, given.people)
    await face.store.write(people.add_group, here, given.name)
    await face.store.write(people.enter, here, given.name, found)
    return await _group(face, here, given.name)


@router.get("/groups/{group}", summary="Show a group", response_model=GroupShown, responses=TAGGED)
async def show_group(face: TheFace, caller: Reads, group: Name, request: Request) -> Response:
    """Show a group, and how many are in it."""
    await naming.group(face.store, caller.workspace.id, group)
    shown = await _group(face, caller.workspace.id, group)
    return tagged(request, shown, await face.store.read(states.group, caller.workspace.id, group))


@router.delete("/groups/{group}", summary="Remove a group", status_code=status.HTTP_204_NO_CONTENT)
async def remove_group(face: TheFace, caller: Writes, group: Name, seen: Read) -> None:
    """Remove a group, not its people; sinks that name it reach nobody then."""
    await naming.group(face.store, caller.workspace.id, group)
    store = held(face.store, states.thing(caller.workspace.id, "groups", group), seen)
    await store.write(people.remove_group, caller.workspace.id, group)


@router.get("/groups/{group}/members", summary="List who is in a group")
async def list_group_members(face: TheFace, caller: Reads, page: ThePage, group: Name) -> Listed[PersonShown]:
    """List the people of a group, the first added first."""
    after = page.last_id("group members") or ""
    rows = await face.store.read(people.member_page, caller.workspace.id, group, after, page.most)
    if not rows:
        await naming.group(face.store, caller.workspace.id, group)
    return page.body("group members", rows, shapes.person, lambda one: one.id)


@router.post("/groups/{group}/members", summary="Put people into a group")
async def enter_group(face: TheFace, caller: Writes, group: Name, given: PeopleIn) -> GroupShown:
    """Put people into a group; who is in it already stays in it."""
    await naming.group(face.store, caller.workspace.id, group)
    found = await _all(face, caller.workspace.id, given.people)
    await face.store.write(people.enter, caller.workspace.id, group, found)
    return await _group(face, caller.workspace.id, group)


@router.delete("/groups/{group}/members/{person}", summary="Take somebody out of a group")
async def leave_group(face: TheFace, caller: Writes, group: Name, person: Id) -> GroupShown:
    """Take somebody out of a group."""
    await naming.group(face.store, caller.workspace.id, group)
    await naming.person_of(face.store, caller.workspace.id, person)
    await face.store.write(people.leave, caller.workspace.id, group, [person])
    return await _group(face, caller.workspace.id, group)


async def _all(face: Face, workspace_id: str, ids: list[str]) -> list[str]:
    return [(await naming.person_of(face.store, workspace_id, one)).id for one in dict.fromkeys(ids)]


async def _group(face: Face, workspace_id: str, name: str) -> GroupShown:
    rows = await face.store.read(people.listed_groups, workspace_id)
    return next(GroupShown.model_validate(row) for row in rows if row.name == name)
