"""Pictures and links that are not what they should be, on their way to Facebook, LinkedIn and X."""

from __future__ import annotations

import base64
import importlib
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from engine.model.post import Content, Media
from engine.offload import Offload
from engine.run.media import Gallery, Patience
from engine.store import tables as t
from engine.testing.loopback import Answer, Loopback, always
from tests.kills.connected import TEXT
from tests.peers.pictures import photo

if TYPE_CHECKING:
    from tests.kills.connected import Stage

HUGE = Answer(headers={"Content-Type": "text/html"}, body=b"<title>Report</title>" + b" " * 5_000_000)

pytestmark = pytest.mark.asyncio(loop_scope="module")


class WorkerHere(Offload):
    """Does the worker's work in this process, without its limits."""

    async def run(self, function: Any, *args: Any, timeout: float = 20.0) -> Any:  # noqa: ASYNC109
        return function(*args)

    async def run_named(self, module: str, name: str, *args: Any, timeout: float = 20.0) -> Any:  # noqa: ASYNC109
        return getattr(importlib.import_module(module), name)(*args)


async def pictures(stage: Stage, *new: dict[str, Any]) -> list[str]:
    """Let the page publish pictures, and return their addresses as its API tells them."""
    made = await stage.networks.steer("facebook/posts", {"message": "Look", "pictures": list(new)})
    stage.networks.world.networks["facebook"].remove(made["id"])
    return [f"{stage.networks.url}{picture['url']}" for picture in made["pictures"]]


async def deliver(stage: Stage, *media: str, link: str | None = None) -> dict[str, Any]:
    """Plan a delivery of a text with pictures, or with a link, and let time pass until it has settled."""
    stage.world.core.offload = WorkerHere()
    delivery = await stage.world.delivery(stage.account.id, TEXT)
    content = Content(text=TEXT, link=link, media=tuple(Media(url=url, alt="A crane") for url in media))
    await stage.world.execute(update(t.contents).values(document=content.model_dump_json()))
    return await stage.settled(delivery)


async def test_thirty_pictures_of_which_none_can_be_had_end_in_a_sentence_and_nothing_is_published(
    stage: Stage,
) -> None:
    row = await deliver(stage, *await pictures(stage, *[{"name": "a", "gone": True}] * 30))

    count = stage.place.sink.limits.media.count or 30
    assert (row["state"], row["reason"]) == ("rejected", "given_up")
    assert f"Picture 1 of {min(count, 30)} “A crane” from {stage.networks.url}" in row["detail"]
    assert "cannot be had now. The server answered 404." in row["detail"]
    assert (await stage.there(), stage.networks.asked) == ([], [])


@pytest.mark.parametrize(
    ("data", "claims"),
    [(photo(form="PNG"), "image/jpeg"), (photo(), "text/html"), (photo(form="WEBP"), "image/png")],
    ids=["a PNG as JPEG", "a JPEG as a page", "a WebP as PNG"],
)
async def test_a_picture_that_lies_about_its_type_is_taken_for_what_it_is(
    stage: Stage, data: bytes, claims: str
) -> None:
    new = {"data": base64.b64encode(data).decode(), "media": claims}
    row = await deliver(stage, *await pictures(stage, new))

    assert row["state"] == "sent", row["detail"]
    [post] = await stage.shown()
    assert [picture["alt"] for picture in post["pictures"]] == ["A crane"]


async def test_what_is_no_picture_whatever_it_says_is_refused_by_name_and_nothing_is_published(stage: Stage) -> None:
    new = {"data": base64.b64encode(b"<html><script>alert(1)</script></html>").decode(), "media": "image/png"}
    row = await deliver(stage, *await pictures(stage, {"name": "a"}, new))

    assert (row["state"], row["reason"]) == ("rejected", "refused")
    assert "Picture 2 of 2 “A crane”" in row["detail"]
    assert "Take it out of the post or give another" in row["detail"]
    assert (await stage.there(), stage.networks.asked) == ([], [])


@pytest.mark.parametrize("stage", ["linkedin_member"], indirect=True)
@pytest.mark.parametrize("kind", ["private", "slow", "huge"])
async def test_a_link_whose_page_cannot_be_read_goes_out_with_a_plain_card_and_the_trace_says_why(
    stage: Stage, kind: str
) -> None:
    stage.world.deliverer.gallery = Gallery(stage.world.core, Patience(page=0.3))
    async with Loopback(always(HUGE if kind == "huge" else None)) as server:
        link = f"{'http://10.0.0.1' if kind == 'private' else server.url}/plan?secret=1"
        row = await deliver(stage, link=link)

    assert row["state"] == "sent", row["detail"]
    [post] = await stage.shown()
    assert post["card"]["url"] == link
    [trace] = await stage.world.rows(t.traces, "sentence")
    assert "goes without a card" in trace["sentence"]
    assert "secret" not in trace["sentence"]
