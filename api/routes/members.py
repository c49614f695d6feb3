"""Who is in a workspace, as what; and the API keys that its members make."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response, status

from api import states
from api.actions import api_keys as key_actions
from api.actions import members as actions
from api.actions.api_keys import Order
from api.actions.members import Wanted
from api.deps import Caller, May, Role, TheFace
from api.etags import TAGGED, IfMatch, Seen, tagged, viewed
from api.holding import held
from api.paging import Listed, ThePage
from api.scopes import scopes_of
from api.shapes import access
from api.shapes.access import ApiKeyIn, ApiKeyMade, ApiKeyShown, MemberChangeIn, MemberIn, MemberShown
from api.shapes.common import Id
from engine.store import api_keys, users

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["members"])

Reads = Annotated[Caller, May("members:read", Role.OWNER)]
Writes = Annotated[Caller, May("members:write", Role.OWNER)]
Read = Annotated[Seen, IfMatch()]
ReadsKeys = Annotated[Caller, May("api-keys:read", Role.VIEWER)]
WritesKeys = Annotated[Caller, May("api-keys:write", Role.VIEWER)]


@router.get("/members", summary="List members")
async def list_members(face: TheFace, caller: Reads, page: ThePage) -> Listed[MemberShown]:
    """List who is in the workspace, oldest user first."""
    after = page.last_id("members") or ""
    rows = await face.store.read(users.members, caller.workspace.id, after=after, most=page.most)
    return page.body("members", rows, access.member, lambda row: row.user.id)


@router.post("/members", summary="Let somebody in", status_code=status.HTTP_201_CREATED)
async def add_member(face: TheFace, caller: Writes, given: MemberIn) -> MemberShown:
    """Let a user in by mail address; a new one signs in by a code that comes by mail."""
    wanted = Wanted(given.name, given.email, given.role, given.person)
    return access.member(await actions.add(face.store, face.clock, caller.workspace.id, wanted))


@router.get("/members/{user}", summary="Show a member", response_model=MemberShown, responses=TAGGED)
async def show_member(face: TheFace, caller: Reads, user: Id, request: Request) -> Response:
    """Show what a user is in the workspace."""
    row = await face.store.read(users.member, caller.workspace.id, user)
    shown = access.member(row)
    return tagged(request, shown, viewed(states.of_member(row), shown))


@router.put("/members/{user}", summary="Change what a member is")
async def change_member(face: TheFace, caller: Writes, user: Id, given: MemberChangeIn, seen: Read) -> MemberShown:
    """Change the role of a member, which counts at once; the only owner stays one."""
    store = held(face.store, states.thing(caller.workspace.id, "members", user), seen)
    return access.member(await actions.change(store, caller.workspace.id, user, given.role, given.person))


@router.delete("/members/{user}", summary="Take a member out", status_code=status.HTTP_204_NO_CONTENT)
async def remove_member(face: TheFace, caller: Writes, user: Id, seen: Read) -> None:
    """Take a user, and the API keys made here, out of the workspace at once; the only owner stays."""
    store = held(face.store, states.thing(caller.workspace.id, "members", user), seen)
    await store.write(users.leave, caller.workspace.id, user)


@router.get("/api-keys", summary="List API keys")
async def list_api_keys(face: TheFace, caller: ReadsKeys, page: ThePage) -> Listed[ApiKeyShown]:
    """List one's own API keys, an owner those of everybody, oldest first; the revoked ones too."""
    after = page.last_id("api-keys") or ""
    rows = await face.store.read(api_keys.listed, caller.workspace.id, _whose(caller), after=after, most=page.most)
    return page.body("api-keys", rows, access.key, lambda row: row.id)


@router.post("/api-keys", summary="Make an API key", status_code=status.HTTP_201_CREATED)
async def create_api_key(face: TheFace, caller: WritesKeys, given: ApiKeyIn, request: Request) -> ApiKeyMade:
    """Make a key for oneself in this workspace; it may do what its scopes say and its owner's role allows."""
    order = Order(caller.workspace.id, caller.user_id, given.name, frozenset(given.scopes), given.expires_at)
    known = scopes_of(request.app.routes)
    made = await key_actions.create(face.store, face.clock, order, known=known, held=caller.scopes)
    return ApiKeyMade(key=access.key(made.key), token=made.token)


@router.get("/api-keys/{key}", summary="Show an API key")
async def show_api_key(face: TheFace, caller: ReadsKeys, key: Id) -> ApiKeyShown:
    """Show a key, never its secret."""
    return access.key(await face.store.read(api_keys.get, caller.workspace.id, key, _whose(caller)))


@router.delete("/api-keys/{key}", summary="Revoke an API key", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_api_key(face: TheFace, caller: WritesKeys, key: Id) -> None:
    """End a key at once, one's own or, as an owner, anybody's."""
    await face.store.write(api_keys.revoke, caller.workspace.id, key, _whose(caller), now=face.clock.now())


def _whose(caller: Caller) -> str | None:
    """Return whose keys a caller sees: all as an owner, else one's own."""
    return None if caller.role == Role.OWNER else caller.user_id
