"""Workspaces, and for the instance's administrators all of them with all users."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response, status

from api import states
from api.actions import workspaces as actions
from api.deps import AsAdmin, AsUser, Caller, May, Role, TheFace
from api.etags import TAGGED, IfMatch, Seen, tagged, viewed
from api.holding import held
from api.paging import Listed, ThePage
from api.shapes import access
from api.shapes.access import UserChangeIn, UserShown, WorkspaceIn, WorkspaceShown
from api.shapes.common import Id
from engine.store import users, workspaces

router: Final = APIRouter(tags=["workspaces"])

Named = Annotated[str, Query(description="The name of the workspace, once more.", max_length=200)]
Reads = Annotated[Caller, May("workspace:read", Role.AMBASSADOR)]
Deletes = Annotated[Caller, May("workspace:write", Role.OWNER)]
Read = Annotated[Seen, IfMatch()]
NOWHERE: Final = ""
"""Users belong to no workspace."""


@router.get("/workspaces", summary="List my workspaces")
async def list_workspaces(face: TheFace, signed: AsUser, page: ThePage) -> Listed[WorkspaceShown]:
    """List the workspaces that one is in, oldest first; with an API key, the one that the key is for."""
    after = page.last_id("workspaces") or ""
    only = signed.known.workspace
    if only is not None:
        rows = [only] if only.id > after else []
    else:
        rows = await face.store.read(workspaces.of_user, signed.user.id, after=after, most=page.most)
    return page.body("workspaces", rows, access.workspace, lambda row: row.id)


@router.post("/workspaces", summary="Make a workspace", status_code=status.HTTP_201_CREATED)
async def create_workspace(face: TheFace, signed: AsAdmin, given: WorkspaceIn) -> WorkspaceShown:
    """Make a workspace, and be its owner."""
    return access.workspace(await actions.create(face.store, face.clock, face.vault, given.name, signed.user.id))


@router.get("/workspaces/{workspace}", summary="Show a workspace")
async def show_workspace(caller: Reads) -> WorkspaceShown:
    """Show a workspace that one is in."""
    return access.workspace(caller.workspace)


@router.delete("/workspaces/{workspace}", summary="Delete a workspace for good", status_code=status.HTTP_204_NO_CONTENT)
async def delete_workspace(face: TheFace, caller: Deletes, confirm: Named = "") -> None:
    """Delete a workspace with everything in it, where `confirm` repeats its name; nothing brings it back."""
    await actions.delete(face.store, caller.workspace, confirm, face.settings.data_dir)


@router.get("/instance/workspaces", summary="List all workspaces")
async def list_all_workspaces(face: TheFace, _: AsAdmin, page: ThePage) -> Listed[WorkspaceShown]:
    """List every workspace of the instance, oldest first."""
    after = page.last_id("all-workspaces") or ""
    rows = await face.store.read(workspaces.listed, after=after, most=page.most)
    return page.body("all-workspaces", rows, access.workspace, lambda row: row.id)


@router.post("/instance/workspaces/{name}/suspend", summary="Suspend a workspace")
async def suspend_workspace(face: TheFace, _: AsAdmin, name: str) -> WorkspaceShown:
    """Stop a workspace: nothing of it is polled or sent, and its members are kept out."""
    return access.workspace(await actions.suspend(face.store, face.clock, name))


@router.post("/instance/workspaces/{name}/let-in", summary="Let a suspended workspace go on")
async def let_workspace_in(face: TheFace, _: AsAdmin, name: str) -> WorkspaceShown:
    """Let a suspended workspace go on; what was paused in it before stays paused."""
    return access.workspace(await actions.let_in(face.store, face.clock, name))


@router.get("/users", summary="List users")
async def list_users(face: TheFace, _: AsAdmin, page: ThePage) -> Listed[UserShown]:
    """List every user of the instance, oldest first."""
    rows = await face.store.read(users.listed, after=page.last_id("users") or "", most=page.most)
    return page.body("users", rows, access.user, lambda row: row.id)


@router.get("/users/{user}", summary="Show a user", response_model=UserShown, responses=TAGGED)
async def show_user(face: TheFace, _: AsAdmin, user: Id, request: Request) -> Response:
    """Show a user of the instance."""
    row = await face.store.read(users.get, user)
    shown = access.user(row)
    return tagged(request, shown, viewed(states.of_user(row), shown))


@router.patch("/users/{user}", summary="Change a user")
async def change_user(face: TheFace, _: AsAdmin, user: Id, given: UserChangeIn, seen: Read) -> UserShown:
    """Change a user's name, suspend the user, or make somebody an administrator; all of it counts at once."""
    values: dict[str, Any] = given.model_dump(exclude_none=True)
    store = held(face.store, states.thing(NOWHERE, "users", user), seen)
    return access.user(await store.write(users.change, user, values))


@router.delete("/users/{user}", summary="Delete a user", status_code=status.HTTP_204_NO_CONTENT)
async def delete_user(face: TheFace, _: AsAdmin, user: Id, seen: Read) -> None:
    """Delete a user with sessions, API keys and memberships; the only owner of a workspace stays."""
    await held(face.store, states.thing(NOWHERE, "users", user), seen).write(users.remove, user)
