"""Pictures and cards: had once for everybody, and what is said where one cannot be had."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from engine.contract.sink import Limits
from engine.errors import RejectedError, TransientError
from engine.http_client import HttpClient
from engine.ids import new_id
from engine.model.picture import MediaLimits
from engine.model.post import Content, Media
from engine.offload import Offload, OffloadError
from engine.run.media import Gallery, Patience
from engine.store import tables as t
from engine.store.claims import Candidate
from engine.store.unit import open_store
from engine.testing.loopback import Answer, Loopback, always
from tests.engine.run.world import WORKSPACE, World
from tests.peers.pictures import photo, png_bomb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from engine.model.picture import LinkCard, Picture
    from engine.offload.offload import Reason
    from engine.testing.fakes import FakeClock
    from engine.testing.loopback import Received

X = MediaLimits(count=4, alt_max=20)
LINKEDIN = MediaLimits(count=20, max_side=30)
PHOTO = Answer(headers={"Content-Type": "image/jpeg"}, body=photo())
PAGE = '<title>Karim joins us</title><meta property="og:image" content="/karim.jpg">'


class WorkerHere(Offload):
    """Does the worker's work in this process, without its limits."""

    async def run_named(self, module: str, name: str, *args: Any, timeout: float = 20.0) -> Any:  # noqa: ASYNC109
        return getattr(importlib.import_module(module), name)(*args)


