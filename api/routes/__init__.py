"""The routes of the API, one file for each resource; each gives a `router` whose paths begin after `/api/v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.routes import (
    accounts,
    approvals,
    audit,
    connecting,
    consents,
    deliveries,
    events,
    instance,
    library,
    mapping_changes,
    mapping_versions,
    mappings,
    me,
    members,
    operations,
    people,
    posts,
    rehearsal,
    repositories,
    running,
    secrets,
    session,
    source_hooks,
    sources,
    tapping,
    webhooks,
    workspaces,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

ALL: Sequence[APIRouter] = (
    events.router,
    webhooks.router,
    operations.router,
    session.router,
    members.router,
    workspaces.router,
    posts.router,
    deliveries.router,
    approvals.router,
    sources.router,
    source_hooks.router,
    running.router,
    accounts.router,
    connecting.router,
    secrets.router,
    people.router,
    consents.router,
    me.router,
    mapping_changes.router,
    mappings.router,
    mapping_versions.router,
    rehearsal.router,
    tapping.router,
    repositories.router,
    library.router,
    audit.router,
    instance.router,
)
