"""Pause switches as people name them: everything, the workspace, a platform, an account, a mapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.actions import naming
from api.errors import UsageError
from engine.store import accounts, desk, mappings, pauses
from engine.store import missed as missed_posts
from engine.store.missed import Resumed
from engine.store.pauses import Scope
from mappings.findings import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.store.pauses import Pause
    from engine.store.unit import Store


@dataclass(frozen=True, slots=True)
class Target:
    """What is paused or resumed: the workspace of the row (empty for the whole instance), scope, key, and its name."""

    workspace_id: str
    scope: Scope
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Switch:
    """A pause as people see it."""

    what: str
    since: datetime
    reason: str


async def target(store: Store, workspace_id: str, scope: str, name: str | None) -> Target:
    """Return what a person means; raises NotFoundError for a name that is not there."""
    if scope not in set(Scope):
        advice = did_you_mean(scope, Scope) or " Name everything, workspace, platform, account or mapping."
        raise UsageError(f"“{scope}” cannot be paused.{advice}", pointer="/scope")
    if scope in (Scope.EVERYTHING, Scope.WORKSPACE):
        if name:
            raise UsageError(
                f"“{scope}” takes no name: did you mean a platform, an account or a mapping?", pointer="/name"
            )
        owner = "" if scope == Scope.EVERYTHING else workspace_id
        return Target(owner, Scope(scope), "", "everything" if scope == Scope.EVERYTHING else "the workspace")
    if not name:
        raise UsageError(f"Which {scope}? Say its name too.", pointer="/name")
    return Target(workspace_id, Scope(scope), await _key(store, workspace_id, scope, name), f"the {scope} {name}")


async def pause(store: Store, target: Target, reason: str, now: datetime) -> None:
    """Stop it: nothing of it is sent from the next second on."""
    await store.write(pauses.pause, target.workspace_id, target.scope, target.key, reason=reason, now=now)


async def resume(store: Store, target: Target, now: datetime) -> tuple[bool, bool]:
    """Let it go on at once; tells whether it was paused, and whether it was a platform that had us wait."""
    return await store.write(desk.resume, target.workspace_id, target.scope, target.key, now=now)


async def missed(store: Store, target: Target, policy: str) -> Resumed:
    """Count what came in while a mapping was paused, and how many of these posts would end by this policy.

    Raises UsageError for anything but a mapping: nothing else keeps posts that wait for it.
    """
    if policy not in missed_posts.POLICIES:
        advice = did_you_mean(policy, missed_posts.POLICIES) or f" There are {listed(missed_posts.POLICIES)}."
        raise UsageError(f"“{policy}” is no way to deal with what was missed.{advice}", pointer="/missed")
    if target.scope != Scope.MAPPING:
        raise UsageError("--missed is for a mapping: `chappe resume mapping NAME --missed skip`.", pointer="/missed")
    found = await store.read(missed_posts.listed, target.workspace_id, target.key)
    ends = len(missed_posts.skipped(found, policy))
    paused = (target.scope, target.key) in await store.read(pauses.paused, target.workspace_id)
    return Resumed(paused, len(found) - ends, ends)


async def resume_with(store: Store, target: Target, policy: str, by: str, now: datetime) -> Resumed:
    """Let a mapping go on, and of what it missed what the policy says, in one step."""
    return await store.write(missed_posts.resume, target.workspace_id, target.key, policy, by, now)


async def switches(store: Store, workspace_id: str) -> list[Switch]:
    """Return what is paused, with the names that people know."""
    rows = await store.read(pauses.listed, workspace_id)
    names = {row.id: row.name for row in await store.read(accounts.listed, workspace_id)} if rows else {}
    names |= {row.id: row.name for row in await store.read(mappings.listed, workspace_id)} if rows else {}
    return [Switch(_said(row, names), row.since, row.reason) for row in rows]


async def over(store: Store, workspace_id: str, mapping_id: str, account_id: str = "") -> list[str]:
    """Return what is paused over a mapping, and over an account and its platform where one is named."""
    rows = await store.read(pauses.listed, workspace_id)
    if not rows:
        return []
    known = await store.read(accounts.listed, workspace_id)
    platforms = {one.platform for one in known if one.id == account_id}
    keys = {(Scope.MAPPING, mapping_id), (Scope.ACCOUNT, account_id), *((Scope.PLATFORM, one) for one in platforms)}
    names = {one.id: one.name for one in known}
    names |= {one.id: one.name for one in await store.read(mappings.listed, workspace_id)}
    wide = (Scope.EVERYTHING, Scope.WORKSPACE)
    return [_said(row, names) for row in rows if row.scope in wide or (row.scope, row.key) in keys]


def effect(paused: Sequence[str]) -> str:
    """Return the sentence that says when a decision takes effect, or nothing where that is at once. Pure."""
    if not paused:
        return ""
    return f" It takes effect when {' and '.join(paused)} {'is' if len(paused) == 1 else 'are'} resumed."


def _said(row: Pause, names: dict[str, str]) -> str:
    if row.scope == Scope.EVERYTHING:
        return "everything"
    if row.scope == Scope.WORKSPACE:
        return "the workspace"
    return f"the {row.scope} {names.get(row.key, row.key)}"


async def _key(store: Store, workspace_id: str, scope: str, name: str) -> str:
    if scope == Scope.ACCOUNT:
        return (await naming.account(store, workspace_id, name)).id
    if scope == Scope.MAPPING:
        return (await naming.mapping(store, workspace_id, name)).id
    platforms = {row.platform for row in await store.read(accounts.listed, workspace_id)}
    if name not in platforms:
        raise naming.missing("platform", name, platforms, "No account has been added yet.")
    return name
