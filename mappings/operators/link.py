"""`link`: the addresses of a post, changed, and shown in its text or not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from engine.content.first_comment import without
from engine.content.template import MOST
from engine.contract.node import NodeConfig
from engine.contract.operator import Found, Hold, LookingOperator, Pass, Release, Wait
from engine.errors import MappingError
from engine.model.duration import Duration
from engine.model.post import Card
from engine.model.post import Link as Address
from engine.model.text import LINK, links_in
from mappings.addresses import Utm, canonical, tagged
from mappings.fields import SomeTime, TemplateText
from mappings.looking import SOONEST, next_look

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from engine.content.card import PageCard
    from engine.contract.context import LookContext, WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Post

_STEPS: Final = "`canonical:`, `utm:`, `in_text:`, `first_comment:`, `short:` or `card:`"
_WAITS: Final = "Waits until the page of its link answers well."


class CardGate(NodeConfig):
    """How long a post waits for a page that answers badly, and what becomes of it then."""

    timeout: SomeTime = Field(
        default=Duration.parse("6h"), title="Time-out", description="How long a post waits at most, such as 6h."
    )
    on_timeout: Literal["pass", "drop"] = Field(
        default="pass", title="On time-out", description="`pass` lets it go on without a card, `drop` ends it."
    )


class Config(NodeConfig):
    """What becomes of the addresses, in this order."""

    canonical: bool = Field(
        default=False,
        title="Canonical",
        description="Whether what tells readers apart, such as fbclid, gclid and every utm_, is taken off addresses.",
    )
    utm: Utm | None = Field(
        default=None, title="UTM", description="Parameters that are added, by which web statistics know a campaign."
    )
    overwrite: bool = Field(
        default=False, title="Overwrite", description="Whether `utm:` replaces parameters that an address has already."
    )
    of: Literal["first", "all"] = Field(
        default="all", title="Of", description="Which addresses count: the post's first one, or all that it has."
    )
    in_text: Literal["keep", "append", "remove"] = Field(
        default="keep",
        title="In the text",
        description="`append` sets the post's first address under a text that lacks it, `remove` takes addresses out "
        "of the text; the post keeps them as its links.",
    )

    first_comment: bool = Field(
        default=False,
        title="First comment",
        description="Whether the post's first address leaves the text for a comment below the post, on networks where "
        "Chappe can comment; on others it stays where it is.",
    )
    comment: TemplateText | None = Field(
        default=None,
        title="Comment",
        description="What the first comment says, such as `Read on: {{ post.link }}`; else the address alone.",
    )
    short: bool = Field(
        default=False,
        title="Short links",
        description="Whether addresses become short links of this server, by which clicks are counted.",
    )
    card: CardGate | None = Field(
        default=None,
        title="Card",
        description="Posts wait here until the page of their first address answers well; its card goes with them.",
    )

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.comment is not None and not self.first_comment:
            raise ValueError("There is a `comment:`, and nothing to say it in: add `first_comment: true`.")
        changes = (self.canonical, self.utm, self.in_text != "keep", self.first_comment, self.short, self.card)
        if not any(changes):
            raise ValueError(f"This changes nothing. Say at least one of {_STEPS}.")
        return self


class Link(LookingOperator[Config]):
    """Tag the addresses of a post, clean them, and show them in its text or not.

    The addresses of a post are its links and those in its text; an article without links has the one of its page. The
    first of them is where its readers are sent. With `of: first` this one alone is changed, and the others stay as
    they are.

    The steps are taken in this order: `canonical`, `utm`, `in_text`, `first_comment`. A text that is nothing but
    addresses keeps them under `in_text: remove`, and an address that leaves the text stays with the post, so that a
    network can show its card. A post without an address passes as it is. To take the same steps again changes nothing
    more.

    With `first_comment: true` the first address leaves the text where a sink can comment, when the text is written for
    it: it goes into a comment below the post, right after it is out. A text that would be empty keeps it.

    With `short: true` addresses of the web become short links of your own when the post is planned: `/s/` and a code
    behind the public address of this server, which leads on and counts how often it was followed. An address has one
    code in a post, for all its accounts. Operators behind this one see the long addresses; what one of them changes
    stays long.

    With `card:` a post that has an address waits until the page behind its first one answers well: an answer that says
    that it is not there, is not for everybody, or has trouble, and none within 8 seconds, are bad ones. It is asked
    again after one minute, two, four, and so on up to 30. What the page says of itself goes with the post's link,
    where that has no card yet. The time of waiting counts as no lateness.
    """

    kind = "link"
    title = "Link"
    icon = "link"
    example: ClassVar = {
        "canonical": True,
        "utm": {"source": "ambassadors", "campaign": "{{ mapping.name }}"},
        "in_text": "append",
    }

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.holds = config.card is not None

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Let the post through, or hold it, with its addresses changed; a changed copy only where something differs."""
        given, first = _links(post), _first(post)
        if first is None:
            return Pass(post)
        change = self._change(post, ctx, first)
        links = tuple(link.model_copy(update={"url": change(link.url)}) for link in given)
        words = post.title.strip() if self.config.in_text == "append" and not post.text.strip() else post.text
        text = LINK.sub(lambda match: change(match.group()), words)
        if self.config.in_text == "append":
            text = _appended(text, change(first))
        elif self.config.in_text == "remove":
            gone = (change(first),) if self.config.of == "first" else links_in(text)
            links, text = _taken_out(links, text, gone)
        if len(text) > max(MOST, len(post.text)):
            raise MappingError(f"{ctx.node} would make the text longer than {MOST:,} characters.")
        comment = LINK.sub(lambda match: change(match.group()), post.comment)
        same = (links, text, comment) in ((post.links, post.text, post.comment), (given, post.text, post.comment))
        after = post if same else post.model_copy(update={"links": links, "text": text, "comment": comment})
        if self.config.first_comment:
            after = self._commented(after, ctx, change(first))
        if self.config.short:
            after = _to_shorten(after, first_only=self.config.of == "first")
        return Pass(after) if self.config.card is None else Hold(_WAITS, after)

    def looks(self, one: Held, now: datetime) -> bool:
        """Tell whether the page is to be asked (again)."""
        again = next_look(one, now)
        return again is not None and again <= now

    async def look(self, post: Post, ctx: LookContext) -> Found:
        """Ask for the page of the post's first address, and take its card."""
        url = _first(post) or ""
        page = await ctx.page(url)
        if page is None:
            return Found(post, "The page of its link answers; there is no card to be had of it.")
        return Found(_with_card(post, url, page), "The page of its link answers.")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Let those go whose page answered well; do with those that waited too long what the settings say."""
        well = {one.id: one.look.reason for one in held if one.look is not None and one.look.good}
        left = [one for one in held if one.id not in well]
        late = {one.id: _told(one) for one in left if self._ends(one) <= ctx.now}
        left = [one for one in left if one.id not in late]
        again = [min(self._ends(one), next_look(one, ctx.now) or ctx.now) for one in left]
        until = max(ctx.now + SOONEST, min(again)) if again else None
        if until is not None and not well and not late:
            return Wait(until)
        drops = self.config.card is not None and self.config.card.on_timeout == "drop"
        goes = [one.id for one in held if one.id in well or (one.id in late and not drops)]
        return Release(tuple(goes), drop=tuple(late) if drops else (), until=until, reasons=well | late)

    def _commented(self, post: Post, ctx: WalkContext, url: str) -> Post:
        """Give the post its first comment, which has the address, at its end where the template does not name it."""
        template = self.config.comment
        said = template.render(post, mapping=ctx.mapping, zone=ctx.zone).strip() if template is not None else ""
        comment = said if url in links_in(said) else f"{said} {url}".strip()
        return post if comment == post.comment else post.model_copy(update={"comment": comment})

    def _ends(self, one: Held) -> datetime:
        """Return when a post has waited long enough: at once, where the settings want no waiting any more."""
        return one.since + (self.config.card.timeout if self.config.card is not None else timedelta())

    def _change(self, post: Post, ctx: WalkContext, first: str) -> Callable[[str], str]:
        """Return what is done to an address."""
        config = self.config
        utm = config.utm.parameters(post, ctx) if config.utm else {}

        def change(url: str) -> str:
            if config.of == "first" and url != first:
                return url
            return tagged(canonical(url) if config.canonical else url, utm, overwrite=config.overwrite)

        return change


def _links(post: Post) -> tuple[Address, ...]:
    return post.links or ((Address(url=post.link),) if post.link else ())


def _first(post: Post) -> str | None:
    return next(iter((*(link.url for link in _links(post)), *links_in(post.text))), None)


def _to_shorten(post: Post, *, first_only: bool) -> Post:
    links = _links(post)
    found = (*(link.url for link in links), *links_in(post.text))
    urls = [url for url in found if url.lower().startswith(("https://", "http://"))][: 1 if first_only else None]
    short = tuple(dict.fromkeys((*post.short, *urls)))
    return post if short == post.short else post.model_copy(update={"links": links, "short": short})


def _with_card(post: Post, url: str, page: PageCard) -> Post:
    """Give the post's link to this address the card of its page, unless it has one."""
    card = Card(title=page.title, description=page.description, image=page.image_url)
    links = tuple(
        link.model_copy(update={"card": card}) if link.url == url and link.card is None else link for link in post.links
    )
    return post if links == post.links else post.model_copy(update={"links": links})


def _told(one: Held) -> str:
    return f"Its page did not answer well in time. {one.look.reason if one.look is not None else ''}".rstrip()


def _appended(text: str, url: str) -> str:
    return text if url in links_in(text) else f"{text.rstrip()}\n{url}".lstrip()


def _taken_out(links: tuple[Address, ...], text: str, gone: tuple[str, ...]) -> tuple[tuple[Address, ...], str]:
    """Take addresses out of a text, with the blanks before them and the lines that they leave empty."""
    leaving, left = set(gone).intersection(links_in(text)), without(text, gone)
    if not leaving or not left:
        return links, text
    known = {link.url for link in links}
    return (*links, *(Address(url=url) for url in links_in(text) if url in leaving - known)), left
