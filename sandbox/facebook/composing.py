"""The page as its people use it, without an app: to publish anything, to edit and to delete; and who may act for it.

JSON below `/networks/facebook`; none of it exists at Meta.
"""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from sandbox.cards import card_of
from sandbox.facebook.publishing import LONGEST, publication
from sandbox.images import sniff
from sandbox.network import Card, Picture, Publication
from sandbox.people import PAGE
from sandbox.pictures import picture as drawn
from sandbox.shown import publication_shown

if TYPE_CHECKING:
    from sandbox.facebook.usage import Usage
    from sandbox.facebook.webhooks import Webhooks
    from sandbox.network import Network

Line = Annotated[str, Field(max_length=2_000)]


class NewPicture(BaseModel):
    """A picture: drawn from its `name`, or as `data` in base64. `media` is what it claims to be; `gone` answers 404."""

    model_config = ConfigDict(extra="forbid")

    name: Line = "acme"
    alt: Annotated[str, Field(max_length=5_000)] = ""
    data: str = ""
    media: Line = ""
    gone: bool = False


class NewPost(BaseModel):
    """What is published. Without a `kind` it follows from what is there.

    `title`, `description` describe a link, video, event or offer; a link without them is read. `tags` are names in the
    message. `raw` and `missing` change what the Graph API answers of it.
    """

    model_config = ConfigDict(extra="forbid")

    page: Line = PAGE
    kind: Literal["", "status", "photo", "album", "link", "video", "event", "offer", "share"] = ""
    message: Annotated[str, Field(max_length=LONGEST)] = ""
    link: Line = ""
    title: Line = ""
    description: Annotated[str, Field(max_length=10_000)] = ""
    pictures: Annotated[tuple[NewPicture, ...], Field(max_length=80)] = ()
    story: Line = ""
    tags: tuple[Line, ...] = ()
    parent: Line = ""
    minutes_ago: float = Field(default=0, ge=0)
    raw: dict[str, Any] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()


class Edit(BaseModel):
    """What a post says from now on."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[str, Field(max_length=LONGEST)]


def composing_routes(network: Network, usage: Usage, webhooks: Webhooks) -> APIRouter:
    """Return the addresses of what people do at Facebook itself."""
    router = APIRouter()

    @router.post("/posts", status_code=201)
    async def publish(new: NewPost) -> dict[str, Any]:
        if new.page not in network.accounts:
            raise HTTPException(404, "There is no such page.")
        return publication_shown(network, network.publish(await _post(network, new)))

    @router.patch("/posts/{post}")
    async def change(post: str, edit: Edit) -> dict[str, Any]:
        return publication_shown(network, network.change(_known(network, post).id, text=edit.message))

    @router.delete("/posts/{post}", status_code=204)
    async def remove(post: str) -> None:
        network.remove(_known(network, post).id)

    @router.put("/roles", status_code=204)
    async def appoint(roles: dict[str, list[str]], page: str = PAGE) -> None:
        network.put("roles", {**network.facts.get("roles", {}), page: roles})

    @router.put("/usage", status_code=204)
    async def use(figures: dict[str, dict[str, int]]) -> None:
        usage.fixed = figures

    @router.get("/webhooks")
    async def sent() -> list[dict[str, Any]]:
        return list(webhooks.sent)

    return router


def _known(network: Network, post: str) -> Publication:
    found = network.publications.get(post)
    if found is None or found.deleted:
        raise HTTPException(404, "There is no such post.")
    return found


async def _post(network: Network, new: NewPost) -> Publication:
    pictures = tuple(network.add_picture(_picture(network, new.page, one)).id for one in new.pictures)
    kind = new.kind or ("link" if new.link else ("photo" if len(pictures) == 1 else "album") if pictures else "status")
    if kind in {"photo", "album"} and not pictures:
        raise HTTPException(422, f"A post of the kind {kind} needs pictures.")
    card = None
    if kind == "link" and not new.title:
        card = await card_of(new.link)
    elif kind in {"link", "video", "event", "offer", "share"}:
        card = Card(url=new.link, title=new.title, description=new.description)
    details: dict[str, Any] = {"object": network.new_number(), "story": new.story or _story(network, new, kind)}
    details |= {"tags": _tags(network, new), "raw": new.raw, "missing": list(new.missing), "parent": new.parent}
    post = publication(
        network, new.page, kind, text=new.message, card=card, pictures=pictures,
        details={name: value for name, value in details.items() if value},
    )  # fmt: skip
    at = post.at - timedelta(minutes=new.minutes_ago)
    return post.model_copy(update={"at": at, "changed_at": at})


def _picture(network: Network, page: str, new: NewPicture) -> Picture:
    try:
        data = b"" if new.gone else base64.b64decode(new.data, validate=True) if new.data else drawn(new.name)
    except binascii.Error:
        raise HTTPException(422, "The data of a picture is base64.") from None
    image = sniff(data)
    media = new.media or (image.media if image else "application/octet-stream")
    width, height = (image.width, image.height) if image else (0, 0)
    return Picture(
        id=network.new_number(), owner=page, media=media, alt=new.alt, width=width, height=height,
        data=data,
    )  # fmt: skip


def _story(network: Network, new: NewPost, kind: str) -> str:
    name = network.accounts[new.page].name
    told = {
        "album": f"{name} added {len(new.pictures)} new photos.",
        "event": f"{name} added an event.",
        "share": f"{name} shared a post.",
        "link": "" if new.message else f"{name} shared a link.",
    }
    return told.get(kind, "")


def _tags(network: Network, new: NewPost) -> list[dict[str, Any]]:
    """Return where names stand in a message, counted in code points."""
    return [
        {
            "id": network.new_number(),
            "name": name,
            "type": "page",
            "offset": new.message.index(name),
            "length": len(name),
        }
        for name in new.tags
        if name in new.message
    ]
