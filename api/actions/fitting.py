"""Secrets that mappings name: whether they can be right, by their form, for the nodes that are handed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from engine.errors import MappingError
from engine.run.sealing import secret_place
from engine.store import mappings, secrets
from mappings.linting.lint import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from engine.contract.node import Node
    from engine.contract.registry import Registry
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault
    from mappings.linting.lint import Checked


class Unfit(NamedTuple):
    """A secret that cannot be right for a node of a mapping, and why."""

    secret: str
    mapping: str
    node: str
    why: str


async def unfit_of(
    store: Store, vault: Callable[[], Vault], workspace: Workspace, registry: Registry, checked: Iterable[Checked]
) -> list[Unfit]:
    """Look at the secrets that these mappings name and that are set; raises VaultLockedError where there are any."""
    there: dict[str, str] = {}
    named = [one for one in checked if one.document is not None]
    for name in sorted({name for one in named for node in one.nodes.values() for name in node.secrets().values()}):
        sealed = await store.read(secrets.get, workspace.id, name)
        if sealed is not None:
            there[name] = vault().open(workspace.data_key, sealed, secret_place(workspace.id, name)).reveal()
    mapped = [(one.document.mapping, one.nodes) for one in named if one.document is not None]
    return [unfit for mapping, nodes in mapped for unfit in _unfit(registry, mapping, nodes, there)]


async def unfit_for(store: Store, workspace_id: str, registry: Registry, name: str, value: str) -> list[Unfit]:
    """Return the nodes of active mappings for which a secret cannot be right."""
    found: list[Unfit] = []
    for row in await store.read(mappings.listed, workspace_id):
        if row.version_id is None:
            continue
        try:
            nodes = check(await store.read(mappings.document, row.version_id), row.name, registry).nodes
        except MappingError:  # it cannot be used, which `chappe status` says
            continue
        found += _unfit(registry, row.name, nodes, {name: value})
    return found


def _unfit(
    registry: Registry, mapping: str, nodes: Mapping[str, Node[Any]], values: Mapping[str, str]
) -> Iterator[Unfit]:
    for node_name, node in nodes.items():
        kind = registry.accounts.get(node.account_kind or "")
        for key, secret in node.secrets().items() if kind else ():
            if kind is not None and secret in values:
                for why in kind.check({}, {key: values[secret]}):
                    yield Unfit(secret, mapping, node_name, why)
