"""Repositories of mappings: added, listed, synced, forgotten, and what a sync would change."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.actions import applying
from api.actions.naming import missing
from api.errors import UsageError
from engine.errors import ChappeError, NotFoundError
from engine.http_client.addresses import AddressPolicy, parse_target
from engine.http_client.resolver import PinnedResolver, SystemResolver
from engine.ids import new_id
from engine.model.duration import Duration
from engine.run.sealing import hook_place, secret_place
from engine.store import repositories, workspaces
from engine.store import secrets as secret_rows
from engine.store.repositories import Repository
from mappings.git import sync as git_sync
from mappings.git.process import GitError
from mappings.git.sync import Tools
from mappings.git.tree import HTTPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from api.actions.applying import Difference
    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.store.repositories import Kept, Run
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault
    from mappings.findings import Finding

SOONEST: Final = Duration.parse("10s")
RUNS_SHOWN: Final = 10
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_BRANCH: Final = re.compile(r"(?!.*(?:\.\.|//|\.lock(?:/|$)|\.(?:/|$)))[A-Za-z0-9_][A-Za-z0-9_./#+-]{0,199}(?<!/)")


@dataclass(frozen=True, slots=True)
class Outside:
    """What syncs need of the machine: the folder that Chappe keeps, and the private hosts that may be reached."""

    data_dir: Path
    allow_private: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """A repository as a person names it."""

    url: str
    name: str = ""
    branch: str = ""
    path: str = ""
    values_file: str = ""
    secret: str = ""
    every: str = "5m"
    prune: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A repository with what became of its last commits, newest first, and the mappings that are kept in it."""

    repository: Repository
    runs: list[Run]
    mappings: list[Kept]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sync would do: `gone` are the mappings whose files are there no more."""

    repository: str
    commit: str
    differences: list[Difference]
    findings: list[Finding]
    gone: list[str]


def make_tools(
    store: Store, registry: Registry, clock: Clock, open_vault: Callable[[], Vault], outside: Outside
) -> Tools:
    """Return what syncs need; the vault is opened only for a repository that needs a secret."""

    async def token(row: Repository) -> str:
        if not row.secret:
            return ""
        sealed = await store.read(secret_rows.get, row.workspace_id, row.secret)
        if sealed is None:
            raise GitError(f"The secret {row.secret} is not set: run `chappe secrets set {row.secret}`.")
        workspace = await store.read(workspaces.get, row.workspace_id)
        return open_vault().open(workspace.data_key, sealed, secret_place(workspace.id, row.secret)).reveal()

    async def pins(url: str) -> tuple[str, ...]:
        return await _pins(url, AddressPolicy(outside.allow_private))

    return Tools(store, registry, clock, outside.data_dir / "sync", token, pins)


async def add(store: Store, workspace_id: str, wish: Wish, now: datetime) -> Repository:
    """Add a repository, due at once; raises UsageError where it cannot be one, and ConflictError for a taken name."""
    url = _url(wish.url)
    name = wish.name or url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    _need(
        _NAME.fullmatch(name),
        f"“{name}” cannot be a name: use letters, digits, dots, dashes and underscores (--name).",
        "/name",
    )
    _need(not wish.branch or _BRANCH.fullmatch(wish.branch), f"“{wish.branch}” is no name of a branch.", "/branch")
    row = Repository(
        id=new_id(),
        workspace_id=workspace_id,
        name=name,
        url=url,
        branch=wish.branch,
        path=_inside(wish.path, "--path", "/path"),
        values_file=_inside(wish.values_file, "--values", "/values_file"),
        secret=wish.secret,
        prune=wish.prune,
        every_s=_seconds(wish.every),
        hook=None,
        commit_id="",
        next_sync_at=now,
        syncing_until=None,
        last_sync_at=None,
        created_at=now,
    )
    await store.write(repositories.add, row)
    return row


async def named(store: Store, workspace_id: str, name: str | None) -> list[Repository]:
    """Return the repository of that name, or all of them; raises NotFoundError."""
    found = await store.read(repositories.listed, workspace_id)
    if name is None:
        return found
    one = [row for row in found if row.name == name]
    if not one:
        raise missing("repository", name, [row.name for row in found], "`chappe sync add` adds one.")
    return one


async def standing(store: Store, workspace_id: str, name: str | None) -> list[Standing]:
    """Return how repositories stand."""
    kept = await store.read(repositories.kept, workspace_id)
    return [
        Standing(
            row,
            await store.read(repositories.runs, row.id, RUNS_SHOWN),
            [one for one in kept if one.repository_id == row.id],
        )
        for row in await named(store, workspace_id, name)
    ]


async def preview(tools: Tools, row: Repository) -> Preview:
    """Return what a sync would change; raises FindingsError or ChappeError where it would fail."""
    found = await git_sync.look(tools, row)
    if found is None:
        raise NotFoundError(f"The repository {row.name} says nothing.")
    proposal = git_sync.propose(tools, row, found)
    mine = await git_sync.refuse_foreign(tools, row, proposal)
    checked = await applying.checked_files(tools.store, tools.registry, proposal.change)
    differences = await applying.differences(tools.store, row.workspace_id, checked)
    there = set(proposal.names.values())
    gone = [one.mapping for one in mine if one.mapping not in there]
    return Preview(row.name, proposal.commit, differences, proposal.findings, gone)


async def new_hook(store: Store, vault: Vault, workspace: Workspace, row: Repository) -> str:
    """Make the secret of a repository's webhook, in place of an earlier one, and return it: it is shown once."""
    secret = secrets.token_urlsafe(32)
    sealed = vault.seal(workspace.data_key, secret, hook_place(workspace.id, row.id))
    await store.write(repositories.set_hook, row.id, sealed)
    return secret