class Broken(Offload):
    """Fails at everything, for one reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__()
        self._reason = reason

    async def run_named(self, module: str, name: str, *args: Any, timeout: float = 20.0) -> Any:  # noqa: ASYNC109
        raise OffloadError("It broke.", reason=self._reason)


@dataclass
class Studio:
    """A gallery, the server that has the pictures, and short ways to ask for them."""

    world: World
    server: Loopback
    gallery: Gallery

    def content(self, *names: str, alt: str = "") -> Content:
        return Content(media=tuple(Media(url=f"{self.server.url}/{name}", alt=alt) for name in names))

    async def ask(self, content: Content, limits: MediaLimits = X) -> tuple[Picture, ...]:
        return await self.gallery.beside(candidate(self.world), limits).pictures(content)

    async def card(self, url: str = "") -> LinkCard | None:
        return await self.gallery.beside(candidate(self.world), X).card(url or f"{self.server.url}/page?secret=1")

    async def told(self) -> list[str]:
        return [row["sentence"] for row in await self.world.rows(t.traces, "id", "sentence")]

    @property
    def asked(self) -> list[str]:
        return [received.path for received in self.server.received]


def candidate(world: World) -> Candidate:
    now = world.clock.now()
    row = (new_id(), WORKSPACE, "a", "planned", now, 0, world.mapping_id, world.version_id, "out", "post", "text", now)
    return Candidate(*row, *[None] * 7)


@pytest.fixture
async def studio(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Studio]:
    """Give a gallery that reaches this machine only, and a server there that has one picture at every address."""
    store = open_store(sqlite_url)
    world = await World(store, clock).begin()
    world.core.offload = WorkerHere()
    async with Loopback(always(PHOTO)) as server, HttpClient(allow_private=["127.0.0.1"]) as client:
        world.core.http = client
        yield Studio(world, server, Gallery(world.core))
    await store.close()


def by_path(**answers: Answer | None) -> Callable[[Received], Answer | None]:
    return lambda received: answers[received.path.strip("/").partition("?")[0].partition(".")[0]]


def as_page(head: str = PAGE, **headers: str) -> Answer:
    return Answer(headers={"Content-Type": "text/html", **headers}, body=f"<html><head>{head}".encode())


async def test_a_picture_is_fetched_once_for_all_accounts_and_networks(studio: Studio) -> None:
    content = studio.content("a.jpg", "b.jpg")
    asks = [studio.ask(content, limits) for limits in (X, LINKEDIN) for _ in range(20)]
    found = await asyncio.gather(*asks)

    assert sorted(studio.asked) == ["/a.jpg", "/b.jpg"]
    assert {(picture.width, picture.height) for pictures in found[:20] for picture in pictures} == {(60, 40)}
    assert {(picture.width, picture.height) for pictures in found[20:] for picture in pictures} == {(30, 20)}
    assert found[0][0].bytes is found[19][0].bytes


async def test_another_process_finds_what_was_made(studio: Studio) -> None:
    [first] = await studio.ask(studio.content("a.jpg"))
    studio.server.respond = always(Answer(500))
    studio.gallery = Gallery(studio.world.core)

    assert await studio.ask(studio.content("a.jpg")) == (first,)
    assert (await studio.ask(studio.content("a.jpg"), LINKEDIN))[0].width == 30
    assert len(studio.asked) == 1


async def test_each_content_describes_its_pictures_in_as_many_words_as_the_network_takes(studio: Studio) -> None:
    [long] = await studio.ask(studio.content("a.jpg", alt="Karim at his desk beside the window"))
    [short] = await studio.ask(studio.content("a.jpg", alt="Karim"))

    assert long.alt == "Karim at his desk…"
    assert short.alt == "Karim"


async def test_films_are_not_fetched_and_no_more_pictures_than_the_network_takes(studio: Studio) -> None:
    media = studio.content(*(f"{number}.jpg" for number in range(6))).media
    film = media[0].model_copy(update={"kind": "video"})

    assert len(await studio.ask(Content(media=(film, *media[1:])))) == 4
    assert "/0.jpg" not in studio.asked


async def test_thirty_pictures_that_nobody_has_cost_one_request(studio: Studio, clock: FakeClock) -> None:
    studio.server.respond = always(Answer(503))
    content = studio.content(*(f"{number}.jpg" for number in range(30)), alt="Karim")
    for _ in range(5):
        with pytest.raises(TransientError, match=r"Picture 1 of 20 “Karim” from .* cannot be had now.* answered 503"):
            await studio.ask(content, LINKEDIN)
    assert len(studio.asked) == 1

    clock.advance(21)
    studio.server.respond = always(PHOTO)
    assert len(await studio.ask(content, LINKEDIN)) == 20


@pytest.mark.parametrize("status", [404, 408, 425, 429, 500, 502, 503])
async def test_a_picture_that_may_come_back_is_waited_for(studio: Studio, status: int) -> None:
    studio.server.respond = by_path(a=PHOTO, b=Answer(status))

    with pytest.raises(TransientError, match=f"Picture 2 of 2 .* {status}"):
        await studio.ask(studio.content("a.jpg", "b.jpg"))


@pytest.mark.parametrize("status", [401, 403, 410])
async def test_a_picture_that_is_not_for_everybody_is_refused_with_what_to_do(studio: Studio, status: int) -> None:
    studio.server.respond = always(Answer(status))

    with pytest.raises(RejectedError, match=r"Picture 1 of 1 .*Take it out of the post.*again\.$") as refused:
        await studio.ask(studio.content("a.jpg"))
    assert refused.value.code == f"http_{status}"
    assert "a.jpg" not in str(refused.value)


async def test_a_server_that_stays_silent_is_waited_for_a_while(studio: Studio) -> None:
    studio.gallery = Gallery(studio.world.core, Patience(picture=0.2))
    studio.server.respond = always(None)

    with pytest.raises(TransientError, match=r"Picture 1 of 1 .* cannot be had now"):
        await studio.ask(studio.content("a.jpg"))


async def test_what_is_said_of_a_picture_does_not_count(studio: Studio) -> None:
    lie = Answer(headers={"Content-Type": "image/png"}, body=b"<!doctype html><h1>Log in")
    studio.server.respond = by_path(a=Answer(headers={"Content-Type": "text/plain"}, body=photo()), b=lie)

    assert (await studio.ask(studio.content("a.gif")))[0].mime == "image/jpeg"
    with pytest.raises(RejectedError, match=r"Picture 1 of 1 .* Its bytes are a web page, not a picture\."):
        await studio.ask(studio.content("b.png"))


async def test_a_file_that_is_too_large_is_not_read(studio: Studio) -> None:
    studio.server.respond = always(Answer(body=bytes(30_000_001)))

    with pytest.raises(RejectedError, match=r"at most 30\.0 MB") as refused:
        await studio.ask(studio.content("a.jpg"))
    assert refused.value.code == "too_large"


async def test_a_picture_at_a_private_address_is_not_asked_for(studio: Studio) -> None:
    async with HttpClient() as client:
        studio.world.core.http = client
        for url in (f"{studio.server.url}/a.jpg", "http://169.254.169.254/latest", "file:///etc/passwd"):
            with pytest.raises(RejectedError, match="Picture 1 of 1"):
                await studio.ask(Content(media=(Media(url=url),)))

    assert studio.asked == []


async def test_a_file_that_was_of_no_use_is_fetched_anew_once_it_is_mended(studio: Studio, clock: FakeClock) -> None:
    studio.server.respond = always(Answer(body=photo()[:200]))
    with pytest.raises(RejectedError, match="damaged, or not all there"):
        await studio.ask(studio.content("a.jpg"))
    assert await studio.world.rows(t.media, "id") == []

    studio.server.respond = always(PHOTO)
    clock.advance(21)
    assert (await studio.ask(studio.content("a.jpg")))[0].width == 60


def test_the_library_that_unpacks_pictures_is_the_workers_alone() -> None:
    command = [sys.executable, "-c", "import sys, api.wiring, engine.run.media; print('PIL' in sys.modules)"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


async def test_a_bomb_is_refused_by_the_worker(studio: Studio) -> None:
    studio.world.core.offload = offload = Offload()
    studio.server.respond = by_path(a=PHOTO, b=Answer(body=png_bomb(60_000, 60_000)))
    with pytest.raises(RejectedError, match=r"Picture 2 of 2 .* 60000 by 60000 pixels"):
        await studio.ask(studio.content("a.jpg", "b.png"))
    [made] = await studio.ask(studio.content("a.jpg"))
    await offload.stop()

    assert (made.mime, made.width) == ("image/jpeg", 60)


async def test_a_card_is_read_once_a_day(studio: Studio, clock: FakeClock) -> None:
    studio.server.respond = by_path(page=as_page(), karim=PHOTO)
    for _ in range(3):
        found = await studio.card()
        assert found is not None
        assert (found.title, found.picture and found.picture.width) == ("Karim joins us", 60)
    assert studio.asked == ["/page?secret=1", "/karim.jpg"]

    clock.advance(24 * 3_600)
    studio.server.respond = always(as_page("<title>Karim has joined us</title>"))
    found = await studio.card()
    assert found is not None
    assert (found.title, found.picture) == ("Karim has joined us", None)
    assert await studio.told() == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(503), "the server answered 503"),
        (Answer(403), "the server answered 403"),
        (Answer(headers={"Content-Type": "text/html"}, body=bytes(5_000_001)), "5.0 MB"),
        (Answer(headers={"Content-Type": "application/pdf"}, body=b"%PDF"), "it is no web page but application/pdf"),
        (as_page(""), "the page says nothing of itself"),
        (Answer(302, headers={"Location": "http://10.0.0.1/admin"}), "public"),
    ],
)
async def test_a_link_goes_without_a_card_and_the_trace_says_why(studio: Studio, answer: Answer, said: str) -> None:
    studio.server.respond = always(answer)

    assert await studio.card() is None
    [sentence] = await studio.told()
    assert sentence.startswith("The link to http://127.0.0.1:")
    assert "goes without a card: " in sentence
    assert said in sentence
    assert "secret" not in sentence


@pytest.mark.parametrize("patience", [Patience(page=0.2), Patience(all=0.2)])
async def test_a_link_to_a_slow_page_goes_without_a_card(studio: Studio, patience: Patience) -> None:
    studio.gallery = Gallery(studio.world.core, patience)
    studio.server.respond = always(None)

    assert await studio.card() is None
    assert "0.2 s." in (await studio.told())[0]


async def test_pictures_that_take_too_long_together_are_kept_as_far_as_they_are_ready(studio: Studio) -> None:
    studio.gallery = Gallery(studio.world.core, Patience(all=1.0))
    studio.server.respond = by_path(a=PHOTO, b=None)

    with pytest.raises(TransientError, match=r"The 2 pictures took longer than 1 s"):
        await studio.ask(studio.content("a.jpg", "b.jpg"))
    studio.server.respond = always(PHOTO)
    assert len(await studio.ask(studio.content("a.jpg", "b.jpg"))) == 2
    assert studio.asked == ["/a.jpg", "/b.jpg", "/b.jpg"]


@pytest.mark.parametrize(
    ("reason", "error"), [("timeout", TransientError), ("memory", RejectedError), ("crash", RejectedError)]
)
async def test_a_picture_that_breaks_the_worker_is_refused_and_one_that_keeps_it_busy_waits(
    studio: Studio, reason: Reason, error: type[Exception]
) -> None:
    studio.world.core.offload = Broken(reason)
    for _ in range(3):
        with pytest.raises(error, match=r"Picture 1 of 1 .* It"):
            await studio.ask(studio.content("a.jpg"))

    assert studio.asked == ["/a.jpg"]


async def test_a_link_to_a_private_address_goes_without_a_card(studio: Studio) -> None:
    async with HttpClient() as client:
        studio.world.core.http = client
        assert await studio.card("http://169.254.169.254/latest/meta-data") is None
    assert "goes without a card" in (await studio.told())[0]


async def test_a_card_goes_without_its_picture_where_that_cannot_be_had(studio: Studio) -> None:
    studio.server.respond = by_path(page=as_page(), karim=Answer(404))
    found = await studio.card()

    assert found is not None
    assert (found.title, found.picture) == ("Karim joins us", None)
    assert "goes without its picture: the server answered 404." in (await studio.told())[0]


async def test_a_page_that_failed_is_asked_again_after_a_while(studio: Studio, clock: FakeClock) -> None:
    studio.server.respond = always(Answer(503))
    assert await studio.card() is None
    assert await studio.card() is None
    assert len(studio.asked) == 1

    clock.advance(21)
    studio.server.respond = by_path(page=as_page(), karim=PHOTO)
    assert await studio.card() is not None


async def test_a_delivery_waits_for_its_picture_and_goes_out_with_it(studio: Studio, clock: FakeClock) -> None:
    world, sink = studio.world, studio.world.sink
    uploaded: list[tuple[Picture, ...]] = []

    async def prepare(content: Content, ctx: Any) -> dict[str, str]:
        uploaded.append(await ctx.pictures(content))
        return {"picture": "1"}

    vars(sink).update(uploads=True, limits=Limits(media=X), prepare=prepare)
    account = await world.account("acme")
    delivery = await world.delivery(account)
    document = studio.content("a.jpg", alt="Karim").model_dump_json()
    await world.execute(update(t.contents).values(document=document))
    studio.server.respond = always(Answer(503))
    await world.drain(account)
    state = await world.state(delivery)
    assert (state["state"], state["tries"], sink.begun) == ("planned", 1, [])
    assert "Picture 1 of 1 “Karim”" in state["detail"]

    studio.server.respond = always(PHOTO)
    clock.advance(60)
    await world.drain(account)
    assert (await world.state(delivery))["state"] == "sent"
    assert uploaded[0][0].alt == "Karim"
