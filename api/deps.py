"""What a route is handed: the process behind it, and who calls.

A route that belongs to a workspace stands under `/workspaces/{workspace}` and declares whom it serves:

    @router.get("/mappings")
    async def listed(face: TheFace, caller: Annotated[Caller, May("mappings:read", Role.VIEWER)]) -> ...
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Request

from api import idempotency, query, requests_recorded
from api.errors import ForbiddenError
from api.face import Caller, Face, Identify, Role, Signed

__all__ = [
    "AsAdmin", "AsUser", "Caller", "Face", "Identify", "May", "Permission", "Role", "Signed", "SignedIn", "TheFace",
    "the_face",
]  # fmt: skip


async def the_face(request: Request) -> Face:
    """Return the process behind the application; not by a thread, as what is not async would be."""
    face: Face = request.app.state.face
    return face


TheFace = Annotated[Face, Depends(the_face)]


class Permission:
    """A dependency that finds out who calls and whether that is allowed; `scope` is `resource:read` or `:write`."""

    def __init__(self, scope: str, needed: Role) -> None:
        self.scope = scope
        self.needed = needed

    async def __call__(
        self, request: Request, workspace: Annotated[str, Path(description="The workspace, by name.")]
    ) -> Caller:
        """Return the caller, or raise as `Identify` says; the `Idempotency-Key` of a POST is taken for them."""
        face = await the_face(request)
        caller = await face.identify(request, workspace, self.scope, self.needed)
        query.refuse_unknown(request)
        await idempotency.begin(request, face, idempotency.Owner.of(caller))
        await requests_recorded.begin(request, face.clock, caller.by, caller.user_id, caller.workspace.id)
        return caller


def May(scope: str, needed: Role) -> Any:  # noqa: N802  # read as a mark in a signature, as FastAPI's `Depends` is
    """Mark a route's parameter as the caller, who must have this role or more, and a key with this scope."""
    return Depends(Permission(scope, needed))


class SignedIn:
    """A dependency of routes outside of any workspace: whoever is signed in, or an administrator of the instance.

    An API key belongs to one workspace, so it reads here at most. Where a platform sends the browser, the query is the
    platform's, which may add to it what it likes.
    """

    def __init__(self, *, admin: bool = False, any_query: bool = False) -> None:
        self.admin = admin
        self.any_query = any_query

    async def __call__(self, request: Request) -> Signed:
        """Return who calls; raises UnauthenticatedError or ForbiddenError."""
        face = await the_face(request)
        signed = await face.identify.signed(request)
        if self.admin and not signed.user.admin:
            raise ForbiddenError("This is for administrators of the instance.")
        if signed.csrf is None and (self.admin or request.method != "GET"):
            raise ForbiddenError("An API key is for one workspace: sign in to do this.")
        if not self.any_query:
            query.refuse_unknown(request)
        await idempotency.begin(request, face, idempotency.Owner("", signed.user.id))
        await requests_recorded.begin(request, face.clock, signed.user.name, signed.user.id)
        return signed


AsUser = Annotated[Signed, Depends(SignedIn())]
AsAdmin = Annotated[Signed, Depends(SignedIn(admin=True))]
