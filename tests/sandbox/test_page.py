"""The page to watch: it needs nothing from elsewhere, and is told of every change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sandbox.conftest import Sandbox


async def test_the_page_loads_nothing_from_elsewhere(sandbox: Sandbox) -> None:
    answer = await sandbox.client.get("/")

    assert re.findall(r"(?:src|href)=\"(?!data:,)[^\"]*\"|url\(|@import|https?://(?!\S*\\S)\S+", answer.text) == []
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_the_page_is_told_of_every_change_and_of_nothing_else(sandbox: Sandbox) -> None:
    tags = []
    for change in (None, "publish", "message", "fault", "settings"):
        if change == "publish":
            await sandbox.client.post("/feeds/acme/entries", json={"title": "x"})
        elif change == "message":
            await sandbox.post("lea", "msg_1")
        elif change == "fault":
            await sandbox.client.post("/receivers/lea/faults", json={"kind": "reset"})
        elif change == "settings":
            await sandbox.client.put("/receivers/lea", json={"title": "Léa"})
        answer = await sandbox.client.get("/everything.json")
        tags.append(answer.headers["etag"])
        again = await sandbox.client.get("/everything.json", headers={"if-none-match": tags[-1]})
        assert again.status_code == 304

    assert len(set(tags)) == 5


async def test_what_is_shown_is_newest_first_and_not_without_end(sandbox: Sandbox) -> None:
    for number in range(50):
        await sandbox.post("lea", f"msg_{number}", f"Nr {number}")
    shown = (await sandbox.client.get("/everything.json")).json()["accounts"][0]
    account = await sandbox.account("lea")

    assert [message["id"] for message in shown["messages"]] == [f"msg_{n}" for n in range(49, 9, -1)]
    assert shown["published"] == len(account["messages"]) == 50
