"""The sink that posts as a member of LinkedIn."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field

from connectors.linkedin.errors import SHOWN, classify_linkedin
from connectors.linkedin.limits import LIMITS
from engine.contract.node import NodeConfig
from engine.contract.sink import Receipt, Sink
from engine.errors import AccountLostError, DoubtfulError, RejectedError, TransientError
from engine.model.delivery import Doubt
from engine.model.text import escape_little

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext
    from engine.errors import ChappeError
    from engine.model.picture import Picture
    from engine.model.post import Content

_PARENT: Final = re.compile(r"urn:li:(?:share|ugcPost):\d+")
_SHARE: Final = re.compile(r"-(share|ugcPost)-(\d+)")
_TITLE_MOST: Final = 400
_DESCRIPTION_MOST: Final = 4_086


class Config(NodeConfig):
    """What kind of post it becomes."""

    mode: Literal["post", "reshare"] = Field(
        default="post",
        title="Mode",
        description=(
            "`post` publishes the words, with the pictures or with the link's card; `reshare` shares the company's own "
            "LinkedIn post, to which the post must link, with the words above it."
        ),
    )
    visibility: Literal["PUBLIC", "CONNECTIONS"] = Field(
        default="PUBLIC", title="Visibility", description="Who sees it: everybody, or the member's connections."
    )
    unanswered: Literal["ask", "probe"] = Field(
        default="ask",
        title="Without an answer",
        description=(
            "When no answer comes: `ask` the member whether the post is out, or `probe`: send exactly the same once "
            "more within nine minutes, which LinkedIn refuses by naming the post that is there."
        ),
    )
    card: bool = Field(default=True, title="Card", description="A post without pictures shows the card of its link.")


class LinkedInMember(Sink[Config]):
    """Post as a member of LinkedIn: a text, with a link's card, or with up to twenty pictures; or share a post on.

    LinkedIn reads no link itself, so the card is made from the page's own words and picture. Members' posts cannot be
    read back: when no answer comes, the member decides whether it is out, or a probe tells.
    """

    kind = "linkedin_member"
    title = "LinkedIn member"
    icon = "linkedin"
    account_kind = "linkedin"
    limits = LIMITS
    doubtful = Doubt.ASK
    probe_within = timedelta(minutes=9)
    uploads = True
    example: ClassVar = {}

    @property
    def doubt(self) -> Doubt:
        """Ask the member, unless an operator allows the probe; nobody knows whether reshares are recognised."""
        return Doubt.PROBE if self.config.unanswered == "probe" and self.config.mode == "post" else Doubt.ASK

    async def prepare(self, content: Content, ctx: SendContext) -> dict[str, str]:
        """Upload the pictures, or the picture of the link's card, and keep the card's words.

        Whether LinkedIn is done with a picture cannot be asked as a member: reading `/rest/images` is refused with 403
        (the page of the images API, read 2026-11-22). So the post names it at once.
        """
        if self.config.mode == "reshare":
            return {}
        found: dict[str, str] = {}
        for number, picture in enumerate(await ctx.pictures(content)):
            found[f"image{number:03}"] = await _upload(picture, ctx)
            found[f"alt{number:03}"] = picture.alt
        if found or not content.link or not self.config.card:
            return found
        card = await ctx.card(content.link)
        found["title"] = (
            (card.title if card else "") or content.title or urlsplit(content.link).hostname or content.link
        )
        if card is not None:
            found["description"] = card.description
            if card.picture is not None:
                found["thumbnail"] = await _upload(card.picture, ctx)
        return found

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Mapping[str, str]) -> bytes:
        """Return the body of the post."""
        del attempt
        body: dict[str, Any] = {
            "author": _member(account),
            "commentary": escape_little(content.text),
            "visibility": self.config.visibility,
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        if self.config.mode == "reshare":
            body["reshareContext"] = {"parent": parent_of(content.link)}
        elif shown := _shown(content, prepared):
            body["content"] = shown
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        """Publish the post; its id is in a header."""
        answer = await ctx.http.publish("POST", _address(ctx, "/rest/posts"), headers=_headers(ctx), content=body)
        urn = answer.headers.get("x-restli-id", "")
        if not _PARENT.fullmatch(urn):
            raise DoubtfulError("LinkedIn accepted the post without saying which one it is.")
        return Receipt(remote_id=urn, url=f"{SHOWN}{urn}/")

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> ChappeError | None:
        """Go by LinkedIn's codes."""
        return classify_linkedin(status, headers, body)


