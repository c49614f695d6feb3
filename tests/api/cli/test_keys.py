"""The key file's keys: rotated and retired, and whole after an end between any two steps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from api.actions import keys
from engine.clock import SystemClock
from engine.errors import ConflictError
from engine.run.sealing import secret_place
from engine.runtime import keep_key
from engine.store import secrets, workspaces
from engine.store.lock import only_process
from engine.vault import KeyFile, Vault, VaultLockedError

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli


class Killed(Exception):  # noqa: N818  # it stands for the end of the process
    """The process ends here."""


def _key(cli: Cli) -> Any:
    return cli.folder / "chappe.key"


async def _opens(store: Store, cli: Cli) -> list[str]:
    """Return what the secret `hooks` says in every workspace, with the key file as it is."""
    vault = Vault(KeyFile.load(_key(cli)))
    await keep_key(store, vault)
    found = []
    for workspace in await store.read(workspaces.listed):
        sealed = await store.read(secrets.get, workspace.id, "hooks")
        place = secret_place(workspace.id, "hooks")
        found.append(vault.open(workspace.data_key, str(sealed), place).reveal())
    return found


@pytest.fixture
def two(cli: Cli) -> Cli:
    """Give an instance with two workspaces, each with a secret."""
    cli.out("init", "birch")
    for name in ("acme", "birch"):
        cli.out("secrets", "set", "hooks", "-w", name, given=f"words of {name}\n")
    return cli


def test_a_rotated_key_seals_every_workspace_and_the_former_one_is_retired(two: Cli) -> None:
    (first,) = two.data("keys", "show")
    assert first["workspaces"] == ["acme", "birch"]

    done = two.data("keys", "rotate", "--yes")

    assert (done["made"], done["rewrapped"]) == (True, 2)
    assert two.data("keys", "show") == [
        {"id": done["key"], "current": True, "held": True, "workspaces": ["acme", "birch"]},
        {"id": first["id"], "current": False, "held": True, "workspaces": []},
    ]
    assert two.data("keys", "retire", "--yes") == {"retired": [first["id"]]}
    assert [use["id"] for use in two.data("keys", "show")] == [done["key"]]
    assert two.inside(lambda store: _opens(store, two)) == ["words of acme", "words of birch"]
    assert two.out("keys", "retire") == "The key file holds the current key alone.\n"


@pytest.mark.parametrize("step", range(4))
def test_whoever_is_killed_while_rotating_goes_on_with_the_same_key(two: Cli, step: int) -> None:
    left = [step]

    def told(done: int, total: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    async def killed(store: Store) -> None:
        with pytest.raises(Killed):
            await keys.rotate(store, _key(two), told)
        assert await _opens(store, two) == ["words of acme", "words of birch"]

    two.inside(killed)
    made = [key.id for key in KeyFile.load(_key(two)).keys]
    assert len(made) == 2
    finished = step == 3
    if not finished:
        assert "is sealed by it now" in two.out("keys", "rotate", "--yes")
    assert [key.id for key in KeyFile.load(_key(two)).keys] == made
    two.out("keys", "retire", "--yes")
    assert two.inside(lambda store: _opens(store, two)) == ["words of acme", "words of birch"]


def test_a_retirement_that_was_killed_before_the_file_was_written_is_done_again(two: Cli) -> None:
    two.out("keys", "rotate", "--yes")
    before = _key(two).read_bytes()
    two.out("keys", "retire", "--yes")
    _key(two).write_bytes(before)

    assert two.inside(lambda store: _opens(store, two)) == ["words of acme", "words of birch"]
    two.out("keys", "retire", "--yes")
    assert len(KeyFile.load(_key(two)).keys) == 1


def test_the_file_from_before_a_rotation_is_refused(two: Cli) -> None:
    before = _key(two).read_bytes()
    two.out("keys", "rotate", "--yes")
    _key(two).write_bytes(before)

    async def look(store: Store) -> None:
        with pytest.raises(VaultLockedError, match="not the one that this database was sealed with"):
            await _opens(store, two)

    two.inside(look)
    assert "missing: put the key file back" in two.out("keys", "show")


def test_a_key_that_is_needed_is_not_retired(two: Cli) -> None:
    KeyFile.load(_key(two)).rotate(_key(two))

    assert two.refused(5, "keys", "retire", "--yes") == (
        "chappe: A former key still seals the data of `acme` and `birch`: run `chappe keys rotate` first, which "
        "finishes what was begun.\n"
    )


def test_nothing_is_rotated_while_a_process_sends(bare: Cli) -> None:
    bare.out("init", "acme")
    before = _key(bare).read_bytes()

    with only_process(bare.url, SystemClock().now()):
        said = bare.refused(1, "keys", "rotate")

    assert said.startswith("chappe: Another process sends from this database: process ")
    assert _key(bare).read_bytes() == before


def test_two_rotations_at_once_are_one(two: Cli) -> None:
    async def both(store: Store) -> None:
        async def second() -> None:
            with pytest.raises(ConflictError, match="Another command is changing"):
                await keys.rotate(store, _key(two), lambda *_: None)

        tasks: list[asyncio.Task[None]] = []

        def told(done: int, total: int) -> None:
            if not tasks:
                tasks.append(asyncio.create_task(second()))

        await keys.rotate(store, _key(two), told)
        await tasks[0]

    two.inside(both)
    assert len(KeyFile.load(_key(two)).keys) == 2
