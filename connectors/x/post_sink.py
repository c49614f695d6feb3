"""The sink that posts from an account at X."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field

from connectors.x.errors import classify_x, usage_of
from connectors.x.limits import COMMENT_MAX, COST_OF_DESCRIPTION, COST_OF_POST, COST_WITH_LINK, LIMITS
from connectors.x.timeline import FIELDS, made_at, replied_to_in, reposted_in, said_by, said_in
from engine.contract.lazy import Lazy
from engine.contract.node import NodeConfig
from engine.contract.sink import Receipt, Sink
from engine.errors import AccountLostError, DoubtfulError, RejectedError, TransientError
from engine.model.delivery import Doubt
from engine.model.text import link_spans

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from connectors.x import wire as x_api
    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext
    from engine.contract.usage import Usage
    from engine.errors import ChappeError
    from engine.model.post import Content
    from engine.model.text import Bound
else:
    x_api = Lazy("connectors.x.wire")

_POST: Final = re.compile(r"^/[^/]+/status/(\d{1,19})(?:/|$)")
_HOSTS: Final = frozenset({"x.com", "www.x.com", "mobile.x.com", "twitter.com", "www.twitter.com"})
_CLOCKS_DIFFER: Final = timedelta(minutes=10)
_LOOK_AT: Final = 100
_WAITS: Final = "waits"


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
    def words_alone(self) -> bool:
        """Many may repost the same post: a repost has no words of its own."""
        return self.config.mode == "post"

    @property
    def link_in_text(self) -> bool:
        """X shows no link but those of the text."""
        return self.config.link and self.config.mode == "post"

    @property
    def comment_room(self) -> tuple[Bound, ...] | None:
        """A first comment is a reply to the own post; what a repost shows is not one's own."""
        return ((COMMENT_MAX, "x_weighted"),) if self.config.mode == "post" else None

    async def prepare(self, content: Content, ctx: SendContext) -> dict[str, str]:
        """Upload the pictures, each with its description."""
        if self.config.mode == "repost":
            return {}
        made = [await x_api.upload(picture, ctx) for picture in await ctx.pictures(content)]
        media = {f"media{number}": one.id for number, one in enumerate(made)}
        waits = {f"{_WAITS}{number}": one.id for number, one in enumerate(made) if not one.done}
        return media | waits

    async def ready(self, ctx: SendContext) -> None:
        """Ask X how far it is with those pictures that it was not done with at once."""
        for name, media in sorted(ctx.prepared.items()):
            if name.startswith(_WAITS):
                await x_api.done_with(media, ctx)

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Mapping[str, str]) -> bytes:
        """Return the body of the post, or of the repost."""
        del account, attempt
        if self.config.mode == "repost":
            return x_api.compact({"tweet_id": post_in(content.link)})
        media = [prepared[name] for name in sorted(prepared) if name.startswith("media")]
        return x_api.compact(
            ({"text": content.text} if content.text else {}) | ({"media": {"media_ids": media}} if media else {})
        )

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        """Publish it."""
        user, client, document = _user(ctx.account), x_api.Client(ctx), json.loads(body)
        if self.config.mode == "repost":
            said = await (await client.request("POST", f"/2/users/{user}/retweets", json=document)).json()
            if not isinstance(data := said.get("data"), dict) or data.get("retweeted") is not True:
                raise DoubtfulError("X answered without saying whether it was reposted.")
            return _receipt(document["tweet_id"])
        return await _made(client, document)

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        """Look for the same words and links, or for the repost, among the account's newest posts since the try."""
        wanted = said_by(content.text)
        if self.config.mode == "post" and not wanted.anything:
            raise DoubtfulError("A post without words cannot be told from another one at X.")
        rows = await _since(ctx.attempt.frozen_at - _CLOCKS_DIFFER, ctx)
        if self.config.mode == "repost":
            original = post_in(content.link)
            return _receipt(original) if any(original in reposted_in(row) for row in rows) else None
        told = [(str(row["id"]), said_in(row)) for row in rows]
        if found := [number for number, said in told if wanted.same(said)]:
            return _receipt(found[0])
        if any(wanted.alike(said) for _, said in told):
            raise DoubtfulError("X shows the same words from this account, but something else in the post differs.")
        return None

    async def comment(self, receipt: Receipt, text: str, ctx: SendContext) -> Receipt:
        """Reply to the own post."""
        reply = {"text": text, "reply": {"in_reply_to_tweet_id": receipt.remote_id}}
        return await _made(x_api.Client(ctx), reply)

    async def find_comment(self, receipt: Receipt, text: str, ctx: SendContext) -> Receipt | None:
        """Look for the reply among the account's newest posts since the try."""
        wanted = said_by(text)
        for row in await _since(ctx.attempt.frozen_at - _CLOCKS_DIFFER, ctx):
            if receipt.remote_id in replied_to_in(row) and wanted.same(said_in(row)):
                return _receipt(str(row["id"]))
        return None

    def usage(self, status: int, headers: Mapping[str, str]) -> Usage | None:
        """Read X's rate-limit headers."""
        del status
        return usage_of(headers)

    def cost(self, content: Content) -> Decimal | None:
        """Price the post by X's list, with its first comment: a link costs more, and so do pictures' descriptions."""
        if self.config.mode == "repost":
            return COST_OF_POST
        described = sum(bool(piece.alt) for piece in content.media if piece.kind == "image")
        texts = (content.text, content.comment) if content.comment else (content.text,)
        posts = sum(COST_WITH_LINK if link_spans(text) else COST_OF_POST for text in texts)
        return posts + described * COST_OF_DESCRIPTION

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


async def _made(client: x_api.Client, document: Mapping[str, Any]) -> Receipt:
    said = await (await client.request("POST", "/2/tweets", json=document)).json()
    data = said.get("data")
    made = data.get("id") if isinstance(data, dict) else None
    if not isinstance(made, str) or not made.isdigit():
        raise DoubtfulError("X accepted the post without saying which one it is.")
    return _receipt(made)


def _receipt(number: str) -> Receipt:
    return Receipt(remote_id=number, url=f"https://x.com/i/status/{number}")


def _user(account: Account) -> str:
    if not account.remote_id:
        raise AccountLostError(f"The X account {account.name} was never connected: `chappe accounts connect x`.")
    return account.remote_id


async def _since(since: datetime, ctx: SendContext) -> list[dict[str, Any]]:
    """Return the posts and reposts of the account that were made since then: X charges for each that it shows."""
    said = await x_api.Client(ctx).get_users_tweets(
        _user(ctx.account), max_results=_LOOK_AT, start_time=since, tweet_fields=list(FIELDS), user_auth=False
    )
    rows = said.get("data", [])
    if not isinstance(rows, list):
        raise TransientError("X answered without a list of posts.")
    found = [row for row in rows if isinstance(row, dict) and made_at(row) >= since]
    if len(found) >= _LOOK_AT:
        raise DoubtfulError("More was posted since than one list shows.")
    return found