async def kept_elsewhere(store: Store, workspace_id: str, names: Iterable[str]) -> list[Kept]:
    """Return those of these mappings that are kept in repositories: a change by hand lasts until their next commit."""
    wanted = set(names)
    return [one for one in await store.read(repositories.kept, workspace_id) if one.mapping in wanted]


async def _pins(url: str, policy: AddressPolicy) -> tuple[str, ...]:
    """Resolve the host of an address once, and say that git may connect to nothing else; raises RejectedError."""
    target = parse_target(url)
    if target.literal is not None:
        policy.check(target.host, target.port, target.literal)
        return ()
    resolver = PinnedResolver(SystemResolver(), policy)
    try:
        found = await resolver.resolve(target.host, target.port)
    except OSError:
        raise GitError(f"The host {target.host} has no address: is it written right, and is there a network?") from None
    finally:
        await resolver.close()
    return (f"{target.host}:{target.port}:{','.join(each['host'] for each in found)}",)


def _url(text: str) -> str:
    if text.startswith(HTTPS):
        try:
            return parse_target(text).text
        except ChappeError as error:
            raise UsageError(f"{error} A token for it is kept with `chappe secrets set`.", pointer="/url") from None
    if "://" in text or re.match(r"[^/]+@[^/]+:", text):
        raise UsageError(
            "A repository is read over https, or from a folder of this machine: write https://HOST/PATH.git.",
            pointer="/url",
        )
    folder = Path(text).expanduser().resolve()
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {text}.")
    return str(folder)


def _inside(text: str, option: str, pointer: str) -> str:
    """Return a path within the repository, in its shortest form."""
    parts = [part for part in text.split("/") if part not in {"", "."}]
    wrong = text.startswith("/") or ".." in parts or "\\" in text or not text.isprintable()
    _need(not wrong, f"{option} names a path within the repository, without `..`.", pointer)
    return "/".join(parts)


def _seconds(text: str) -> int:
    try:
        every = Duration.parse(text)
    except ValueError as error:
        raise UsageError(f"--every: {error}", pointer="/every") from None
    _need(every >= SOONEST, f"--every is {SOONEST} at least.", "/every")
    return int(every.total_seconds())


def _need(holds: object, sentence: str, pointer: str) -> None:
    if not holds:
        raise UsageError(sentence, pointer=pointer)
