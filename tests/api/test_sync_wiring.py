"""A process applies what a repository holds by itself: the tick finds it, and its work is the background's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.actions.syncing import Wish, add
from api.wiring import make_runtime
from engine.ids import new_id
from engine.store import mappings, repositories, workspaces
from engine.store.workspaces import Workspace
from engine.vault import KeyFile
from tests.journeys.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = """\
mapping: news
sources: {blog: {kind: feed, url: "http://127.0.0.1:9/feed"}}
sinks: {out: {kind: webhook, from: blog, url: "http://127.0.0.1:9/in"}}
"""


async def test_a_repository_is_applied_by_the_process_that_runs(sqlite_url: str, tmp_path: Path) -> None:
    kept, key_file = tmp_path / "kept", tmp_path / "chappe.key"
    kept.mkdir()
    (kept / "news.yaml").write_text(MAPPING)
    KeyFile.create(key_file)
    runtime = make_runtime(sqlite_url, key_file=key_file, data_dir=tmp_path)
    store, now = runtime.core.store, runtime.core.clock.now()
    acme = Workspace(new_id(), "acme", runtime.core.vault.new_data_key(), now)
    await store.write(workspaces.create, acme)
    row = await add(store, acme.id, Wish(str(kept)), now)

    async def applied() -> bool:
        return bool(await store.read(repositories.runs, row.id, 1))

    await runtime.start()
    try:
        await until(applied, bool, 30.0)
        assert [each.name for each in await store.read(mappings.listed, acme.id)] == ["news"]
    finally:
        await runtime.stop()
