"""Posts that wait for an editor: looked at, reworded, let go on or ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from api import states
from api.actions import approving
from api.actions.previewing import as_variant
from api.deps import Caller, Face, May, Role, TheFace
from api.etags import TAGGED, IfMatch, Seen, tagged, viewed
from api.holding import held
from api.paging import Listed, ThePage
from api.shapes import approvals as shapes
from api.shapes.approvals import (
    ApprovalFull,
    ApprovalShown,
    DecidePostsIn,
    RewordIn,
    SeveralVerdict,
    Verdict,
    Verdicts,
    WhyIn,
)
from api.shapes.common import Id, Name
from api.shapes.deliveries import NoteIn
from engine.errors import NotFoundError
from engine.model.post import Post
from engine.model.rewording import reworded
from engine.run import approval as waits
from engine.store.verdicts import Said

if TYPE_CHECKING:
    from api.actions.desk import Desk
    from engine.store.verdicts import Asking

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["approvals"])

Reads = Annotated[Caller, May("approvals:read", Role.VIEWER)]
Decides = Annotated[Caller, May("approvals:write", Role.APPROVER)]
Read = Annotated[Seen, IfMatch()]


@router.get("/approvals", summary="List posts that wait for an editor")
async def list_approvals(
    face: TheFace,
    caller: Reads,
    page: ThePage,
    mapping: Annotated[Name | None, Query(description="Only this mapping, by name.")] = None,
) -> Listed[ApprovalShown]:
    """List the posts that wait for an editor, the longest waiting first."""
    after = page.last_id("approvals") or ""
    here = caller.workspace.id
    rows = await approving.listed(face.desk(), here, mapping=mapping, after=after, limit=page.most)
    return page.body("approvals", rows, shapes.waiting, lambda row: row.asking.id)


@router.get("/approvals/{approval}", summary="Show a post that waits", response_model=ApprovalFull, responses=TAGGED)
async def show_approval(face: TheFace, caller: Reads, approval: Id, request: Request) -> Response:
    """Show a post that waits, and what it would become, sink by sink."""
    row = await waits.find(face.desk(), caller.workspace.id, approval)
    shown = await _in_full(face, row)
    return tagged(request, shown, viewed(states.of_approval(row), shown))


@router.post("/approvals/{approval}/approve", summary="Let a post go on")
async def approve_post(face: TheFace, caller: Decides, approval: Id, given: NoteIn, seen: Read) -> Verdict:
    """Let a post go on at once."""
    return await _decided(face, caller, approval, Said(yes=True, by=caller.by, note=given.note), seen)


@router.post("/approvals/{approval}/reject", summary="End a post")
async def reject_post(face: TheFace, caller: Decides, approval: Id, given: WhyIn, seen: Read) -> Verdict:
    """End a post here: nothing of it is published behind this node."""
    return await _decided(face, caller, approval, Said(yes=False, by=caller.by, note=given.note), seen)


@router.post("/approvals/{approval}/edit", summary="Change the words of a post that waits")
async def edit_post(face: TheFace, caller: Decides, approval: Id, given: RewordIn, seen: Read) -> ApprovalFull:
    """Change words that go through the nodes behind, as they would; the post goes on waiting."""
    desk = _held(face, caller, approval, seen)
    row = await waits.find(desk, caller.workspace.id, approval)
    before = Post.model_validate_json(row.document)
    after = reworded(before, text=given.text, title=given.title)
    if after != before:
        await waits.edit(desk, row, caller.by, after)
    return await _in_full(face, await waits.find(desk, caller.workspace.id, approval))


@router.post("/approvals/decide", summary="Decide about several posts that wait")
async def decide_posts(face: TheFace, caller: Decides, given: DecidePostsIn) -> Verdicts:
    """Let several posts go on, or end them; one that cannot be decided says why, and holds up no other."""
    desk, here, said = face.desk(), caller.workspace.id, Said(given.move == "approve", caller.by, given.note)
    rows, verdicts = [], {}
    for each in dict.fromkeys(given.ids):
        try:
            rows.append(await waits.find(desk, here, each))
        except NotFoundError as error:
            verdicts[each] = SeveralVerdict(id=each, done=False, why=str(error), paused=[])
    for done in await approving.decide(desk, rows, said):
        verdicts[done.asking.id] = shapes.one_of_several(done)
    return Verdicts(items=[verdicts[each] for each in dict.fromkeys(given.ids)])


async def _in_full(face: Face, row: Asking) -> ApprovalFull:
    found = await approving.prospect(face.desk(), row)
    sinks = {
        name: {"for": found.audiences[name], "variants": [as_variant(each) for each in variants]}
        for name, variants in found.preview.sinks.items()
    }
    return shapes.prospect(found, sinks)


def _held(face: Face, caller: Caller, approval: str, seen: Seen) -> Desk:
    """Return a desk where a post is decided only as the caller has seen it."""
    desk = face.desk()
    return replace(desk, store=held(desk.store, states.thing(caller.workspace.id, "approvals", approval), seen))


async def _decided(face: Face, caller: Caller, approval: str, said: Said, seen: Seen) -> Verdict:
    desk = _held(face, caller, approval, seen)
    done = await approving.decide_one(desk, await waits.find(desk, caller.workspace.id, approval), said)
    return shapes.verdict(done, approved=said.yes)
