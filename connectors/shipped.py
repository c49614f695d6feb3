"""The platforms that ship with Chappe: `ALL` is the list, and what is on it is under the conformance checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from connectors.facebook.account import FacebookPage
from connectors.facebook.page_sink import FacebookPageSink
from connectors.facebook.page_source import FacebookPageSource
from connectors.feed.source import Feed
from connectors.linkedin.account import LinkedIn
from connectors.linkedin.member_sink import LinkedInMember
from connectors.webhook.account import WebhookAccount
from connectors.webhook.sink import Webhook
from connectors.x.account import X
from connectors.x.post_sink import XPost

if TYPE_CHECKING:
    from engine.contract.account import AccountKind
    from engine.contract.node import Node

ALL: Final[tuple[type[Node[Any] | AccountKind], ...]] = (
    FacebookPageSource,
    FacebookPageSink,
    FacebookPage,
    Feed,
    LinkedInMember,
    LinkedIn,
    Webhook,
    WebhookAccount,
    XPost,
    X,
)
