"""The record of who changed what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query

from api.deps import AsAdmin, Caller, Face, May, Role, TheFace
from api.given import Given
from api.paging import Listed, Order, Page, Sort, ThePage
from api.shapes import audit as shapes
from api.shapes.audit import AuditEntry
from api.shapes.common import Moment
from engine.store import audit
from engine.store.audit import Asked

router: Final = APIRouter(tags=["audit"])


@dataclass(frozen=True, slots=True)
class Filters:
    """Which changes a caller looks for."""

    by: Annotated[str | None, Query(max_length=200, description="Only by this name.")] = None
    what: Annotated[str | None, Query(max_length=64, description="Only this operation or command.")] = None
    object: Annotated[str | None, Query(max_length=200, description="Only of this kind, or of this id or name.")] = None
    since: Annotated[Moment | None, Query(description="Only from this time on.")] = None
    until: Annotated[Moment | None, Query(description="Only before this time.")] = None
    sort: Sort = Order.NEWEST

    def asked(self) -> Asked:
        """Return them as the store takes them."""
        return Asked(self.by, self.what, self.object, self.since, self.until, oldest=self.sort is Order.OLDEST)


TheFilters = Annotated[Filters, Given(Filters)]


@router.get("/workspaces/{workspace}/audit", summary="List who changed what")
async def list_audit(
    face: TheFace,
    caller: Annotated[Caller, May("audit:read", Role.OWNER)],
    page: ThePage,
    filters: TheFilters,
) -> Listed[AuditEntry]:
    """List the changes that were made in the workspace through the API and the command line, newest first or oldest."""
    return await _listed(face, caller.workspace.id, page, filters)


@router.get("/instance/audit", summary="List who changed what about the instance")
async def list_instance_audit(face: TheFace, _: AsAdmin, page: ThePage, filters: TheFilters) -> Listed[AuditEntry]:
    """List the changes that concern no workspace in particular: users, workspaces themselves, keys. Newest first."""
    return await _listed(face, "", page, filters)


async def _listed(face: Face, workspace_id: str, page: Page, filters: Filters) -> Listed[AuditEntry]:
    name = f"audit {filters.sort} first"
    last = page.last_id(name)
    rows = await face.store.read(audit.listed, workspace_id, filters.asked(), after=last, most=page.most)
    return page.body(name, rows, shapes.entry, lambda row: row.id)
