"""What X tells of users and posts: the fields that were asked for, as OpenAPI 2.167 and the client libraries name them.

X answers `post.fields` with the names of its description (`note_post`), and `tweet.fields` with the older ones
(`note_tweet`), which libraries ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from engine.model.text import measure
from sandbox.x.problems import invalid
from sandbox.x.words import SHORT, beginning, shortened

if TYPE_CHECKING:
    from sandbox.network import Network, Publication
    from sandbox.people import Account

_EPOCH_MS: Final = 1_288_834_974_657
_REPOSTED: Final = 140


def known(words: str) -> frozenset[str]:
    """Return names that are written one behind the other."""
    return frozenset(words.split())


_COMMON: Final = known(
    "article attachments author_id card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls entities geo id in_reply_to_user_id lang media_metadata non_public_metrics "
    "organic_metrics paid_partnership possibly_sensitive promoted_metrics public_metrics reply_settings scopes source "
    "text withheld"
)
_FAMILIES: Final = {
    "tweet.fields": _COMMON | {"note_tweet", "referenced_tweets", "edit_history_tweet_ids"},
    "post.fields": _COMMON | {"note_post", "referenced_posts", "edit_history_post_ids"},
}
_USER: Final = known(
    "affiliation confirmed_email connection_status created_at description entities id is_identity_verified location "
    "most_recent_tweet_id name parody pinned_tweet_id profile_banner_url profile_image_url protected public_metrics "
    "receives_your_dm subscribes_to_you subscription subscription_type url username verified verified_followers_count "
    "verified_type withheld"
)
_MEDIA: Final = known(
    "alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url promoted_metrics "
    "public_metrics type url variants width"
)
_EXPANSIONS: Final = known(
    "article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet "
    "attachments.poll_ids author_id edit_history_tweet_ids edit_history_post_ids entities.mentions.username "
    "geo.place_id in_reply_to_user_id referenced_tweets.id referenced_tweets.id.author_id referenced_posts "
    "pinned_tweet_id most_recent_tweet_id affiliation username"
)
_KINDS: Final = {"3": "photo", "16": "animated_gif"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which fields were asked for, and by which of the two names."""

    post: frozenset[str]
    user: frozenset[str]
    media: frozenset[str]
    expansions: frozenset[str]
    old: bool


def wanted(query: Mapping[str, str]) -> Wanted:
    """Return what a request wants to know, or refuse a field that X does not have."""
    family = "post.fields" if "post.fields" in query else "tweet.fields"
    return Wanted(
        post=_asked(query, family, _FAMILIES[family]),
        user=_asked(query, "user.fields", _USER),
        media=_asked(query, "media.fields", _MEDIA),
        expansions=_asked(query, "expansions", _EXPANSIONS),
        old=family == "tweet.fields",
    )


def user_told(account: Account, fields: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a user: `id`, `name` and `username` always."""
    born = datetime.fromtimestamp(((int(account.id) >> 22) + _EPOCH_MS) / 1000, UTC)
    facts = {"created_at": _time(born), "description": account.headline, "protected": False, "verified": False}
    said = {"id": account.id, "name": account.name, "username": account.handle}
    return said | {name: value for name, value in facts.items() if name in fields}


def post_told(network: Network, post: Publication, asked: Wanted) -> dict[str, Any]:
    """Return a post: `id`, `text` and its history of edits always."""
    told, urls, note = _text(network, post)
    names = _names(old=asked.old)
    said: dict[str, Any] = {"id": post.id, "text": told, names["history"]: [post.id]}
    facts: dict[str, Any] = {
        "author_id": post.account,
        "conversation_id": post.id,
        "created_at": _time(post.at),
        "entities": {"urls": urls} if urls else None,
        "attachments": {"media_keys": post.details["media_keys"]} if post.details.get("media_keys") else None,
        "reply_settings": "everyone",
        "edit_controls": {"edits_remaining": 0, "is_edit_eligible": False, "editable_until": _time(post.at)},
        names["references"]: _references(post),
        names["note"]: note,
    }
    return said | {name: value for name, value in facts.items() if name in asked.post and value is not None}


def _references(post: Publication) -> list[dict[str, str]] | None:
    if post.reshares:
        return [{"type": "retweeted", "id": post.reshares}]
    below = post.details.get("below")
    return [{"type": "replied_to", "id": below}] if below else None


def includes(network: Network, posts: Sequence[Publication], asked: Wanted) -> dict[str, Any]:
    """Return what was asked for beside the posts themselves."""
    found: dict[str, Any] = {}
    if "author_id" in asked.expansions:
        authors = dict.fromkeys(post.account for post in posts)
        found["users"] = [user_told(network.accounts[author], asked.user) for author in authors]
    if "attachments.media_keys" in asked.expansions:
        keys = dict.fromkeys(key for post in posts for key in post.details.get("media_keys", []))
        found["media"] = [_media_told(network, key, asked.media) for key in keys]
    if asked.expansions & {"referenced_tweets.id", "referenced_posts"}:
        originals = dict.fromkeys(post.reshares for post in posts if post.reshares in network.publications)
        found["tweets" if asked.old else "posts"] = [
            post_told(network, network.publications[number], asked) for number in originals
        ]
    return {name: value for name, value in found.items() if value}


def _text(network: Network, post: Publication) -> tuple[str, list[dict[str, Any]], dict[str, Any] | None]:
    """Return a post's text as X tells it, its links, and the whole where it is a long one."""
    if post.reshares:
        original = network.publications[post.reshares]
        handle = network.accounts[original.account].handle
        return beginning(f"RT @{handle}: {original.details['told']}", _REPOSTED), [], None
    told, urls = post.details["told"], post.details["urls"]
    if measure(post.text, "x_weighted") <= SHORT:
        return told, urls, None
    short, kept = shortened(beginning(post.text, SHORT), post.id, post.details["media_keys"])
    return short, kept, {"text": told, "entities": {"urls": urls}}


def _media_told(network: Network, key: str, fields: frozenset[str]) -> dict[str, Any]:
    kind, _, number = key.partition("_")
    picture = network.pictures[number]
    facts = {"alt_text": picture.alt or None, "width": picture.width, "height": picture.height}
    facts["url"] = f"https://pbs.twimg.example/media/{number}"
    said = {"media_key": key, "type": _KINDS.get(kind, "video")}
    return said | {name: value for name, value in facts.items() if name in fields and value is not None}


def _names(*, old: bool) -> dict[str, str]:
    if old:
        return {"history": "edit_history_tweet_ids", "references": "referenced_tweets", "note": "note_tweet"}
    return {"history": "edit_history_post_ids", "references": "referenced_posts", "note": "note_post"}


def _asked(query: Mapping[str, str], parameter: str, names: frozenset[str]) -> frozenset[str]:
    given = frozenset(filter(None, query.get(parameter, "").split(",")))
    if unknown := sorted(given - names):
        message = f"The `{parameter}` query parameter value [{unknown[0]}] is not one of [{','.join(sorted(names))}]"
        raise invalid((message, {parameter: sorted(given)}))
    return given


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
