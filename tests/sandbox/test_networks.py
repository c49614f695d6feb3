"""What all networks share: what is published and kept over a kill, faults in their turn, and a look at all of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from engine.testing.fakes import FakeClock
from sandbox.faults import Faults, NetworkFault
from sandbox.images import Image, sniff
from sandbox.journal import Journal
from sandbox.network import Card, Picture, Publication
from sandbox.oauth import Client
from sandbox.people import ORGANIZATION, PAGE
from sandbox.pictures import picture
from sandbox.shown import network_shown
from sandbox.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.network import Network
    from tests.sandbox.conftest import Sandbox


def post(network: Network, account: str, **fields: Any) -> Publication:
    """Put a post on a timeline."""
    now = network.clock.now()
    return network.publish(
        Publication(id=network.new_number(), account=network.account_of(account).id, at=now, changed_at=now, **fields)
    )


def test_a_kill_loses_nothing_of_a_network(tmp_path: Path) -> None:
    world = World(Journal(tmp_path / "journal"))
    network = world.networks["linkedin"]
    shot = network.add_picture(Picture(id="1", owner="x", media="image/png", alt="A buoy", data=b"\x89\xff\0"))
    first = post(network, "lea", text="é\n🎉", card=Card(url="https://acme.example"), pictures=(shot.id,))
    network.change(post(network, "karim", text="a").id, text="b")
    network.remove(post(network, "ines", text="gone").id)
    network.put("limits", {"per_day": 3})
    network.authority.register(Client(id="other", name="Other", secret="x"))
    token = network.authority.issue(kind="access", family="f", client="other", account="lea", scopes=("openid",))
    world.close()
    reopened = World(Journal(tmp_path / "journal"))
    again = reopened.networks["linkedin"]

    assert network_shown(again, "/") == network_shown(network, "/")
    assert again.publications[first.id] == first
    assert again.pictures["1"].data == b"\x89\xff\0"
    assert again.facts == {"limits": {"per_day": 3}}
    assert again.authority.living(token.value) == token
    assert again.authority.client("other", "x").name == "Other"
    reopened.close()


def test_a_line_of_the_journal_tells_what_was_committed(tmp_path: Path) -> None:
    world = World(Journal(tmp_path / "journal"))
    post(world.networks["x"], "lea", text="a", app="app")
    lines = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]

    [line] = [one for one in lines if one["event"] == "network"]
    assert (line["network"], line["what"], line["record"]["text"]) == ("x", "publication", "a")
    world.close()


def test_a_timeline_is_newest_first_and_without_what_is_gone_or_hidden() -> None:
    clock = FakeClock()
    network = World(clock=clock).networks["x"]
    first, second = post(network, "lea", text="1"), post(network, "lea", text="2")
    clock.advance(1)
    third = post(network, "lea", text="3")
    network.remove(post(network, "lea", text="4").id)
    post(network, "lea", text="5", hidden=True)
    post(network, "karim", text="6")

    assert network.timeline(network.account_of("lea").id) == [third, second, first]


def test_numbers_grow_though_the_clock_stands_still() -> None:
    network = World(clock=FakeClock()).networks["x"]
    numbers = [int(network.new_number()) for _ in range(5_000)]

    assert numbers == sorted(set(numbers))


def test_everybody_has_an_account_of_their_own_at_every_network() -> None:
    networks = World(clock=FakeClock()).networks
    for network in networks.values():
        ids = [network.account_of(key).id for key in ("lea", "karim", "ines", "omar", "nadia")]
        assert len(set(ids)) == 5
    with pytest.raises(KeyError):
        networks["x"].account_of("nobody")

    assert networks["facebook"].account_of(PAGE).managers == ("nadia",)
    assert networks["linkedin"].account_of(ORGANIZATION).person == ""


def test_what_is_reshared_is_shown_inside_until_it_is_gone() -> None:
    network = World(clock=FakeClock()).networks["linkedin"]
    original = post(network, ORGANIZATION, text="Acme says")
    post(network, "lea", text="Look", reshares=original.id)
    account = network.account_of("lea").id

    def inside() -> tuple[str, str]:
        shown = next(one for one in network_shown(network, "/")["accounts"] if one["id"] == account)
        return shown["posts"][0]["reshares"]["name"], shown["posts"][0]["reshares"]["text"]

    assert inside() == ("Acme", "Acme says")
    network.remove(original.id)
    assert inside() == ("", "This post is no longer there.")


def fault(**fields: Any) -> NetworkFault:
    """Return a fault that answers 503."""
    return NetworkFault(**{"kind": "status", **fields})


def test_faults_have_their_turn_by_operation_account_and_number() -> None:
    faults = Faults()
    faults.scripted = [
        fault(operation="post", after=1, times=2),
        fault(account="lea", status=500),
        fault(times=None, after=3),
    ]
    asked = [("read", "lea"), ("post", "karim"), ("post", "lea"), ("post", "lea"), ("read", "ines"), ("read", "ines")]
    turns = [faults.next(*one) for one in asked]

    assert [turn.status if turn else None for turn in turns] == [500, None, 503, 503, 503, 503]
    assert [turn is not None and turn.operation for turn in turns[2:4]] == ["post", "post"]
    assert len(faults.scripted) == 1


@pytest.mark.parametrize(
    "fields", [{"kind": "error"}, {"kind": "delay"}, {"kind": "fire"}, {"after": -1}, {"often": 1}]
)
def test_a_fault_that_makes_no_sense_is_none(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        fault(**fields)


@pytest.mark.parametrize(
    ("data", "image"),
    [
        (picture("a"), Image("image/png", 800, 420)),
        (b"GIF89a\x02\x00\x01\x00", Image("image/gif", 2, 1)),
        (b"\xff\xd8\xff\xe0\x00\x04xx\xff\xc0\x00\x0b\x08\x00\x02\x00\x03", Image("image/jpeg", 3, 2)),
        (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x01\0\0\x02\0\0", Image("image/webp", 2, 3)),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"\xff\xd8\xff", None),
        (b"", None),
    ],
)
def test_a_picture_is_what_its_bytes_say(data: bytes, image: Image | None) -> None:
    assert sniff(data) == image


async def test_the_networks_are_steered_and_looked_at_over_http(sandbox: Sandbox) -> None:
    client = sandbox.client
    scripted = await client.post("/networks/x/faults", json={"kind": "reset", "account": "lea"})
    other = await client.post("/networks/x/faults", json={"kind": "html"})
    await client.delete("/networks/x/faults", params={"account": "lea"})
    left = (await client.get("/networks/x")).json()["faults"]
    await client.delete("/networks/x/faults")
    listed = (await client.get("/networks")).json()

    assert scripted.json()[0]["account"] == sandbox.world.networks["x"].account_of("lea").id
    assert other.status_code == 201
    assert [one["kind"] for one in left] == ["html"]
    assert [one["name"] for one in listed] == ["facebook", "linkedin", "x"]
    assert listed[2]["faults"] == []
    assert listed[0]["url"] == f"http://127.0.0.1:{sandbox.port}/facebook"
    for path in ("/networks/myspace", "/networks/x/accounts/nobody", "/networks/x/pictures/1"):
        assert (await client.get(path)).status_code == 404
    assert (await client.post("/networks/x/faults", json={"kind": "reset", "account": "tom"})).status_code == 404


async def test_a_picture_can_be_late_broken_or_gone(sandbox: Sandbox) -> None:
    network = sandbox.world.networks["facebook"]
    network.add_picture(Picture(id="1", owner=PAGE, media="text/html", data=b"x"))
    network.add_picture(Picture(id="2", owner=PAGE, media="image/png"))
    well = await sandbox.client.get("/networks/facebook/pictures/1")
    await sandbox.client.post("/networks/facebook/faults", json={"kind": "html", "operation": "picture"})
    broken = await sandbox.client.get("/networks/facebook/pictures/1")

    assert (well.content, well.headers["content-type"].partition(";")[0]) == (b"x", "text/html")
    assert broken.status_code == 502
    assert (await sandbox.client.get("/networks/facebook/pictures/2")).status_code == 404
