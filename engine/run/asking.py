"""Whose yes a sink needs before anything goes out, and where no two accounts may say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.contract.account import AccountKind
from engine.model.birth import MAPPING_ASKS
from engine.run.apps import public_app
from engine.store import apps

if TYPE_CHECKING:
    from engine.contract.registry import Registry
    from engine.graph import SinkNode
    from engine.store.unit import Store


class Kinds(Protocol):
    """Who knows the kinds and the database: `Core`, and a process that sends nothing itself."""

    store: Store
    registry: Registry


async def asks_for(core: Kinds, workspace_id: str, sink: SinkNode) -> str:
    """Return the sentence that asks for a yes: the mapping's, or the platform's; empty where only the owner may ask."""
    if sink.approval != "none":
        return MAPPING_ASKS.detail
    platform = sink.sink.account_kind or ""
    if not _may_ask(core.registry.accounts.get(platform)):
        return ""
    row = await core.store.read(apps.get, workspace_id, platform)
    return platform_asks(core.registry, platform, row.settings if row is not None else "{}")


def platform_asks(registry: Registry, platform: str, app: str) -> str:
    """Return the sentence in which a platform asks for a yes to each post, with these settings (JSON) of its app."""
    kind = registry.accounts.get(platform)
    if kind is None or kind.AppSettings is None:
        return ""
    return kind.releases_each(public_app(kind.AppSettings, app))


def distinct_on(sink: SinkNode) -> str:
    """Return the platform on which each account must say something else, empty where they may say the same."""
    return (sink.sink.account_kind or sink.sink.kind) if sink.sink.words_alone else ""


def _may_ask(kind: type[AccountKind] | None) -> bool:
    """Spare the others a look at their app: most platforms never ask."""
    if kind is None or kind.AppSettings is None:
        return False
    return kind.releases_each.__func__ is not AccountKind.releases_each.__func__  # type: ignore[attr-defined]
