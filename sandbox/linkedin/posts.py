"""What LinkedIn does with a post: refuse it, find that it is there already, or publish it as readers see it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sandbox.linkedin.bodies import new_post
from sandbox.linkedin.refusals import bad_content, not_yours
from sandbox.network import Card, Publication

if TYPE_CHECKING:
    from sandbox.linkedin.bodies import Content, NewPost
    from sandbox.linkedin.little import Reading
    from sandbox.network import Network

SAME_WITHIN: Final = timedelta(minutes=10)
"""How long the same post again is a duplicate: learn.microsoft.com, ugc-post-api, "Duplicate posts"."""


def publish(network: Network, account: str, app: str, raw: bytes) -> Publication:
    """Publish what an app asks for in the name of an account, or refuse it."""
    post, reading = new_post(raw)
    if post.author != account:
        raise not_yours("/author")
    _check_images(network, account, post.content)
    _check_reshare(network, post)
    mark = _mark(post)
    _check_duplicate(network, account, mark)
    details = {
        "visibility": post.visibility,
        "no_reshare": post.is_reshare_disabled_by_author,
        "hashtags": list(reading.hashtags),
        "mentions": list(reading.mentions),
        "lost": reading.lost,
        "mark": mark,
    }
    return network.publish(_publication(network, post, reading, app, details))


def write(network: Network, account: str, text: str, *, resharing: bool = True) -> Publication:
    """Publish what somebody writes at LinkedIn itself: the plain words."""
    now = network.clock.now()
    return network.publish(
        Publication(
            id=f"urn:li:share:{network.new_number()}",
            account=account,
            at=now,
            changed_at=now,
            text=text,
            details={"visibility": "PUBLIC", "no_reshare": not resharing},
        )
    )


def _publication(network: Network, post: NewPost, reading: Reading, app: str, details: dict[str, Any]) -> Publication:
    content, now = post.content, network.clock.now()
    several = content is not None and content.multi_image is not None
    return Publication(
        id=f"urn:li:{'ugcPost' if several else 'share'}:{network.new_number()}",
        account=post.author,
        at=now,
        changed_at=now,
        text=post.commentary,
        shown=reading.text,
        kind=_kind(post),
        card=_card(content),
        pictures=_described(network, content),
        reshares=post.reshare_context.parent if post.reshare_context else "",
        app=app,
        details=details,
    )


def _kind(post: NewPost) -> str:
    if post.reshare_context:
        return "reshare"
    if post.content is None:
        return "status"
    return "link" if post.content.article else "photo"


def _card(content: Content | None) -> Card | None:
    if content is None or content.article is None:
        return None
    article = content.article
    return Card(
        url=article.source, title=article.title, description=article.description, picture=article.thumbnail or ""
    )


def _described(network: Network, content: Content | None) -> tuple[str, ...]:
    """Give the pictures of a post the words that were sent with them, and return their URNs."""
    if content is None:
        return ()
    shown = [content.media] if content.media else content.multi_image.images if content.multi_image else []
    for picture in shown:
        network.add_picture(network.pictures[picture.id].model_copy(update={"alt": picture.alt_text}))
    return tuple(picture.id for picture in shown)


def _check_images(network: Network, account: str, content: Content | None) -> None:
    for urn in content.images if content else []:
        picture = network.pictures.get(urn)
        if picture is None or picture.owner != account:
            raise bad_content(
                400, f"{urn} is not an image that is available to {account}", "INVALID_IMAGE_ID",
                "The image does not exist, is not uploaded yet or belongs to somebody else", field="content",
            )  # fmt: skip


def _check_reshare(network: Network, post: NewPost) -> None:
    if post.reshare_context is None:
        return
    parent = network.publications.get(post.reshare_context.parent)
    if parent is None or parent.deleted:
        raise bad_content(
            404, f"Could not find {post.reshare_context.parent}", "INVALID_RESHARE_PARENT",
            "The parent of the reshare does not exist", field="reshareContext",
        )  # fmt: skip
    if parent.details.get("no_reshare"):
        raise bad_content(
            422, f"{parent.id} cannot be reshared", "RESHARE_DISABLED",
            "The author of the parent does not allow reshares", field="reshareContext",
        )  # fmt: skip


def _check_duplicate(network: Network, account: str, mark: str) -> None:
    since = network.clock.now() - SAME_WITHIN
    for earlier in network.timeline(account):
        if earlier.at > since and earlier.details.get("mark") == mark:
            raise bad_content(
                422, f"Content is a duplicate of {earlier.id}", "DUPLICATE_POST", "Duplicate post is detected"
            )


def _mark(post: NewPost) -> str:
    """Return what two posts share that say the same: commentary, content and parent."""
    said = post.model_dump_json(include={"commentary", "content", "reshare_context"})
    return hashlib.sha256(said.encode()).hexdigest()
