"""Mappings kept in git: a commit is one change or none, drift is seen, and what has gone runs on until it is pruned."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import ConflictError
from engine.ids import new_id
from engine.store import mappings, repositories, workspaces
from engine.store.repositories import Repository
from engine.store.unit import open_store
from engine.store.workspaces import Workspace
from mappings.changing.changes import Change, apply
from mappings.git.sync import Report, Tools, sync
from tests.mappings.git.test_tree import Origin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from engine.contract.registry import Registry
    from engine.testing.fakes import FakeClock

BLOG = """\
mapping: blog
title: Blog of ${COMPANY}
sources:
  feed: {kind: feed, url: https://example.org/feed}
sinks:
  hook: {kind: webhook, from: feed, url: https://hooks.example.org/in}
"""
JOBS = BLOG.replace("mapping: blog", "mapping: jobs").replace("/feed}", "/jobs}").replace("${COMPANY}", "Acme")


class House:
    """A workspace over SQLite, and a folder of mappings that is synced."""

    def __init__(self, tools: Tools, row: Repository, folder: Path, clock: FakeClock) -> None:
        self.tools, self.row, self.folder, self.clock = tools, row, folder, clock

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.yaml").write_text(text)

    async def sync(self, *, again: bool = False, prune: bool = False) -> Report:
        self.clock.advance(timedelta(minutes=5))
        return await sync(self.tools, self.row.id, again=again, prune=prune)

    async def running(self) -> dict[str, str]:
        found = await self.tools.store.read(mappings.listed, self.row.workspace_id)
        return {row.name: row.title for row in found}

    async def runs(self) -> list[tuple[str, str]]:
        found = await self.tools.store.read(repositories.runs, self.row.id, 9)
        return [(run.state, run.detail) for run in found]

    async def by_hand(self, text: str) -> None:
        change = Change(self.row.workspace_id, {"hand.yaml": text}, {"COMPANY": "hand"})
        await apply(self.tools.store, self.tools.registry, self.clock, change)


async def no_token(row: Repository) -> str:
    assert not row.secret
    return ""


async def no_pins(url: str) -> tuple[str, ...]:
    raise AssertionError(url)


@pytest.fixture
async def house(sqlite_url: str, registry: Registry, clock: FakeClock, tmp_path: Path) -> AsyncIterator[House]:
    store, folder = open_store(sqlite_url), tmp_path / "kept"
    folder.mkdir()
    acme = Workspace(new_id(), "acme", "sealed key", clock.now())
    await store.write(workspaces.create, acme)
    row = Repository(
        id=new_id(), workspace_id=acme.id, name="acme-mappings", url=str(folder), branch="", path="",
        values_file="prod.yaml", secret="", prune=False, every_s=300, hook=None, commit_id="",
        next_sync_at=clock.now(), syncing_until=None, last_sync_at=None, created_at=clock.now(),
    )  # fmt: skip
    await store.write(repositories.add, row)
    made = House(Tools(store, registry, clock, tmp_path / "clones", no_token, no_pins), row, folder, clock)
    made.write(blog=BLOG, jobs=JOBS, prod="COMPANY: Acme\n")
    yield made
    await store.close()


async def test_a_commit_is_applied_as_one_change_and_named_by_its_versions(house: House) -> None:
    report = await house.sync()

    assert (report.state, report.detail) == ("applied", "2 new.")
    assert await house.running() == {"blog": "Blog of Acme", "jobs": "Blog of Acme"}
    origins = [
        (await house.tools.store.read(mappings.versions, house.row.workspace_id, one.mapping_id))[0].origin
        for one in (report.outcome.mappings if report.outcome else ())
    ]
    made = f"acme-mappings@{report.commit[:12]}"
    assert origins == [f"{made}:blog.yaml", f"{made}:jobs.yaml"]
    assert (await house.sync()).state == "unchanged"
    assert await house.runs() == [("applied", "2 new.")]


async def test_a_commit_with_an_error_changes_nothing_and_says_which_line(house: House) -> None:
    await house.sync()
    house.write(blog=BLOG.replace("Blog of", "News of"), jobs=JOBS.replace("from: feed", "from: fed"))

    report = await house.sync()

    assert (report.state, report.outcome) == ("failed", None)
    assert report.detail.startswith("jobs.yaml:6:31  CH201  sinks.hook.from")
    assert await house.running() == {"blog": "Blog of Acme", "jobs": "Blog of Acme"}
    house.write(jobs=JOBS)
    assert (await house.sync()).detail == "1 changed, 1 unchanged."
    assert [state for state, _ in await house.runs()] == ["applied", "failed", "applied"]


async def test_values_that_are_wrong_or_missing_fail_the_commit(house: House) -> None:
    house.write(prod="COMPANY: [Acme]\n")
    assert (await house.sync()).detail.startswith("prod.yaml:1:10  CH601  COMPANY")
    (house.folder / "prod.yaml").unlink()
    assert "no values file prod.yaml" in (await house.sync()).detail
    assert await house.running() == {}


async def test_a_mapping_whose_file_has_gone_runs_on_until_it_is_pruned(house: House) -> None:
    await house.sync()
    (house.folder / "jobs.yaml").unlink()

    report = await house.sync()
    assert (report.gone, set(await house.running())) == (("jobs",), {"blog", "jobs"})

    report = await house.sync(again=True, prune=True)
    assert (report.removed, set(await house.running())) == (("jobs",), {"blog"})
    shutil.rmtree(house.folder)
    house.folder.mkdir()
    house.write(prod="COMPANY: Acme\n")
    assert (await house.sync(prune=True)).state == "failed", "an empty folder prunes nothing"
    assert set(await house.running()) == {"blog"}


async def test_what_was_changed_by_hand_is_seen_and_stays_until_the_next_commit(house: House) -> None:
    await house.sync()
    await house.by_hand(BLOG)
    [kept] = [one for one in await house.tools.store.read(repositories.kept, house.row.workspace_id) if one.changed]
    assert (kept.mapping, kept.path) == ("blog", "blog.yaml")

    assert (await house.sync()).state == "unchanged"
    assert (await house.running())["blog"] == "Blog of hand"
    report = await house.sync(again=True)
    assert report.detail.endswith("and now again as in the repository: blog.")
    assert (await house.running())["blog"] == "Blog of Acme"


async def test_a_mapping_is_kept_in_one_repository(house: House) -> None:
    await house.sync()
    other = replace(house.row, id=new_id(), name="other")
    await house.tools.store.write(repositories.add, other)

    report = await sync(house.tools, other.id)

    assert report.state == "failed"
    assert "the mapping blog is kept in the repository acme-mappings already (blog.yaml)" in report.detail


async def test_a_sync_that_is_broken_off_gives_its_lease_back(house: House) -> None:
    async def broken(row: Repository) -> str:
        raise KeyboardInterrupt

    git = replace(house.row, id=new_id(), name="git", branch="main")
    await house.tools.store.write(repositories.add, git)
    with pytest.raises(KeyboardInterrupt):
        await sync(replace(house.tools, token=broken), git.id)

    await house.tools.store.write(repositories.take, git.id, house.clock.now())
    with pytest.raises(ConflictError, match="being synced just now"):
        await sync(house.tools, git.id)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed on this machine")
async def test_commits_of_a_repository_are_followed_and_its_loss_is_told(house: House, tmp_path: Path) -> None:
    origin = Origin(tmp_path / "origin")
    first = origin.commit({"m/jobs.yaml": JOBS})
    git = replace(house.row, id=new_id(), name="git", url=str(origin.folder), branch="main", path="m", values_file="")
    await house.tools.store.write(repositories.add, git)

    report = await sync(house.tools, git.id)
    assert (report.state, report.commit) == ("applied", first)
    second = origin.commit({"m/jobs.yaml": JOBS.replace("Blog", "Jobs")})
    assert (await sync(house.tools, git.id)).commit == second
    assert await house.running() == {"jobs": "Jobs of Acme"}
    shutil.rmtree(origin.folder)
    report = await sync(house.tools, git.id)
    assert (report.state, report.commit) == ("failed", "")
    assert report.detail == "There is no git repository at this address."
    assert await house.running() == {"jobs": "Jobs of Acme"}
