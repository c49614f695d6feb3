"""Carrying out a change of mappings: planned, held to what somebody saw, applied, and told with all that belongs to it.

Whoever applies calls `prepared`, asks a person where `Prepared.losing` names posts that lose their node, and then
`carried_out`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import recording
from api.actions import applying, fitting, planning, syncing
from engine.vault import VaultLockedError
from engine.wake import Kind
from mappings.changing import changes
from mappings.changing.planning import Linted, plan_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.actions.applying import Difference
    from api.actions.fitting import Unfit
    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.store.repositories import Kept
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault
    from engine.wake import WakeQueue
    from mappings.changing.changes import Change, Outcome
    from mappings.changing.planning import Plan
    from mappings.findings import Finding
    from mappings.linting.lint import Checked


@dataclass(frozen=True, slots=True)
class Hands:
    """What a change is carried out with; the vault is opened only where secrets are looked at."""

    store: Store
    registry: Registry
    clock: Clock
    workspace: Workspace
    vault: Callable[[], Vault]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Files that were checked, and what applying them would do."""

    change: Change
    checked: list[Checked]
    plan: Plan

    @property
    def losing(self) -> list[str]:
        """Name the posts that wait at a node that goes away."""
        return planning.losing(self.plan)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a change; `outcome` is None where it was only looked at, `unlooked` says why no secret was."""

    plan: Plan
    differences: list[Difference]
    findings: list[Finding]
    missing: list[str]
    unfit: list[Unfit]
    unlooked: str
    outcome: Outcome | None
    kept: list[Kept]

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "applied": self.outcome is not None,
            "plan": self.plan.id,
            "mappings": self.differences,
            "older_posts": len(self.outcome.post_ids) if self.outcome else 0,
            "findings": [each.as_dict() for each in self.findings],
            "missing_secrets": self.missing,
            "unfit_secrets": [each._asdict() for each in self.unfit],
            "kept": {each.mapping: each.repository for each in self.kept},
        }


async def prepared(
    hands: Hands,
    change: Change,
    *,
    held_to: str | planning.Kept | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Check files and plan them.

    Raises FindingsError, and ConflictError where that is not the plan that somebody holds to, by its name or whole.
    """
    checked = await applying.checked_files(hands.store, hands.registry, change, told)
    plan = await plan_of(hands.store, hands.registry, hands.clock, Linted(change.workspace_id, checked))
    if held_to is not None:
        planning.hold_to(held_to, plan)
    return Prepared(change, checked, plan)


async def still(hands: Hands, ready: Prepared) -> None:
    """Raise ConflictError where the plan has changed since: somebody has thought about it meanwhile."""
    linted = Linted(ready.change.workspace_id, ready.checked)
    planning.hold_to(ready.plan.id, await plan_of(hands.store, hands.registry, hands.clock, linted))


async def carried_out(
    hands: Hands, ready: Prepared, *, dry_run: bool = False, told: Callable[[int, int], None] | None = None
) -> Done:
    """Apply what was prepared, unless it is only to be looked at, and return what there is to say."""
    store, kinds, here = hands.store, hands.registry, ready.change.workspace_id
    differences = await applying.differences(store, here, ready.checked)
    recording.note(mappings=[each.mapping for each in differences if each.what != "unchanged"])
    outcome = None if dry_run else await changes.apply(store, kinds, hands.clock, ready.change, told)
    findings = [finding for one in ready.checked for finding in one.findings]
    missing = await applying.missing_secrets(store, here, ready.checked)
    unfit, unlooked = await _unfit(hands, ready.checked)
    changed = [each.mapping for each in differences if each.what != "unchanged"]
    kept = await syncing.kept_elsewhere(store, here, changed)
    return Done(ready.plan, differences, findings, missing, unfit, unlooked, outcome, kept)


async def awaken(wake: WakeQueue, outcome: Outcome) -> None:
    """Ask for what a change has made due; otherwise the due tick finds it."""
    for kind, keys in (
        (Kind.POLL, outcome.source_ids),
        (Kind.ROUTE, outcome.post_ids),
        (Kind.RELEASE, outcome.release_keys),
    ):
        if keys:
            await wake.wake(kind, keys)


async def _unfit(hands: Hands, checked: list[Checked]) -> tuple[list[Unfit], str]:
    """Return the secrets that cannot be right; where the key file cannot be read, nothing and why."""
    try:
        return await fitting.unfit_of(hands.store, hands.vault, hands.workspace, hands.registry, checked), ""
    except VaultLockedError as error:
        return [], str(error)
