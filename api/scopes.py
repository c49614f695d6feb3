"""What routes ask of their callers, as the routes themselves declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.routing import APIRoute, iter_route_contexts

from api.deps import Permission, SignedIn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastapi.dependencies.models import Dependant
    from fastapi.routing import RouteContext
    from starlette.routing import BaseRoute


def scopes_of(routes: Sequence[BaseRoute]) -> frozenset[str]:
    """Return every scope that a route asks for: what an API key can be for."""
    return frozenset(guard.scope for _, guard in guarded(routes) if isinstance(guard, Permission))


def guarded(routes: Sequence[BaseRoute]) -> Iterator[tuple[RouteContext, Permission | SignedIn | None]]:
    """Give every route of ours with what guards it, None where nothing does."""
    for route in iter_route_contexts(routes):
        if isinstance(route.original_route, APIRoute):
            yield route, next(_guards(route.dependant), None)


def _guards(dependant: Dependant) -> Iterator[Permission | SignedIn]:
    if isinstance(dependant.call, Permission | SignedIn):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _guards(inner)
