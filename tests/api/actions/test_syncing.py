"""What syncs need of the machine: the addresses that git may reach, and the token that lets it read."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from api.actions.syncing import Outside, Wish, add, make_tools
from api.errors import UsageError
from engine.contract.registry import Registry
from engine.errors import NotFoundError, RejectedError
from engine.ids import new_id
from engine.run.sealing import secret_place
from engine.store import repositories, secrets, workspaces
from engine.store.unit import open_store
from engine.store.workspaces import Workspace
from engine.vault import KeyFile, Vault, new_key
from mappings.git.process import GitError
from mappings.git.sync import sync_due

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock

ADDRESS = "https://localhost/acme.git"


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    """Give a database on SQLite alone: what is asked here is the machine."""
    opened = open_store(sqlite_url)
    yield opened
    await opened.close()


def never() -> Vault:
    raise AssertionError("the vault is opened for a secret only")


async def test_git_may_reach_the_checked_addresses_of_a_host_and_no_others(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    closed = make_tools(store, Registry(()), clock, never, Outside(tmp_path))
    opened = make_tools(store, Registry(()), clock, never, Outside(tmp_path, ("localhost", "10.0.0.0/8")))

    with pytest.raises(RejectedError, match="not a public address"):
        await closed.pins(ADDRESS)
    with pytest.raises(RejectedError, match="not a public address"):
        await closed.pins("https://10.1.2.3/acme.git")
    [pin] = await opened.pins(ADDRESS)
    assert pin.startswith("localhost:443:")
    assert "127.0.0.1" in pin
    assert await opened.pins("https://10.1.2.3/acme.git") == ()


async def test_a_private_repository_is_read_with_the_secret_that_is_named(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    vault = Vault(KeyFile((new_key(),)))
    acme = Workspace(new_id(), "acme", vault.new_data_key(), clock.now())
    await store.write(workspaces.create, acme)
    row = await add(store, acme.id, Wish(ADDRESS, secret="git"), clock.now())
    plain = await add(store, acme.id, Wish(ADDRESS, name="plain"), clock.now())
    tools = make_tools(store, Registry(()), clock, lambda: vault, Outside(tmp_path))

    with pytest.raises(GitError, match="The secret git is not set: run `chappe secrets set git`"):
        await tools.token(row)
    sealed = vault.seal(acme.data_key, "hunter2", secret_place(acme.id, "git"))
    await store.write(secrets.put, acme.id, "git", sealed, clock.now())
    assert await tools.token(row) == "hunter2"
    assert await make_tools(store, Registry(()), clock, never, Outside(tmp_path)).token(plain) == ""


async def test_in_the_background_what_fails_is_kept_and_what_is_gone_is_passed_over(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    acme = Workspace(new_id(), "acme", "sealed key", clock.now())
    await store.write(workspaces.create, acme)
    row = await add(store, acme.id, Wish(ADDRESS), clock.now())
    tools = make_tools(store, Registry(()), clock, never, Outside(tmp_path))

    await sync_due(tools, row.id)
    await sync_due(tools, new_id())

    [run] = await store.read(repositories.runs, row.id, 5)
    assert (run.state, "not a public address" in run.detail) == ("failed", True)
    assert await store.read(repositories.due, clock.now(), 5) == []


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("git@git.example.org:acme.git"), "over https"),
        (Wish("http://git.example.org/acme.git"), "over https"),
        (Wish("ext::sh -c id"), "no folder"),
        (Wish("https://ada:hunter2@git.example.org/acme.git"), "chappe secrets set"),
        (Wish(ADDRESS, branch="--upload-pack=id"), "no name of a branch"),
        (Wish(ADDRESS, branch="a..b"), "no name of a branch"),
        (Wish(ADDRESS, branch="a.lock"), "no name of a branch"),
        (Wish(ADDRESS, path="../etc"), "within the repository"),
        (Wish(ADDRESS, values_file="/etc/passwd"), "within the repository"),
        (Wish(ADDRESS, every="1s"), "10s at least"),
        (Wish(ADDRESS, every="often"), "--every"),
        (Wish(ADDRESS, name="-x"), "cannot be a name"),
    ],
)
async def test_what_cannot_be_a_repository_reaches_no_database(clock: FakeClock, wish: Wish, said: str) -> None:
    with pytest.raises((UsageError, NotFoundError), match=said):
        await add(cast("Store", None), "acme", wish, clock.now())
