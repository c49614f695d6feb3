"""Sources: asked now, woken by others, and released after the flood guard held their posts."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

from engine.errors import ConflictError
from engine.ids import short
from engine.run.sealing import source_hook_place
from engine.store import desk, posts, sources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.store.posts import PostRow
    from engine.store.sources import SourceRow
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault


async def held(store: Store, workspace_id: str) -> dict[str, int]:
    """Return how many posts wait for a person, by source; a source without any is absent."""
    rows = await store.read(sources.listed, workspace_id)
    found = {row.id: await store.read(posts.held_count, row.id) for row in rows if row.state == sources.HELD}
    return {source_id: count for source_id, count in found.items() if count}


def called(source: SourceRow, among: Sequence[SourceRow]) -> str:
    """Return what names a source on the command line: its name, or its short id where another has the same name."""
    alike = sum(row.name == source.name for row in among)
    return source.name if alike == 1 else short(source.id)


async def held_posts(store: Store, source: SourceRow) -> list[PostRow]:
    """Return the posts of a source that wait for a person, newest first."""
    rows = await store.read(posts.newest, source.workspace_id, source_id=source.id, limit=500)
    return [row for row in rows if row.state == posts.HELD]


async def poll_now(store: Store, source: SourceRow, now: datetime) -> None:
    """Make a source due; raises ConflictError where no active mapping reads it."""
    if not await store.write(sources.poll_now, source.id, now):
        raise ConflictError(f"No active mapping reads {source.name}: it is not polled.")


async def release(store: Store, source: SourceRow, by: str, now: datetime, *, skip: bool) -> list[str]:
    """Let held posts go on to be routed, or with `skip` mark them seen and never route them; returns their ids."""
    sentence = f"Not routed: {by} skipped it." if skip else f"Released by {by}."
    return await store.write(desk.release_source, source, sentence, now, skip=skip)


async def new_hook(store: Store, vault: Vault, workspace: Workspace, source: SourceRow) -> str:
    """Make the secret of those who wake a source, in place of an earlier one, and return it: it is shown once."""
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    sealed = vault.seal(workspace.data_key, secret, source_hook_place(workspace.id, source.id))
    await store.write(sources.set_hook, source.id, sealed)
    return secret


async def end_hook(store: Store, source: SourceRow) -> None:
    """Let nobody wake a source any more."""
    await store.write(sources.set_hook, source.id, None)


def hook_path(workspace: Workspace, source: SourceRow) -> str:
    """Return where those call who wake a source."""
    return f"/hooks/{workspace.name}/sources/{source.id}"
