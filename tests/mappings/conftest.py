"""Kinds that tests of mappings are written with: those that ship, and stand-ins for nodes with accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
from pydantic import Field

from connectors.shipped import ALL as CONNECTORS
from engine.contract.node import NodeConfig
from engine.contract.registry import Registry
from engine.contract.sink import Limits, Sink
from engine.contract.source import Batch, Source
from engine.errors import DoubtfulError
from engine.model.picture import MediaLimits
from mappings.operators import ALL as OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext, SourceContext
    from engine.contract.sink import Receipt
    from engine.model.post import Content
    from mappings.findings import Finding


class PageConfig(NodeConfig):
    """Which posts are read."""

    reels: bool = Field(default=False, description="Whether short films count.")


class FacebookPage(Source[PageConfig]):
    """Read a page with an account."""

    kind = "facebook_page"
    title = "Facebook page"
    account_kind = "facebook"
    example: ClassVar = {}

    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        return Batch(cursor=cursor)


class MemberConfig(NodeConfig):
    """How a member's post looks."""

    visibility: str = Field(default="public", description="Who sees it.")


class LinkedinMember(Sink[MemberConfig]):
    """Publish in a member's name."""

    kind = "linkedin_member"
    title = "LinkedIn member"
    account_kind = "linkedin"
    limits = Limits(text_max=60, text_unit="graphemes", media=MediaLimits(count=1), personal=True)
    example: ClassVar = {}

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: dict[str, str]) -> bytes:
        return content.text.encode()

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        raise DoubtfulError("Nothing is published by tests of mappings.")


STAND_INS = (FacebookPage, LinkedinMember)
TAKEN = {kind.kind for kind in STAND_INS}
REGISTRY = Registry((*(kind for kind in (*CONNECTORS, *OPERATORS) if kind.kind not in TAKEN), *STAND_INS))


@pytest.fixture
def registry() -> Registry:
    """Give the kinds that ship, with stand-ins for nodes with accounts in the place of those so called."""
    return REGISTRY


@pytest.fixture
def lines() -> Callable[[list[Finding]], list[str]]:
    """Give a way to see findings as people do."""
    return lambda findings: [str(finding) for finding in findings]
