"""Posts that wait for an editor, over the API: decided in the words that were seen, one or several at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.api.cli.test_approvals import MAPPING, WAITS

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api, World

UNKNOWN = "f" * 32


async def test_approvals_are_none_here_and_an_unknown_one_is_not_found(api: Api) -> None:
    assert (await api.get("/approvals")).json() == {"items": [], "next": None}
    assert (await api.post(f"/approvals/{UNKNOWN}/approve", json={})).status_code == 404
    assert (await api.post(f"/approvals/{UNKNOWN}/reject", json={"note": " "})).status_code == 422


@pytest.fixture(scope="module")
def waiting(world: World) -> list[str]:
    """Give the ids of three posts that wait for an editor."""
    world.cli.out("apply", world.cli.write("news.yaml", MAPPING), "-w", "acme")
    for number in range(3):
        world.cli.arrive(f"We are hiring {number}")
    return [str(row["id"]) for row in world.cli.data("approvals", "list", "-w", "acme")]


async def test_what_waits_is_shown_with_its_node_its_note_since_when_and_until_when_what_then(
    api: Api, waiting: list[str]
) -> None:
    shown = (await api.get("/approvals")).json()["items"]
    first = next(item for item in shown if item["id"] == waiting[-1])
    story = (await api.get(f"/posts/{first['post_id']}/explain")).json()
    (stay,) = (stay for way in story["ways"] for stay in way["stays"])

    assert WAITS.items() <= first.items()
    assert (stay["node"], stay["since"]) == (first["node"], first["since"])
    assert stay["reason"]
    assert datetime.fromisoformat(first["until"]) - datetime.fromisoformat(first["since"]) == timedelta(days=1)


async def test_a_yes_does_not_hold_for_words_that_were_not_seen(api: Api, waiting: list[str]) -> None:
    path = f"/approvals/{waiting[0]}"
    seen = {"if-match": (await api.get(path)).headers["etag"]}
    edited = await api.post(f"{path}/edit", json={"text": "We are hiring two people"}, headers=seen)
    late = await api.post(f"{path}/approve", json={}, headers=seen)

    assert (edited.status_code, edited.json()["text"]) == (200, "We are hiring two people")
    assert (late.status_code, late.json()["type"]) == (412, "/api/problems/changed")
    assert late.json()["detail"].startswith("It was changed by owner of acme")
    again = {"if-match": (await api.get(path)).headers["etag"]}
    assert (await api.post(f"{path}/approve", json={}, headers=again)).status_code == 200


async def test_several_are_decided_at_once_and_one_that_cannot_be_holds_up_no_other(
    api: Api, waiting: list[str]
) -> None:
    unsaid = await api.post("/approvals/decide", json={"ids": waiting[1:], "move": "reject"})
    answer = await api.post("/approvals/decide", json={"ids": [UNKNOWN, *waiting[1:]], "move": "approve"})

    assert unsaid.status_code == 422
    assert [(item["id"], item["done"]) for item in answer.json()["items"]] == [
        (UNKNOWN, False), *((each, True) for each in waiting[1:]),
    ]  # fmt: skip
    assert answer.json()["items"][0]["why"].startswith("Nothing that waits")
