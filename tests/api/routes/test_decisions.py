"""What people decide about a delivery over the API stands in its row, and as the event that others follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from engine.store.tables import deliveries, events

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.api.routes.conftest import Api, World


@pytest.fixture(scope="module", autouse=True)
def arrived(world: World) -> None:
    """Let posts come in, of which each makes a delivery for the company and one for Léa, who is asked."""
    world.cli.arrive("We are hiring", times=4)


async def _one(api: Api, world: World, state: str) -> str:
    """Return a delivery for which others have decided nothing, in a state."""
    asked, nth = ("waiting", 0) if state == "waiting" else ("planned", -1)  # the newest are approved by then
    one = (await api.get("/deliveries", params={"state": asked})).json()["items"][nth]["id"]

    def put(connection: Connection) -> None:
        connection.execute(update(deliveries).where(deliveries.c.id == one).values(state=state))

    await world.store.write(put)
    return str(one)


async def _came_of(world: World, one: str) -> tuple[Any, ...]:
    """Return state and time of the approval, and the kinds of the newest events of a delivery."""

    def look(connection: Connection) -> tuple[Any, ...]:
        row = connection.execute(
            select(deliveries.c.state, deliveries.c.approved_at).where(deliveries.c.id == one)
        ).one()
        news = connection.execute(
            select(events.c.kind).where(events.c.delivery_id == one).order_by(events.c.seq.desc())
        )
        return row.state, row.approved_at is not None, news.scalars().first()

    return await world.store.read(look)


@pytest.mark.parametrize(
    ("state", "move", "body", "outcome"),
    [
        ("waiting", "approve", None, ("planned", True, "delivery.planned")),
        ("waiting", "reject", {"note": "Not mine."}, ("cancelled", False, "delivery.cancelled")),
        ("check_needed", "confirm", {"saw": "is_there"}, ("sent", False, "delivery.sent")),
        ("check_needed", "confirm", {"saw": "send"}, ("planned", False, "delivery.planned")),
        ("rejected", "retry", None, ("planned", False, "delivery.planned")),
        ("planned", "cancel", None, ("cancelled", False, "delivery.cancelled")),
    ],
)
async def test_a_decision_stands_in_the_row_and_is_told(
    api: Api, world: World, state: str, move: str, body: dict[str, str] | None, outcome: tuple[Any, ...]
) -> None:
    one = await _one(api, world, state)

    done = await api.post(f"/deliveries/{one}/{move}", **({"json": body} if body else {}))

    assert (done.status_code, done.json().get("state")) == (200, outcome[0]), done.text
    assert await _came_of(world, one) == outcome


async def test_other_words_stand_in_the_delivery_that_is_approved(api: Api, world: World) -> None:
    one = await _one(api, world, "waiting")

    edited = await api.post(f"/deliveries/{one}/edit", json={"text": "Come and work with us"})
    shown = await api.get(f"/deliveries/{one}")

    assert (edited.status_code, edited.json()["state"]) == (200, "waiting"), edited.text
    assert shown.json()["content"]["text"] == "Come and work with us"
