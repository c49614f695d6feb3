"""Repositories of mappings: added, looked at, synced, forgotten."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path, Response, status

from api import operations
from api.actions import syncing
from api.actions.syncing import Outside, Wish, make_tools
from api.deps import Caller, May, Role, TheFace
from api.openapi_words import located
from api.routes.operations import shape_of
from api.shapes import mappings as mapping_shapes
from api.shapes import repositories as shapes
from api.shapes.operations import Operation
from api.shapes.repositories import (
    Forgotten,
    Hook,
    Repositories,
    RepositoryIn,
    RepositoryShown,
    StandingShown,
    SyncIn,
    SyncPreview,
)
from engine.store import repositories as rows
from mappings.git.sync import sync

if TYPE_CHECKING:
    from api.deps import Face
    from api.operations import Report
    from engine.store.repositories import Repository
    from mappings.git.sync import Tools

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["repositories"])

Viewer = Annotated[Caller, May("repositories:read", Role.VIEWER)]
Editor = Annotated[Caller, May("repositories:write", Role.EDITOR)]
RepositoryName = Annotated[str, Path(max_length=200, description="The repository.", examples=["acme-mappings"])]


@router.get("/repositories", summary="List repositories of mappings")
async def list_repositories(face: TheFace, caller: Viewer) -> Repositories:
    """List the repositories that mappings are kept in."""
    found = await syncing.named(face.store, caller.workspace.id, None)
    return Repositories(items=[shapes.repository(row) for row in found])


@router.post("/repositories", summary="Add a repository", status_code=status.HTTP_201_CREATED, responses=located(201))
async def add_repository(response: Response, face: TheFace, caller: Editor, body: RepositoryIn) -> RepositoryShown:
    """Add a repository of mappings that is read over https; every commit of it is applied from now on."""
    row = await syncing.add(face.store, caller.workspace.id, Wish(**body.model_dump()), face.clock.now())
    response.headers["location"] = f"/api/v1/workspaces/{caller.workspace.name}/repositories/{row.name}"
    return shapes.repository(row)


@router.get("/repositories/{name}", summary="Show how a repository stands")
async def get_repository(face: TheFace, caller: Viewer, name: RepositoryName) -> StandingShown:
    """Show what became of the last commits, and which mappings are kept there: changed elsewhere, or without a file."""
    [found] = await syncing.standing(face.store, caller.workspace.id, name)
    return shapes.standing(found)


@router.delete("/repositories/{name}", summary="Forget a repository")
async def remove_repository(face: TheFace, caller: Editor, name: RepositoryName) -> Forgotten:
    """Forget a repository. Its mappings run on, and are changed by hand from then on."""
    row = await _named(face, caller, name)
    await face.store.write(rows.remove, row.id)
    return Forgotten(removed=name)


@router.post("/repositories/{name}/preview", summary="Show what a sync would change")
async def preview_sync(face: TheFace, caller: Editor, name: RepositoryName) -> SyncPreview:
    """Show what applying the newest commit would change, and change nothing."""
    found = await syncing.preview(_tools(face), await _named(face, caller, name))
    return SyncPreview(
        repository=found.repository,
        commit=found.commit,
        differences=[asdict(each) for each in found.differences],
        findings=[mapping_shapes.finding(each) for each in found.findings],
        gone=found.gone,
    )


@router.post(
    "/repositories/{name}/sync", summary="Sync a repository now", status_code=status.HTTP_202_ACCEPTED,
    responses=located(202),
)  # fmt: skip
async def sync_repository(
    response: Response, face: TheFace, caller: Editor, name: RepositoryName, body: SyncIn
) -> Operation:
    """Begin to apply what a repository holds now, all of it or nothing; it undoes what was changed by hand."""
    repository = await _named(face, caller, name)

    async def work(report: Report) -> dict[str, Any]:
        await report(0, None, "The repository is read.")
        done = await sync(_tools(face), repository.id, again=True, prune=body.prune)
        return done.as_dict()

    row = await operations.start(face, caller, "sync", work)
    response.headers["location"] = f"/api/v1/workspaces/{caller.workspace.name}/operations/{row.id}"
    return shape_of(row, face.clock.now())


@router.post("/repositories/{name}/hook", summary="Make the secret of a repository's webhook")
async def make_repository_hook(face: TheFace, caller: Editor, name: RepositoryName) -> Hook:
    """Make the secret with which GitHub, GitLab, Gitea or Forgejo call; an earlier one ends."""
    row = await _named(face, caller, name)
    secret = await syncing.new_hook(face.store, face.vault, caller.workspace, row)
    return Hook(path=f"/hooks/git/{row.id}", secret=secret)


async def _named(face: Face, caller: Caller, name: str) -> Repository:
    [row] = await syncing.named(face.store, caller.workspace.id, name)
    return row


def _tools(face: Face) -> Tools:
    outside = Outside(face.settings.data_dir, face.settings.allow_private)
    return make_tools(face.store, face.registry, face.clock, lambda: face.vault, outside)
