"""A network of pictures as Instagram is, which none of the shipped kinds is, and a source that gives texts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from connectors.shipped import ALL as CONNECTORS
from engine.contract.node import NodeConfig
from engine.contract.registry import Registry
from engine.contract.sink import Limits, Sink
from engine.contract.source import Batch, Source
from engine.errors import DoubtfulError
from engine.model.picture import MediaLimits
from mappings.operators import ALL as OPERATORS

if TYPE_CHECKING:
    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext, SourceContext
    from engine.contract.sink import Receipt
    from engine.model.post import Content


class Nothing(NodeConfig):
    """No settings."""


class Instagram(Sink[Nothing]):
    """Publish pictures."""

    kind = "instagram"
    title = "Instagram"
    account_kind = "instagram"
    limits = Limits(text_max=2_200, media=MediaLimits(count=10), needs_media=("image", "video"))
    example: ClassVar = {}

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: dict[str, str]) -> bytes:
        return content.text.encode()

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        raise DoubtfulError("Nothing is published by tests of mappings.")


class Notes(Source[Nothing]):
    """Give texts alone."""

    kind = "notes"
    title = "Notes"
    text_alone = True
    example: ClassVar = {}

    async def fetch(self, cursor: str | None, ctx: SourceContext) -> Batch:
        return Batch(cursor=cursor)


WITH_PICTURES = Registry([*CONNECTORS, *OPERATORS, Instagram, Notes])
