"""Every kind of node and account that is installed, as data."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from api.actions.naming import missing
from mappings.catalogue import Card, catalogue

if TYPE_CHECKING:
    from engine.contract.account import AccountKind
    from engine.contract.registry import Registry


def cards(registry: Registry, kind: str | None = None) -> list[Card]:
    """Return the cards of all kinds, or those of one name; raises NotFoundError."""
    found = [*catalogue(registry), *(_account(registry.accounts[name]) for name in sorted(registry.accounts))]
    chosen = [card for card in found if kind in (None, card.kind)]
    if not chosen and kind:
        raise missing("kind", kind, {card.kind for card in found}, "", where="")
    return chosen


def _account(kind: type[AccountKind]) -> Card:
    """Return an account kind as a card: its secrets are asked for when an account is added."""
    return Card(
        kind=kind.kind,
        role="account",
        title=kind.title,
        summary=f"{kind.title}.",
        description=f"{inspect.cleandoc(kind.__doc__ or '')}\n\nSecrets: {', '.join(kind.secrets) or 'none'}.",
        icon="account",
        account_kind=None,
        settings=kind.Settings.model_json_schema(),
        common=(),
        example=dict(kind.example),
    )
