"""What a sink is when its author adds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.contract.node import NodeConfig
from engine.contract.sink import Receipt, Sink
from engine.errors import DoubtfulError
from engine.model.delivery import Doubt
from engine.model.post import Content

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext


class Plain(Sink[NodeConfig]):
    """Publish somewhere."""

    kind = "plain"
    title = "Plain"

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Mapping[str, str]) -> bytes:
        return b""

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        return Receipt()


async def test_it_asks_a_person_cannot_be_read_back_and_needs_accounts(send_context: SendContext) -> None:
    sink = Plain(NodeConfig())

    assert sink.doubt is Doubt.ASK
    assert sink.own_address is None
    assert not sink.uploads
    assert await sink.prepare(Content(), send_context) == {}
    with pytest.raises(DoubtfulError, match=r"Plain cannot be read back\."):
        await sink.find(Content(), send_context)
