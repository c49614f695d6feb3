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
    kind = core.registry.accounts.get(sink.sink.account_kind or "")
    if kind is None or kind.AppSettings is None or not _may_ask(kind):
        return ""
    row = await core.store.read(apps.get, workspace_id, kind.kind)
    return kind.releases_each(public_app(kind.AppSettings, row.settings if row is not None else "{}"))


def distinct_on(sink: SinkNode) -> str:
    """Return the platform on which each account must say something else, empty where they may say the same."""
    return (sink.sink.account_kind or sink.sink.kind) if sink.sink.words_alone else ""


def _may_ask(kind: type[AccountKind]) -> bool:
    """Spare the others a look at their app: most platforms never ask."""
    return kind.releases_each.__func__ is not AccountKind.releases_each.__func__  # type: ignore[attr-defined]
