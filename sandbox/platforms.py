"""What each network speaks: routes over the world, mounted below the network's name (`/facebook/...`).

Where a network has more to steer than all have, those routes are mounted below `/networks/facebook/...`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.facebook.routes import facebook_routes, steering_routes
from sandbox.linkedin.routes import linkedin_routes
from sandbox.linkedin.steering import linkedin_steering
from sandbox.x.routes import x_routes
from sandbox.x.steering import x_steering

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import APIRouter

    from sandbox.world import World

ROUTERS: Final[dict[str, Callable[[World], APIRouter]]] = {
    "facebook": facebook_routes,
    "linkedin": linkedin_routes,
    "x": x_routes,
}
STEERING: Final[dict[str, Callable[[World], APIRouter]]] = {
    "facebook": steering_routes,
    "linkedin": linkedin_steering,
    "x": x_steering,
}
