"""A webhook account: a receiver of the company's that several mappings may name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, HttpUrl

from connectors.webhook.wire import FORM, is_formed
from engine.contract.account import AccountKind
from engine.contract.node import NodeConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Settings(NodeConfig):
    """Where the receiver listens."""

    url: HttpUrl = Field(title="URL", description="Receives one POST for each post.")


class WebhookAccount(AccountKind):
    """A receiver of webhooks.

    `signing` signs every message; without it messages go out unsigned. While you change it, `signing_next` holds the
    new secret, and each message carries both signatures.
    """

    kind = "webhook"
    title = "Webhook receiver"
    Settings = Settings
    secrets = ("signing", "signing_next")
    example: ClassVar = {"url": "https://hooks.example.org/in"}

    @classmethod
    def check(cls, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Sequence[str]:
        """Name the secrets that nothing can be signed with."""
        del settings
        wrong = [name for name, secret in secrets.items() if not is_formed(secret)]
        return [f"`{name}` has the wrong form: {FORM}." for name in wrong]
