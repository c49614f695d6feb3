"""Posts that wait for an editor: looked at, reworded, let go on or ended."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query

from api.actions import approving
from api.actions.previewing import as_variant
from api.deps import Caller, Face, May, Role, TheFace
from api.paging import Listed, ThePage
from api.shapes import approvals as shapes
from api.shapes.approvals import ApprovalFull, ApprovalShown, RewordIn, Verdict, WhyIn
from api.shapes.common import Id, Name
from api.shapes.deliveries import NoteIn
from engine.errors import ConflictError
from engine.model.post import Post
from engine.model.rewording import reworded
from engine.run import approval as waits
from engine.store.verdicts import Said

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["approvals"])

Reads = Annotated[Caller, May("approvals:read", Role.VIEWER)]
Decides = Annotated[Caller, May("approvals:write", Role.APPROVER)]


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


@router.get("/approvals/{approval}", summary="Show a post that waits")
async def show_approval(face: TheFace, caller: Reads, approval: Id) -> ApprovalFull:
    """Show a post that waits, and what it would become, sink by sink."""
    desk = face.desk()
    found = await approving.prospect(desk, await waits.find(desk, caller.workspace.id, approval))
    sinks = {
        name: {"for": found.audiences[name], "variants": [as_variant(each) for each in variants]}
        for name, variants in found.preview.sinks.items()
    }
    return shapes.prospect(found, sinks)


@router.post("/approvals/{approval}/approve", summary="Let a post go on")
async def approve_post(face: TheFace, caller: Decides, approval: Id, given: NoteIn) -> Verdict:
    """Let a post go on at once."""
    return await _decided(face, caller, approval, Said(yes=True, by=caller.by, note=given.note))


@router.post("/approvals/{approval}/reject", summary="End a post")
async def reject_post(face: TheFace, caller: Decides, approval: Id, given: WhyIn) -> Verdict:
    """End a post here: nothing of it is published behind this node."""
    return await _decided(face, caller, approval, Said(yes=False, by=caller.by, note=given.note))


@router.post("/approvals/{approval}/edit", summary="Change the words of a post that waits")
async def edit_post(face: TheFace, caller: Decides, approval: Id, given: RewordIn) -> ApprovalFull:
    """Change words that go through the nodes behind, as they would; the post goes on waiting."""
    row = await waits.find(face.desk(), caller.workspace.id, approval)
    before = Post.model_validate_json(row.document)
    after = reworded(before, text=given.text, title=given.title)
    if after != before:
        await waits.edit(face.desk(), row, caller.by, after)
    return await show_approval(face, caller, approval)


async def _decided(face: Face, caller: Caller, approval: str, said: Said) -> Verdict:
    row = await waits.find(face.desk(), caller.workspace.id, approval)
    [done] = await approving.decide(face.desk(), [row], said)
    if done.why:
        raise ConflictError(done.why)
    return shapes.verdict(done, approved=said.yes)
