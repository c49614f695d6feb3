"""A post is called off over the API and by command, a fan-out also as the operation that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from engine.ids import short
from engine.store import fanouts
from engine.store.fanouts import Reach
from engine.store.planning import Way
from engine.store.tables import posts, routes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.api.routes.conftest import Api, World


@pytest.fixture
def post(world: World) -> str:
    """Give a post with a delivery for the company and one for Léa, who is asked."""
    end = world.cli.arrive("We are hiring")
    newest = select(posts.c.id).order_by(posts.c.id.desc()).limit(1)
    found = str(world.do(world.store.read(lambda connection: connection.execute(newest).scalar_one())))
    assert found.endswith(end)
    return found


def _planned_anew(connection: Connection, post: str, now: Any) -> str:
    """Put the route of a post back to where nothing of it is planned, as a fan-out."""
    row = connection.execute(select(routes).where(routes.c.post_id == post)).mappings().one()
    connection.execute(update(routes).where(routes.c.id == row["id"]).values(state="routing", cursor=0))
    way = Way(row["id"], row["workspace_id"], post, row["mapping_id"], "news")
    fanouts.begin(connection, way, Reach(0, 3), now)
    return way.route_id


async def test_a_post_is_called_off_once(api: Api, post: str) -> None:
    answer = await api.post(f"/posts/{post}/cancel", json={"mapping": "news"})

    assert answer.json() == {"unplanned": 0, "held": 0, "deliveries": 2, "out": 0}
    assert (await api.get(f"/posts/{post}")).json()["deliveries"] == {"cancelled": 2}
    again = await api.post(f"/posts/{post}/cancel", json={})
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "There is nothing of this post left to be cancelled.",
    )
    assert (await api.post(f"/posts/{post}/cancel", json={"mapping": "nothing"})).status_code == 404


async def test_who_cancels_the_operation_of_a_fan_out_calls_its_post_off(api: Api, world: World, post: str) -> None:
    route_id = await world.store.write(_planned_anew, post, world.clock.now())
    shown = (await api.get(f"/posts/{post}")).json()
    assert [each["mapping"] for each in shown["planning"]] == ["news"]
    running = (await api.get(f"/operations/{route_id}")).json()
    assert (running["kind"], running["state"], running["done"], running["total"]) == ("fan_out", "running", 0, 3)

    ended = (await api.post(f"/operations/{route_id}/cancel")).json()

    assert (ended["state"], ended["sentence"]) == ("cancelled", "Planned 0 of 3 accounts.")
    assert (await api.get(f"/posts/{post}")).json()["deliveries"] == {"cancelled": 2}
    assert (await api.post(f"/operations/{route_id}/cancel")).status_code == 409


def test_the_commands_show_and_call_off_what_the_api_does(world: World, post: str) -> None:
    world.do(world.store.write(_planned_anew, post, world.clock.now()))

    assert "\nnews plans it for many: 2 of " in world.cli.out("posts", "show", short(post), "-w", "acme")
    assert "(being planned), 2 of " in world.cli.out("explain", short(post), "-w", "acme")
    said = world.cli.out("posts", "cancel", short(post), "--yes", "-w", "acme")
    assert said.startswith("Cancelled: 2 deliveries that had not gone out, and ")
    assert world.cli.data("posts", "show", short(post), "-w", "acme")["deliveries"] == {"cancelled": 2}
