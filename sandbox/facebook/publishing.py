"""Publishing as an app does it: posts with links and pictures, photos with alt text, edits and deletion."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sandbox.cards import card_of
from sandbox.facebook.errors import GraphError
from sandbox.images import sniff
from sandbox.network import Picture, Publication
from sandbox.outbound import UnreachableError, ask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.forms import Form
    from sandbox.network import Network
    from sandbox.oauth import Client

LONGEST: Final = 63_206
BIGGEST: Final = 10 * 1024 * 1024
_SOONEST, _LATEST = timedelta(minutes=10), timedelta(days=30)
EVERYWHERE: Final = frozenset({"access_token", "appsecret_proof", "fields", "format", "locale"})
FEED: Final = EVERYWHERE | {"message", "link", "published", "scheduled_publish_time", "attached_media", "targeting"}
PHOTOS: Final = EVERYWHERE | {
    "url", "source", "caption", "message", "name", "published", "alt_text_custom", "temporary", "no_story",
}  # fmt: skip
"""The parameters that are taken; `EVERYWHERE` belongs to every address."""
_EDIT: Final = EVERYWHERE | {"message", "is_published"}
_FALSE: Final = frozenset({"false", "0", "no"})


async def feed(network: Network, page: str, form: Form, app: Client) -> dict[str, str]:
    """Publish a post on a page; returns its id."""
    values = _known(form, FEED, lists="attached_media")
    message, link = values.get("message", ""), values.get("link", "")
    pictures = _attached(network, page, values)
    if not (message.strip() or link or pictures):
        raise GraphError("197")
    _check(message, link)
    if link and pictures:
        raise GraphError("100", "(#100) link and attached_media cannot be used together")
    card = await card_of(link) if link else None
    when = _schedule(network, values)
    kind = ("photo" if len(pictures) == 1 else "album") if pictures else "link" if link else "status"
    details = {"object": network.new_number()} | when
    hidden = _is_false(values.get("published", ""))
    post = publication(network, page, kind, text=message, card=card, pictures=pictures, app=app.id, details=details)
    _refuse_duplicate(network, post)
    _used(network, pictures)
    return {"id": network.publish(post.model_copy(update={"hidden": hidden})).id}


async def photos(network: Network, page: str, form: Form, app: Client) -> dict[str, str]:
    """Take a photo, and publish it unless `published` is false; returns its id, and the post's."""
    values = _known(form, PHOTOS)
    if form.files:
        data = next(iter(form.files.values())).data
    elif values.get("url"):
        data = await _fetched(values["url"])
    else:
        raise GraphError("324")
    image = sniff(data)
    if image is None or len(data) > BIGGEST:
        raise GraphError("324")
    text = values.get("message") or values.get("caption") or values.get("name") or ""
    _check(text, "")
    photo = Picture(
        id=network.new_number(), owner=page, media=image.media, alt=values.get("alt_text_custom", ""),
        width=image.width, height=image.height, data=data,
    )  # fmt: skip
    if _is_false(values.get("published", "")):
        network.put("loose", [*network.facts.get("loose", []), network.add_picture(photo).id])
        return {"id": photo.id}
    post = publication(network, page, "photo", text=text, pictures=(photo.id,), app=app.id)
    network.add_picture(photo)
    _refuse_duplicate(network, post)
    return {"id": photo.id, "post_id": network.publish(post).id}


def edit(network: Network, post: Publication, form: Form, app: Client) -> dict[str, bool]:
    """Change what a post says; only the app that published it may."""
    values = _known(form, _EDIT)
    if post.app != app.id:
        raise GraphError("100", "(#100) Only posts that this app has published can be edited")
    changes: dict[str, Any] = {}
    if "message" in values:
        _check(values["message"], "")
        changes["text"] = values["message"]
    if values.get("is_published") == "true":
        changes["hidden"] = False
    network.change(post.id, **changes)
    return {"success": True}


def publication(network: Network, page: str, kind: str, **fields: Any) -> Publication:
    """Return a post of a page as of now, with these fields of a publication."""
    now = network.clock.now()
    number = network.new_number()
    return Publication(id=f"{page}_{number}", account=page, at=now, changed_at=now, kind=kind, **fields)


def release(network: Network) -> None:
    """Publish what was scheduled for a time that has come."""
    now = network.clock.now()
    for post in list(network.publications.values()):
        planned = post.details.get("scheduled")
        if post.hidden and not post.deleted and planned and planned <= now.timestamp():
            network.change(post.id, hidden=False, at=now)


def _known(form: Form, names: frozenset[str], lists: str = "") -> dict[str, str]:
    """Return the parameters; what is not one is refused, which Meta does not always do."""
    unknown = [name for name in form.values if name not in names and not (lists and name.startswith(f"{lists}["))]
    if unknown or not form.whole:
        raise GraphError("100", f"(#100) Invalid parameter: {', '.join(unknown) or 'the body cannot be read'}")
    return form.values


def _check(message: str, link: str) -> None:
    if len(message) > LONGEST:
        raise GraphError("100", f"(#100) The message is longer than {LONGEST} characters")
    if link and (urlsplit(link).scheme not in {"http", "https"} or not urlsplit(link).hostname):
        raise GraphError("100/1500")


def _attached(network: Network, page: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of the photos that a post brings along: a list as JSON, or numbered parameters."""
    numbered = [values[name] for name in values if name.startswith("attached_media[")]
    try:
        given = json.loads(values["attached_media"]) if "attached_media" in values else map(json.loads, numbered)
        ids = tuple(str(one["media_fbid"]) for one in given)
    except (ValueError, TypeError, KeyError):
        raise GraphError("100", "(#100) param attached_media must be an array of objects with media_fbid") from None
    loose = network.facts.get("loose", [])
    for one in ids:
        if one not in network.pictures or network.pictures[one].owner != page or one not in loose:
            raise GraphError("100", f"(#100) The photo {one} is not one that can be attached")
    return ids


def _used(network: Network, pictures: tuple[str, ...]) -> None:
    if pictures:
        network.put("loose", [one for one in network.facts.get("loose", []) if one not in pictures])


def _schedule(network: Network, values: Mapping[str, str]) -> dict[str, int]:
    given = values.get("scheduled_publish_time", "")
    if not given:
        return {}
    now = network.clock.now()
    if not given.isdigit() or not _is_false(values.get("published", "")):
        raise GraphError("100", "(#100) A scheduled post needs published=false and a time in seconds")
    if not now + _SOONEST <= datetime.fromtimestamp(int(given), UTC) <= now + _LATEST:
        raise GraphError("100", "(#100) The specified scheduled publish time is invalid.")
    return {"scheduled": int(given)}


def _refuse_duplicate(network: Network, post: Publication) -> None:
    """Refuse what says the same as the newest post of the page (error 506)."""
    newest = next(iter(network.timeline(post.account)), None)
    if newest is not None and _content(network, newest) == _content(network, post):
        raise GraphError("506")


def _content(network: Network, post: Publication) -> tuple[str, str, tuple[str, ...]]:
    pictures = tuple(hashlib.sha256(network.pictures[one].data).hexdigest() for one in post.pictures)
    return post.text, post.card.url if post.card else "", pictures


async def _fetched(url: str) -> bytes:
    try:
        answer = await ask("GET", url)
    except UnreachableError:
        raise GraphError("324") from None
    return answer.body


def _is_false(given: str) -> bool:
    return given.lower() in _FALSE
