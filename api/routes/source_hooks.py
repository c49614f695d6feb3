"""Who may wake a source: the secret with which others say that it has news."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, status

from api.actions import naming, sourcing
from api.deps import Caller, May, Role, TheFace
from api.shapes.common import Id
from api.shapes.running import SourceHook

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["sources"])

Writes = Annotated[Caller, May("sources:write", Role.EDITOR)]


@router.post("/sources/{source}/hook", summary="Make a source's hook", status_code=status.HTTP_201_CREATED)
async def make_source_hook(face: TheFace, caller: Writes, source: Id) -> SourceHook:
    """Make the secret with which others say that the source has news, in place of an earlier one. It is shown once."""
    row = await naming.source_of(face.store, caller.workspace.id, source)
    secret = await sourcing.new_hook(face.store, face.vault, caller.workspace, row)
    return SourceHook(path=sourcing.hook_path(caller.workspace, row), secret=secret)


@router.delete("/sources/{source}/hook", summary="Remove a source's hook", status_code=status.HTTP_204_NO_CONTENT)
async def remove_source_hook(face: TheFace, caller: Writes, source: Id) -> None:
    """Let nobody wake the source any more."""
    row = await naming.source_of(face.store, caller.workspace.id, source)
    await sourcing.end_hook(face.store, row)
