"""The sink that posts from an account at X."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field

from connectors.x.errors import classify_x
from connectors.x.limits import LIMITS
from connectors.x.wire import Client, compact, upload
from engine.contract.node import NodeConfig
from engine.contract.sink import Receipt, Sink
from engine.errors import AccountLostError, DoubtfulError, RejectedError, TransientError
from engine.model.delivery import Doubt
from engine.model.text import link_spans, normalised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext
    from engine.errors import ChappeError
    from engine.model.post import Content

_POST: Final = re.compile(r"^/[^/]+/status/(\d{1,19})(?:/|$)")
_HOSTS: Final = frozenset({"x.com", "www.x.com", "mobile.x.com", "twitter.com", "www.twitter.com"})
_CLOCKS_DIFFER: Final = timedelta(minutes=10)
_LOOK_AT: Final = 20
_LOOK_FIELDS: Final = ("created_at", "referenced_tweets", "note_tweet")


class Config(NodeConfig):
    """What kind of post it becomes."""

    mode: Literal["post", "repost"] = Field(
        default="post",
        title="Mode",
        description=(
            "`post` publishes words, pictures and the link; `repost` shows the company's own X post, to which the post "
            "must link, to the account's readers."
        ),
    )
    link: bool = Field(
        default=True,
        title="Link",
        description="The post's link is added to a text that does not have it. A post with a link costs $0.20 at X.",
    )


class XPost(Sink[Config]):
    """Post from an account at X: a text with its link and up to four pictures, or a repost.

    A text has 280 weighted characters. X forbids the same words from several accounts, so give as many variants as
    people, or let each person say it in words of their own. Every post costs money, one with a link thirteen times as
    much. When no answer comes, the account's newest posts are read back.
    """

    kind = "x_post"
    title = "X"
    icon = "x"
    account_kind = "x"
    limits = LIMITS
    doubtful = Doubt.FINDABLE
    uploads = True
    distinct = True
    example: ClassVar = {}

    @property
    def link_in_text(self) -> bool:
        """X shows no link but those of the text."""
        return self.config.link and self.config.mode == "post"

    async def prepare(self, content: Content, ctx: SendContext) -> dict[str, str]:
        """Upload the pictures, each with its description."""
        if self.config.mode == "repost":
            return {}
        pictures = await ctx.pictures(content)
        return {f"media{number}": await upload(picture, ctx) for number, picture in enumerate(pictures)}

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Mapping[str, str]) -> bytes:
        """Return the body of the post, or of the repost."""
        del account, attempt
        if self.config.mode == "repost":
            return compact({"tweet_id": post_in(content.link)})
        media = [prepared[name] for name in sorted(prepared) if name.startswith("media")]
        return compact(
            ({"text": content.text} if content.text else {}) | ({"media": {"media_ids": media}} if media else {})
        )

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        """Publish it."""
        user, client, document = _user(ctx.account), Client(ctx), json.loads(body)
        if self.config.mode == "repost":
            said = await (await client.request("POST", f"/2/users/{user}/retweets", json=document)).json()
            if not isinstance(data := said.get("data"), dict) or data.get("retweeted") is not True:
                raise DoubtfulError("X answered without saying whether it was reposted.")
            return _receipt(document["tweet_id"])
        said = await (await client.request("POST", "/2/tweets", json=document)).json()
        data = said.get("data")
        made = data.get("id") if isinstance(data, dict) else None
        if not isinstance(made, str) or not made.isdigit():
            raise DoubtfulError("X accepted the post without saying which one it is.")
        return _receipt(made)

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        """Look for the same words, or for the repost, among the account's newest posts since the try."""
        said = await Client(ctx).get_users_tweets(
            _user(ctx.account), max_results=_LOOK_AT, tweet_fields=list(_LOOK_FIELDS), user_auth=False
        )
        rows = said.get("data", [])
        if not isinstance(rows, list):
            raise TransientError("X answered without a list of posts.")
        words = _words(content.text)
        if self.config.mode == "post" and not words:
            raise DoubtfulError("A post without words cannot be told from another one at X.")
        since = ctx.attempt.frozen_at - _CLOCKS_DIFFER
        for row in rows:
            if not isinstance(row, dict) or _made_at(row) < since:
                continue
            if self.config.mode == "repost":
                if post_in(content.link) in _reposted(row):
                    return _receipt(post_in(content.link))
            elif _words(_text_of(row)) == words:
                return _receipt(str(row["id"]))
        return None

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
        """Go by X's problems."""
        return classify_x(status, headers, body)


def post_in(link: str | None) -> str:
    """Return the number of the X post at an address; raises RejectedError where the address leads to none."""
    parts = urlsplit(link or "")
    found = _POST.match(parts.path) if parts.hostname in _HOSTS else None
    if found is None:
        message = "There is nothing to repost: the post must link to a post at X (https://x.com/NAME/status/NUMBER)."
        raise RejectedError(message, code="no_original")
    return found.group(1)


def _receipt(number: str) -> Receipt:
    return Receipt(remote_id=number, url=f"https://x.com/i/status/{number}")


def _user(account: Account) -> str:
    if not account.remote_id:
        raise AccountLostError(f"The X account {account.name} was never connected: `chappe accounts connect x`.")
    return account.remote_id


def _made_at(row: Mapping[str, Any]) -> datetime:
    """Return when a post was made; raises TransientError where X does not say it, which it was asked to."""
    try:
        return datetime.fromisoformat(str(row["created_at"]))
    except (KeyError, ValueError):
        raise TransientError("X did not say when a post was made.") from None


def _text_of(row: Mapping[str, Any]) -> str:
    note = row.get("note_tweet")
    return unescape(str((note.get("text") if isinstance(note, dict) else None) or row.get("text", "")))


def _words(text: str) -> str:
    """Return the words of a text without what X takes for links: it shows others in their place."""
    bare, read = "", 0
    for start, end in link_spans(text):
        bare += f"{text[read:start]} "
        read = end
    return normalised(bare + text[read:])


def _reposted(row: Mapping[str, Any]) -> list[str]:
    found = row.get("referenced_tweets")
    return [str(one.get("id")) for one in found if isinstance(one, dict)] if isinstance(found, list) else []
