"""What Meta's nodes show: posts and attachments as JSON, cut down to the fields that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from sandbox.facebook.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.facebook.asking import Asked
    from sandbox.network import Network, Publication

SUBATTACHMENTS: Final = 12
"""How many attachments come unless more are asked for ("Page Post Attachments", limitations)."""


def _plain(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "")


KNOWN: Final[dict[str, dict[str, str]]] = {
    "PagePost": {
        "attachments": "attachment",
        "from": "profile",
        **_plain("id", "message", "story", "created_time", "updated_time", "permalink_url", "full_picture", "picture"),
        **_plain("is_published", "is_hidden", "is_expired", "status_type", "parent_id", "scheduled_publish_time"),
        **_plain("story_tags", "message_tags", "icon", "promotable_id", "shares", "privacy"),
        **_plain("comments", "reactions", "likes"),
    },
    "attachment": {
        **_plain("description", "media_type", "title", "type", "unshimmed_url", "url"),
        "media": "media",
        "target": "target",
        "subattachments": "attachment",
    },
    "media": _plain("image", "source"),
    "target": _plain("id", "url"),
    "Comment": {"from": "profile", **_plain("id", "message", "created_time", "permalink_url", "can_remove")},
    "profile": _plain("id", "name"),
    "Page": {
        **_plain("id", "name", "username", "about", "access_token", "category", "category_list", "link"),
        **_plain("fan_count", "followers_count", "tasks", "picture", "is_published"),
    },
    "User": _plain("id", "name", "first_name", "last_name", "email", "picture"),
    "Photo": {
        **_plain("id", "alt_text", "alt_text_custom", "created_time", "from", "height", "width", "images"),
        **_plain("link", "name", "page_story_id", "picture"),
    },
}
"""The fields that each kind of node knows, with the kind of what is inside."""

BY_ITSELF: Final[dict[str, tuple[str, ...]]] = {
    "PagePost": ("created_time", "message", "story", "id"),
    "Comment": ("created_time", "from", "message", "id"),
    "attachment": ("description", "media", "subattachments", "target", "title", "type", "url"),
    "Page": ("name", "id"),
    "User": ("name", "id"),
    "Photo": ("created_time", "name", "id"),
}
"""What a node shows when nothing is asked for."""


def project(node: Mapping[str, Any], kind: str, asked: Mapping[str, Asked] | None) -> dict[str, Any]:
    """Return the fields of a node that were asked for; what it does not have is left out, as Meta does."""
    known = KNOWN[kind]
    if asked is None:
        return {name: _inside(node[name], known[name], None) for name in BY_ITSELF.get(kind, known) if _has(node, name)}
    check(kind, asked)
    shown = {name: _inside(node[name], known[name], one) for name, one in asked.items() if _has(node, name)}
    return shown | ({"id": node["id"]} if "id" in node else {})


def check(kind: str, asked: Mapping[str, Asked]) -> None:
    """Refuse fields that a kind of node does not know, at any depth."""
    for name, one in asked.items():
        if name not in KNOWN[kind]:
            raise GraphError("100", f"(#100) Tried accessing nonexisting field ({name}) on node type ({kind})")
        if one.fields and KNOWN[kind][name] in KNOWN:
            check(KNOWN[kind][name], one.fields)


def _has(node: Mapping[str, Any], name: str) -> bool:
    return node.get(name) is not None


def _inside(value: Any, kind: str, asked: Asked | None) -> Any:
    fields = asked.fields if asked else None
    if kind == "attachment":
        limit = (asked.limit if asked else None) or SUBATTACHMENTS
        return {"data": [project(one, "attachment", fields) for one in value[:limit]]}
    return project(value, kind, fields) if kind in KNOWN and isinstance(value, dict) else value


def moment(at: datetime) -> str:
    """Return a time as Meta writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S%z")


def post_node(network: Network, post: Publication, base: str) -> dict[str, Any]:
    """Return all that a post shows; `base` is the sandbox's own address, which pictures and pages are at."""
    page = network.accounts[post.account]
    link = f"{base}facebook/{post.account}/posts/{post.id.partition('_')[2]}"
    attachments = _attachments(network, post, base, link)
    first = next((one["media"]["image"]["src"] for one in attachments if "image" in one.get("media", {})), None)
    planned = post.details.get("scheduled")
    return {
        "id": post.id,
        "message": post.text or None,
        "story": post.details.get("story") or None,
        "created_time": moment(post.at),
        "updated_time": moment(post.changed_at),
        "permalink_url": link,
        "full_picture": first,
        "picture": first,
        "is_published": not post.hidden,
        "is_hidden": False,
        "is_expired": False,
        "status_type": _STATUS[post.kind],
        "shares": {"count": post.details["shares"]} if post.details.get("shares") else None,
        "parent_id": post.details.get("parent") or None,
        "from": {"name": page.name, "id": page.id},
        "attachments": attachments or None,
        "message_tags": post.details.get("tags") or None,
        "scheduled_publish_time": planned,
        "promotable_id": post.id,
        "privacy": {"allow": "", "deny": "", "description": "Public", "friends": "", "value": "EVERYONE"},
        "comments": {"data": []},
        "reactions": {"data": []},
        "likes": {"data": []},
    }


