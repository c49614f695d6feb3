"""The instance for its administrators: what is set, and whether mails go out; and all that a workspace holds."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from api import requests_recorded
from api.actions import instance_settings, mail_test, workspace_export
from api.deps import AsAdmin, Caller, Face, May, Role, TheFace
from api.paging import Listed, Page, ThePage
from api.requests_recorded import Who
from api.shapes.instance import MailShown, MailTested, MailTestIn, SettingShown, SettingsShown
from engine.store import mails

router: Final = APIRouter(tags=["instance"])

NDJSON: Final = "application/x-ndjson"


@router.get("/instance/settings", summary="Show the settings")
async def show_settings(face: TheFace, _: AsAdmin) -> SettingsShown:
    """Show every setting of the process and where it comes from; passwords are masked."""
    return SettingsShown(items=[SettingShown.model_validate(one) for one in instance_settings.shown(face.settings)])


@router.post("/instance/mail/test", summary="Try whether mails go out")
async def try_mail(face: TheFace, _: AsAdmin, given: MailTestIn) -> MailTested:
    """Send one mail at once, and show what the server answered."""
    return MailTested(**await mail_test.try_one(face.mailer, given.address, face.clock))


@router.get("/instance/mails", summary="List mails to users")
async def list_instance_mails(face: TheFace, _: AsAdmin, page: ThePage) -> Listed[MailShown]:
    """List the mails that belong to no workspace, such as codes for signing in, newest first."""
    return await _mails(face, mails.INSTANCE, page)


@router.get("/workspaces/{workspace}/mails", summary="List mails")
async def list_mails(
    face: TheFace, caller: Annotated[Caller, May("mails:read", Role.OWNER)], page: ThePage
) -> Listed[MailShown]:
    """List the workspace's mails, newest first: to whom, and what became of them."""
    return await _mails(face, caller.workspace.id, page)


@router.get(
    "/workspaces/{workspace}/export",
    summary="Export a workspace",
    response_class=StreamingResponse,
    responses={200: {"description": "Lines of JSON.", "content": {NDJSON: {}}}},
)
async def export_workspace(
    face: TheFace, caller: Annotated[Caller, May("export:read", Role.OWNER)], request: Request
) -> StreamingResponse:
    """Give everything that the workspace holds but secrets: a line that says what it is, then one for each row.

    It leaves an entry in the record of changes, as nothing else does that only reads.
    """
    who = Who(caller.by, caller.user_id, caller.workspace.id)
    await requests_recorded.note(request, face, who, about=("workspaces", caller.workspace.name))
    rows = workspace_export.lines(face.store, face.clock, caller.workspace)
    name = f'attachment; filename="{caller.workspace.name}.ndjson"'
    return StreamingResponse(rows, media_type=NDJSON, headers={"content-disposition": name})


async def _mails(face: Face, owner: str, page: Page) -> Listed[MailShown]:
    rows = await face.store.read(mails.listed, [owner], page.most, before=page.last_id("mails"))
    return page.body("mails", rows, MailShown.model_validate, lambda row: row.id)
