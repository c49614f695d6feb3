"""The registry keeps each kind on its shelf, once."""

from __future__ import annotations

import pytest

from connectors.webhook.account import WebhookAccount
from connectors.webhook.sink import Webhook
from engine.contract.node import Node, NodeConfig
from engine.contract.registry import Registry
from engine.errors import MappingError


class Twin(Webhook):
    """Another sink of the same name."""


class Stray(Node[NodeConfig]):
    """Neither of all."""

    kind = "stray"


def test_a_kind_is_found_by_its_name_on_the_shelf_of_its_base() -> None:
    registry = Registry([Webhook, WebhookAccount])

    assert registry.sinks == {"webhook": Webhook}
    assert registry.accounts == {"webhook": WebhookAccount}
    assert (registry.sources, registry.operators) == ({}, {})
    assert registry.nodes() == (Webhook,)


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(MappingError, match=r"Two sink kinds are called webhook\."):
        Registry([Webhook, Twin])


def test_what_belongs_on_no_shelf_is_refused() -> None:
    with pytest.raises(MappingError, match="Stray"):
        Registry([Stray])
