"""What X does with a post or a repost: refuse it, or put it on the timeline."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from engine.model.text import measure
from engine.model.text import refused as unusable
from sandbox.network import Publication
from sandbox.x.bill import Item
from sandbox.x.problems import duplicate, forbidden, invalid, not_found, plain
from sandbox.x.words import LONG, SHORT, cashtags, has_link, shortened

if TYPE_CHECKING:
    from sandbox.network import Network
    from sandbox.x.bodies import NewPost, NewRepost
    from sandbox.x.media import Media

SAME_WITHIN: Final = timedelta(hours=24)
"""How long the same words are duplicate content. X does not say; a day is what people report."""

TOO_LONG: Final = (
    "Your Tweet text is too long. For more information on how Twitter determines text length see "
    "https://github.com/twitter/twitter-text."
)


def publish(network: Network, media: Media, account: str, app: str, new: NewPost) -> tuple[Publication, Item]:
    """Publish what an app asks for in the name of an account, or refuse it; returns what it costs as well."""
    _check_access(network, account, new)
    text = new.text.strip()
    if not (text or new.media):
        raise invalid(("A post needs text or media.", {"text": [new.text]}))
    _check_words(network, account, text)
    keys = media.attached(account, new.media.media_ids) if new.media else []
    _check_duplicate(network, account, text)
    number = network.new_number()
    told, urls = shortened(text, number, keys)
    details: dict[str, Any] = {"told": told, "urls": urls, "media_keys": keys}
    if new.made_with_ai:
        details["made_with_ai"] = True
    if new.reply:
        details["below"] = new.reply.in_reply_to_tweet_id
    if new.poll:
        details["poll"] = new.poll.model_dump(mode="json")
    made = network.publish(
        _publication(network, number, account, app).model_copy(
            update={
                "text": text,
                "kind": "photo" if keys else "status",
                "pictures": tuple(new.media.media_ids) if new.media else (),
                "details": details,
            }
        )
    )
    return made, Item.POST_WITH_LINK if has_link(text) else Item.POST


def repost(network: Network, account: str, app: str, new: NewRepost) -> Publication:
    """Repost a post, or what a repost reposts; a post is reposted once."""
    original = network.publications.get(new.tweet_id)
    if original is not None and original.reshares:
        original = network.publications.get(original.reshares)
    if original is None or original.deleted or original.hidden:
        raise not_found("tweet", "tweet_id", new.tweet_id)
    if any(one.reshares == original.id for one in network.timeline(account)):
        sentence = "You cannot retweet a Tweet that you have already retweeted."
        raise invalid((sentence, {"tweet_id": [new.tweet_id]}))
    number = network.new_number()
    return network.publish(
        _publication(network, number, account, app).model_copy(update={"kind": "repost", "reshares": original.id})
    )


def write(network: Network, account: str, text: str) -> Publication:
    """Publish what somebody writes at X itself, where subscribers have more room."""
    number = network.new_number()
    told, urls = shortened(text, number)
    return network.publish(
        _publication(network, number, account, "").model_copy(
            update={"text": text, "details": {"told": told, "urls": urls, "media_keys": []}}
        )
    )


def room(network: Network, account: str) -> int:
    """Return how long a post of an account may be, weighted."""
    return LONG if account in network.facts.get("subscribers", []) else SHORT


def _publication(network: Network, number: str, account: str, app: str) -> Publication:
    now = network.clock.now()
    return Publication(id=number, account=account, at=now, changed_at=now, app=app)


def _check_access(network: Network, account: str, new: NewPost) -> None:
    """Refuse what X took away from apps that pay as they go: changelog, 23 February and 16 April 2026."""
    if new.quote_tweet_id:
        raise forbidden("Quoting posts is not available to self-serve apps.")
    if not new.reply:
        return
    post = network.publications.get(new.reply.in_reply_to_tweet_id)
    if post is None or post.deleted:
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    if post.account != account:
        raise forbidden("Reply to this conversation is not allowed because you have not been mentioned in it.")


def _check_words(network: Network, account: str, text: str) -> None:
    if unusable(text):
        raise invalid(("The text has characters that are not allowed.", {"text": [text]}))
    if measure(text, "x_weighted") > room(network, account):
        raise plain(HTTPStatus.BAD_REQUEST, TOO_LONG)
    if cashtags(text) > 1:
        raise forbidden("A post may have one cashtag at most.")


def _check_duplicate(network: Network, account: str, text: str) -> None:
    since = network.clock.now() - SAME_WITHIN
    if text and any(one.text == text and one.at > since for one in network.timeline(account)):
        raise duplicate()
