"""Words that no two accounts may say: whoever asks first has them, however many ask at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.ids import new_id
from engine.model.post import Content
from engine.store import contents, wordings
from engine.store.wordings import Network

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store


async def test_of_many_who_want_the_same_words_at_once_one_gets_them(
    store: Store, workspace: str, now: datetime
) -> None:
    network = Network(workspace, "x")
    for words in ("Bonjour", "Bonsoir", "Bonne nuit"):
        made = [(new_id(), Content(text=words)) for _ in range(8)]
        await store.write(contents.add, workspace, made, now)

        asked = [
            store.write(wordings.take, network, f"{number}", content, now) for number, (content, _) in enumerate(made)
        ]
        assert sorted(await asyncio.gather(*asked)) == [False] * 7 + [True]


async def test_an_account_keeps_its_words_and_another_network_has_its_own(
    store: Store, workspace: str, now: datetime
) -> None:
    content = new_id()
    await store.write(contents.add, workspace, [(content, Content(text="Bonjour"))], now)
    here, there = Network(workspace, "x"), Network(workspace, "elsewhere")

    assert [await store.write(wordings.take, here, who, content, now) for who in ("a", "a", "b")] == [True, True, False]
    assert await store.write(wordings.take, there, "b", content, now)