def post_shown(network: Network, post: Publication, base: str, asked: Mapping[str, Asked] | None) -> dict[str, Any]:
    """Return what a caller sees of a post.

    `details` may have `raw`, to stand there whatever was asked for, and `missing`, to be left out: answers change.
    """
    shown = project(post_node(network, post, base), "PagePost", asked) | post.details.get("raw", {})
    return {name: value for name, value in shown.items() if name not in post.details.get("missing", ())}


_STATUS: Final = {
    "status": "mobile_status_update", "photo": "added_photos", "album": "added_photos", "link": "shared_story",
    "share": "shared_story", "video": "added_video", "event": "created_event", "offer": "mobile_status_update",
}  # fmt: skip
_KINDS: Final = {"link": ("share", "link"), "share": ("share", "link"), "video": ("video_inline", "video"),
                 "event": ("event", "event"), "offer": ("offer", "offer")}  # fmt: skip
"""Kind of post, and what `type` and `media_type` of its attachment say."""


def _attachments(network: Network, post: Publication, base: str, link: str) -> list[dict[str, Any]]:
    photos = [_photo(network, picture, base) for picture in post.pictures]
    if post.kind == "photo":
        return [{**one, "description": post.text} if post.text else one for one in photos]
    if post.kind == "album":
        whole = {"media": photos[0]["media"], "media_type": "album", "type": "album", "url": link,
                 "target": {"id": post.details.get("object", post.id), "url": link},
                 "title": f"Photos from {network.accounts[post.account].name}'s post"}  # fmt: skip
        return [{**whole, "description": post.text, "subattachments": photos}]
    return [_shared(network, post, base)] if post.kind in _KINDS else []


def _photo(network: Network, picture: str, base: str) -> dict[str, Any]:
    address = f"{base}facebook/photo/?fbid={picture}"
    return {"media": {"image": _image(network, picture, base)}, "media_type": "photo", "type": "photo",
            "target": {"id": picture, "url": address}, "url": address}  # fmt: skip


def _image(network: Network, picture: str, base: str) -> dict[str, Any]:
    known = network.pictures[picture]
    return {"height": known.height or 720, "src": _source(network, picture, base), "width": known.width or 720}


def _source(network: Network, picture: str, base: str) -> str:
    return f"{base}networks/{network.face.name}/pictures/{picture}?_nc_cat=104&oh=00_AfSandbox&oe=6A2B3C4D"


def _shared(network: Network, post: Publication, base: str) -> dict[str, Any]:
    """Return the one attachment of a link, a video, an event or an offer."""
    kind, media_type = _KINDS[post.kind]
    card = post.card
    url = card.url if card and card.url else f"{base}facebook/{post.kind}s/{post.details.get('object', '0')}"
    shown: dict[str, Any] = {"media_type": media_type, "type": kind, "unshimmed_url": url, "url": url,
                             "target": {"id": post.details["object"], "url": url} if "object" in post.details
                             else {"url": url}}  # fmt: skip
    if urlsplit(url).netloc != urlsplit(base).netloc or post.kind == "link":
        shown["url"] = shown["target"]["url"] = f"https://l.facebook.com/l.php?u={quote(url, safe='')}&h=AT0sandbox&s=1"
    if card:
        shown |= {"title": card.title or None, "description": card.description or None}
    if post.pictures:
        shown["media"] = {"image": _image(network, post.pictures[0], base)}
    elif card and card.picture:
        shown["media"] = {"image": {"height": 630, "src": card.picture, "width": 1200}}
    if post.kind == "video":
        shown["media"] = {**shown.get("media", {}), "source": f"{url}.mp4"}
    return shown


def photo_node(network: Network, picture: str, base: str) -> dict[str, Any]:
    """Return all that a photo shows."""
    known = network.pictures[picture]
    image = _image(network, picture, base)
    page = network.accounts[known.owner]
    return {
        "id": picture,
        "alt_text": known.alt or "Image may contain: outdoor",
        "alt_text_custom": known.alt or None,
        "created_time": None,
        "from": {"name": page.name, "id": page.id},
        "height": image["height"],
        "width": image["width"],
        "images": [{"height": image["height"], "source": image["src"], "width": image["width"]}],
        "picture": image["src"],
        "link": f"{base}facebook/photo/?fbid={picture}",
    }
