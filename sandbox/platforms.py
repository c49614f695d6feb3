"""What each network speaks: a router over the world, mounted below the network's name (`/facebook/...`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.linkedin.routes import linkedin_routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import APIRouter

    from sandbox.world import World

ROUTERS: Final[dict[str, Callable[[World], APIRouter]]] = {"linkedin": linkedin_routes}
