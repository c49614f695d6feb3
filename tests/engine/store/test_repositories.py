"""Repositories: one sync at a time, what became of each commit, and mappings whose files have gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import ConflictError, NotFoundError
from engine.ids import new_id
from engine.store import mappings, repositories
from engine.store.mappings import Draft
from engine.store.repositories import Ended, Finish, Repository, Run, Synced

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def there(store: Store, workspace: str, now: datetime) -> Repository:
    """Give a repository that is due."""
    row = Repository(
        id=new_id(), workspace_id=workspace, name="acme", url="https://git.example.org/acme.git", branch="main",
        path="mappings", values_file="", secret="", prune=False, every_s=300, hook=None, commit_id="",
        next_sync_at=now, syncing_until=None, last_sync_at=None, created_at=now,
    )  # fmt: skip
    await store.write(repositories.add, row)
    return row


async def applied(store: Store, workspace: str, name: str, now: datetime) -> Synced:
    saved = await store.write(mappings.save_version, workspace, Draft(name, "", "x", name), now)
    await store.write(mappings.activate, workspace, saved.version_id, "", [], now)
    return Synced(saved.mapping_id, saved.version_id, f"{name}.yaml")


async def taken(store: Store, there: Repository, now: datetime) -> datetime:
    row = await store.write(repositories.take, there.id, now)
    assert row is not None
    assert row.syncing_until is not None
    return row.syncing_until


async def test_a_due_repository_is_synced_by_one_and_due_again_after_its_time(
    store: Store, there: Repository, now: datetime
) -> None:
    assert await store.read(repositories.due, now, 5) == [there.id]
    lease = await taken(store, there, now)
    assert await store.write(repositories.take, there.id, now) is None
    assert await store.read(repositories.due, now, 5) == []

    await store.write(repositories.finish, Finish(there.id, lease, Run("c1", repositories.FAILED, "no", now)))

    assert await store.read(repositories.due, now + 4 * MINUTE, 5) == []
    assert await store.read(repositories.due, now + 5 * MINUTE, 5) == [there.id]
    assert await store.read(repositories.due, now - timedelta(days=400), 5) == [there.id], "the clock was ahead"


async def test_a_dead_sync_is_followed_by_another_and_writes_nothing_late(
    store: Store, there: Repository, now: datetime
) -> None:
    lost = await taken(store, there, now)
    later = now + 6 * MINUTE
    lease = await taken(store, there, later)
    late = Finish(there.id, lost, Run("c0", repositories.APPLIED, "", later), synced=())

    await store.write(repositories.finish, late)

    row = await store.read(repositories.get, there.id)
    assert (row.commit_id, row.syncing_until) == ("", lease)
    assert await store.read(repositories.runs, there.id, 5) == []


async def test_a_commit_that_fails_the_same_way_again_is_one_run(
    store: Store, there: Repository, now: datetime
) -> None:
    for minutes, detail in ((0, "no"), (5, "no"), (10, "never")):
        at = now + minutes * MINUTE
        lease = await taken(store, there, at)
        await store.write(repositories.finish, Finish(there.id, lease, Run("c1", repositories.FAILED, detail, at)))

    found = await store.read(repositories.runs, there.id, 5)
    assert [(run.detail, run.at) for run in found] == [("never", now + 10 * MINUTE), ("no", now + 5 * MINUTE)]


@pytest.mark.parametrize("prune", [False, True])
async def test_a_mapping_whose_file_has_gone_runs_on_unless_it_shall_be_removed(
    store: Store, there: Repository, workspace: str, now: datetime, prune: bool
) -> None:
    both = [await applied(store, workspace, name, now) for name in ("jobs", "news")]
    ended = None
    for commit, synced in (("c1", both), ("c2", both[1:])):
        lease = await taken(store, there, now)
        end = Finish(there.id, lease, Run(commit, repositories.APPLIED, "", now), synced=synced, prune=prune)
        ended = await store.write(repositories.finish, end)

    assert ended == (Ended(removed=("jobs",)) if prune else Ended(gone=("jobs",)))
    found = {one.mapping: one.gone for one in await store.read(repositories.kept, workspace)}
    assert found == ({"news": False} if prune else {"jobs": True, "news": False})
    running = [row.name for row in await store.read(mappings.listed, workspace)]
    assert running == (["news"] if prune else ["jobs", "news"])


async def test_a_mapping_that_was_changed_elsewhere_is_seen(
    store: Store, there: Repository, workspace: str, now: datetime
) -> None:
    news = await applied(store, workspace, "news", now)
    lease = await taken(store, there, now)
    run = Run("c1", repositories.APPLIED, "", now)
    await store.write(repositories.finish, Finish(there.id, lease, run, synced=[news]))
    assert [one.changed for one in await store.read(repositories.kept, workspace)] == [False]

    other = await store.write(mappings.save_version, workspace, Draft("news", "", "y", "y"), now)
    await store.write(mappings.activate, workspace, other.version_id, "", [], now)

    assert [one.changed for one in await store.read(repositories.kept, workspace)] == [True]


async def test_a_hint_makes_it_due_now_and_many_of_them_no_more(store: Store, there: Repository, now: datetime) -> None:
    lease = await taken(store, there, now)
    await store.write(repositories.finish, Finish(there.id, lease, Run("c1", repositories.UNCHANGED, "", now)))
    for _ in range(3):
        await store.write(repositories.hint, there.id, now + timedelta(seconds=1))

    assert await store.read(repositories.due, now + timedelta(seconds=9), 5) == []
    assert await store.read(repositories.due, now + timedelta(seconds=10), 5) == [there.id]


async def test_names_are_given_once_and_what_is_forgotten_leaves_its_mappings(
    store: Store, there: Repository, workspace: str, now: datetime
) -> None:
    news = await applied(store, workspace, "news", now)
    lease = await taken(store, there, now)
    run = Run("c1", repositories.APPLIED, "", now)
    await store.write(repositories.finish, Finish(there.id, lease, run, synced=[news]))
    with pytest.raises(ConflictError, match="a repository acme already"):
        await store.write(repositories.add, there)

    await store.write(repositories.remove, there.id)

    assert await store.read(repositories.kept, workspace) == []
    assert [row.name for row in await store.read(mappings.listed, workspace)] == ["news"]
    with pytest.raises(NotFoundError):
        await store.read(repositories.get, there.id)