def parent_of(link: str | None) -> str:
    """Return the URN of the LinkedIn post at an address; raises RejectedError where the address names none.

    `/feed/update/urn:li:share:1/` and `/posts/acme_-share-1-Ab` do; `activity` is another number for the same post,
    which the API does not take.
    """
    path = unquote(urlsplit(link or "").path) if (urlsplit(link or "").hostname or "").endswith("linkedin.com") else ""
    if found := _PARENT.search(path):
        return found.group(0)
    if found := _SHARE.search(path):
        return f"urn:li:{found.group(1)}:{found.group(2)}"
    message = (
        "There is nothing to reshare: the post must link to the company's LinkedIn post, by an address that has "
        "`urn:li:share:…`, `urn:li:ugcPost:…` or `-share-…` in it (an `activity` number does not do)."
    )
    raise RejectedError(message, code="no_parent")


def _shown(content: Content, prepared: Mapping[str, str]) -> dict[str, Any]:
    """Return what stands below the words: one picture, several, a card, or nothing."""
    numbers = [name.removeprefix("image") for name in sorted(prepared) if name.startswith("image")]
    images = [
        {"id": prepared[f"image{number}"]} | ({"altText": alt} if (alt := prepared.get(f"alt{number}")) else {})
        for number in numbers
    ]
    if len(images) > 1:
        return {"multiImage": {"images": images}}
    if images:
        return {"media": images[0]}
    if not content.link or "title" not in prepared:
        return {}
    article = {
        "source": content.link,
        "title": prepared["title"][:_TITLE_MOST],
        "description": prepared.get("description", "")[:_DESCRIPTION_MOST],
        "thumbnail": prepared.get("thumbnail", ""),
    }
    return {"article": {name: value for name, value in article.items() if value}}


async def _upload(picture: Picture, ctx: SendContext) -> str:
    """Upload a picture; return its URN."""
    asked = json.dumps({"initializeUploadRequest": {"owner": _member(ctx.account)}}).encode()
    url = _address(ctx, "/rest/images?action=initializeUpload")
    answer = await ctx.http.fetch("POST", url, headers=_headers(ctx), content=asked)
    target, urn = _target(answer.body)
    if not _is_linkedins(target, ctx):
        raise TransientError("LinkedIn named an address for the picture that is not its own.")
    headers = {"Authorization": f"Bearer {ctx.account.secrets['access_token']}", "Content-Type": picture.mime}
    await ctx.http.fetch("PUT", target, headers=headers, content=picture.bytes)
    return urn


def _target(body: bytes) -> tuple[str, str]:
    """Return where the picture goes and what it is called then."""
    try:
        said = json.loads(body)
        return str(said["value"]["uploadUrl"]), str(said["value"]["image"])
    except (ValueError, LookupError, TypeError, RecursionError):
        raise TransientError("LinkedIn did not say where the picture goes.") from None


def _is_linkedins(url: str, ctx: SendContext) -> bool:
    """Tell whether an address is LinkedIn's: a member's token goes nowhere else."""
    target, ours = urlsplit(url), urlsplit(str(ctx.account.app["api"]))
    official = target.scheme == "https" and (target.hostname or "").endswith(".linkedin.com")
    return official or (target.scheme, target.netloc) == (ours.scheme, ours.netloc)


def _member(account: Account) -> str:
    if not account.remote_id:
        message = f"The LinkedIn account {account.name} was never connected: `chappe accounts connect linkedin`."
        raise AccountLostError(message)
    return account.remote_id


def _address(ctx: SendContext, path: str) -> str:
    return f"{ctx.account.app['api']}{path}"


def _headers(ctx: SendContext) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {ctx.account.secrets['access_token']}",
        "Content-Type": "application/json",
        "Linkedin-Version": str(ctx.account.app["version"]),
        "X-Restli-Protocol-Version": "2.0.0",
    }
