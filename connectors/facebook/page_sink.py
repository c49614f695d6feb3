"""The sink that publishes on a Facebook page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import parse_qsl, urlencode

from pydantic import Field

from connectors.facebook.errors import classify_graph, usage_of
from connectors.facebook.limits import COMMENT_MAX, LIMITS
from connectors.facebook.posts import address
from connectors.facebook.shapes import read_post
from engine.contract.lazy import Lazy
from engine.contract.node import NodeConfig
from engine.contract.sink import Receipt, Sink
from engine.errors import AccountLostError, DoubtfulError
from engine.model.delivery import Doubt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.facebook import wire as graph_api
    from connectors.facebook.shapes import PagePost
    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext
    from engine.contract.usage import Usage
    from engine.errors import ChappeError
    from engine.model.post import Content
    from engine.model.text import Bound
else:
    graph_api = Lazy("connectors.facebook.wire")

_CLOCKS_DIFFER: Final = timedelta(minutes=10)
_LOOK_AT: Final = 100
_LOOK_FIELDS: Final = "id,message,created_time,permalink_url,attachments{unshimmed_url,url,media_type,type}"


class Config(NodeConfig):
    """How the page's posts look."""

    link: Literal["card", "text"] = Field(
        default="card",
        title="Link",
        description="A post without pictures shows its link as a `card`, or only where the `text` names it.",
    )


class FacebookPageSink(Sink[Config]):
    """Publish on a Facebook page: a text with a link's card, or with pictures and their descriptions.

    Pictures are uploaded first, unpublished, and then shown by one post. When no answer comes, the page's newest posts
    are read back, so nothing is published twice. A first comment is written as the page, and read back likewise.
    """

    kind = "facebook_page"
    title = "Facebook page"
    icon = "facebook"
    account_kind = "facebook"
    limits = LIMITS
    doubtful = Doubt.FINDABLE
    uploads = True
    example: ClassVar = {}

    @property
    def comment_room(self) -> tuple[Bound, ...]:
        """A comment has as much room as people report."""
        return ((COMMENT_MAX, "characters"),)

    async def prepare(self, content: Content, ctx: SendContext) -> dict[str, str]:
        """Upload the pictures, each with its description."""
        graph, found = graph_api.Graph(ctx.http, ctx.account), dict[str, str]()
        for number, picture in enumerate(await ctx.pictures(content)):
            described = {"alt_text_custom": picture.alt} if picture.alt else {}
            answer = await graph.put_photo(
                _page(ctx.account), (picture.mime, picture.bytes), published="false", **described
            )
            found[f"photo{number:03}"] = _id_in(answer)
        return found

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Mapping[str, str]) -> bytes:
        """Return the form that makes the post; the token goes into a header."""
        del account, attempt
        fields: dict[str, Any] = {"message": content.text} if content.text else {}
        photos = [prepared[name] for name in sorted(prepared) if name.startswith("photo")]
        for number, photo in enumerate(photos):
            fields[f"attached_media[{number}]"] = graph_api.compact({"media_fbid": photo})
        if content.link and not photos and self._has_card(content):
            fields["link"] = content.link
        return urlencode(fields).encode()

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        """Publish the post."""
        graph = graph_api.Graph(ctx.http, ctx.account, publishing=True)
        answer = await graph.put(_page(ctx.account), "feed", **dict(parse_qsl(body.decode(), strict_parsing=True)))
        remote_id = _id_in(answer)
        return Receipt(remote_id=remote_id, url=f"https://www.facebook.com/{remote_id}")

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        """Look among the newest posts since the try: for the same words over the same link, if it has one.

        The same words over another link may be another post, or Facebook may write the link otherwise: nobody can tell.
        """
        link = content.link if self._has_card(content) else None
        if not (content.text or link):
            raise DoubtfulError("A post without words cannot be told from another one on the page.")
        alike = False
        for shown in await self._since(ctx.attempt.frozen_at - _CLOCKS_DIFFER, ctx):
            said = not content.text or _words(shown.message) == _words(content.text)
            if said and (link is None or _leads_to(shown, link)):
                return Receipt(remote_id=shown.id, url=shown.permalink_url or None)
            alike = alike or (said and bool(content.text))
        if alike:
            raise DoubtfulError("The page shows the same words, over another link.")
        return None

    async def comment(self, receipt: Receipt, text: str, ctx: SendContext) -> Receipt:
        """Comment on the page's post, as the page."""
        graph = graph_api.Graph(ctx.http, ctx.account, publishing=True)
        return _comment(_id_in(await graph.put(receipt.remote_id, "comments", message=text)))

    async def find_comment(self, receipt: Receipt, text: str, ctx: SendContext) -> Receipt | None:
        """Look among the newest comments on the post for the page's own with the same words."""
        graph = graph_api.Graph(ctx.http, ctx.account)
        answer = await graph.connections(
            receipt.remote_id, "comments", fields="id,message,from", order="reverse_chronological", limit=_LOOK_AT
        )
        rows = answer.get("data")
        if not isinstance(rows, list):
            raise DoubtfulError("Facebook answered without a list of comments.")
        for row in filter(None, rows):
            said, by = row.get("message", ""), row.get("from") or {}
            if _words(str(said)) == _words(text) and by.get("id") == _page(ctx.account):
                return _comment(str(row["id"]))
        return None

    async def _since(self, since: datetime, ctx: SendContext) -> list[PagePost]:
        answer = await graph_api.Graph(ctx.http, ctx.account).connections(
            _page(ctx.account), "published_posts", fields=_LOOK_FIELDS, limit=_LOOK_AT
        )
        rows = answer.get("data")
        if not isinstance(rows, list):
            raise DoubtfulError("Facebook answered without a list of posts.")
        shown = filter(None, map(read_post, rows))
        found = [one for one in shown if one.created_time is None or one.created_time >= since]
        if len(found) >= _LOOK_AT:
            raise DoubtfulError("More was published since than one list shows.")
        return found

    def _has_card(self, content: Content) -> bool:
        return self.config.link == "card" and not any(piece.kind == "image" for piece in content.media)

    def usage(self, status: int, headers: Mapping[str, str]) -> Usage | None:
        """Read Facebook's usage headers."""
        del status
        return usage_of(headers)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
        """Go by the codes of the Graph API."""
        return classify_graph(status, headers, body)


def _comment(remote_id: str) -> Receipt:
    return Receipt(remote_id=remote_id, url=f"https://www.facebook.com/{remote_id}")


def _page(account: Account) -> str:
    if not account.remote_id:
        message = f"The Facebook page {account.name} was never connected: `chappe accounts connect facebook`."
        raise AccountLostError(message)
    return account.remote_id


def _id_in(answer: Mapping[str, Any]) -> str:
    """Return the id of what was made; without one nobody can tell whether it was."""
    made = answer.get("post_id") or answer.get("id")
    if not isinstance(made, str) or not made:
        raise DoubtfulError("Facebook answered without saying which post it is.")
    return made


def _leads_to(shown: PagePost, link: str) -> bool:
    """Tell whether a post shows the card of no other link; Facebook may lead there by its own redirect."""
    attachments = shown.attachments.data if shown.attachments else ()
    found = {address(url).rstrip("/") for one in attachments for url in (one.unshimmed_url, one.url) if url}
    return not found or link.rstrip("/") in found


def _words(text: str) -> str:
    """Return a text as it comes back: Facebook trims and joins white space at the ends of lines."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
