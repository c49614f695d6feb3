"""The routes of the API, one file for each resource; each gives a `router` whose paths begin after `/api/v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.routes import events, members, operations, session, workspaces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

ALL: Sequence[APIRouter] = (
    events.router,
    operations.router,
    session.router,
    members.router,
    workspaces.router,
)
