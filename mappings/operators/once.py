"""`once`: the same news passes once, however often it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field

from engine.contract.node import NodeConfig
from engine.contract.operator import Hold, HoldingOperator, Release
from engine.model.duration import Duration
from engine.model.text import normalised
from mappings.addresses import canonical
from mappings.fields import OneOrMore
from mappings.findings import clipped
from mappings.likeness import likeness, shingles
from mappings.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Post

By: TypeAlias = Literal["link", "title", "text"]


class Config(NodeConfig):
    """What makes two posts the same, and for how long."""

    within: Remembered = Field(
        default=Duration.parse("7d"),
        title="Within",
        description="How long a post that passed keeps others like it from passing, such as 7d; at most 90d.",
    )
    by: OneOrMore[By] = Field(
        default=("link", "text"),
        title="By",
        description="What is compared: the link, the title, the text; one that is the same is enough.",
    )
    similar: float = Field(
        default=0.6,
        gt=0,
        le=1,
        title="Similar",
        description="The share of their runs of three words from which on two texts are the same; 1 for equal words.",
    )


class _Marks(NamedTuple):
    """By what a post is known: empty is not known."""

    link: str
    title: str
    text: frozenset[int]


class Once(HoldingOperator[Config]):
    """Let a post pass once: another with the same link, title or similar text ends here for a while.

    A post is compared with those that this node let pass within the time `within` (the newest 2,000 of them), and with
    those that came at once with it, the first to come first. Links are compared without what tells readers apart
    (utm_source and the like), `www.`, and a slash at the end; titles by their words. Two texts are the same from a
    share `similar` of common runs of three words on; texts of a few words are not compared. A post that ends
    here keeps no others from passing.
    """

    kind = "once"
    title = "Once"
    icon = "copy-x"
    example: ClassVar = {"within": "7d", "by": ["link", "text"], "similar": 0.6}

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.remembers = config.within

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Hold every post for the moment that comparing takes."""
        del post, ctx
        return Hold("Is compared with what passed before.")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release:
        """Let each go or end at once."""
        known = [(before, self._marks(before.post)) for before in ctx.passed]
        passing: list[str] = []
        reasons: dict[str, str] = {}
        for one in held:
            marks = self._marks(one.post)
            found = next(
                ((before, same) for before, others in reversed(known) if (same := self._same(marks, others))), None
            )
            if found is None:
                passing.append(one.id)
                known.append((one, marks))
            else:
                reasons[one.id] = _told(*found)
        return Release(tuple(passing), drop=tuple(reasons), reason="Nothing like it has passed.", reasons=reasons)

    def _marks(self, post: Post) -> _Marks:
        by = self.config.by
        return _Marks(
            link=_address(post.link) if "link" in by and post.link else "",
            title=normalised(post.title) if "title" in by else "",
            text=shingles(post.text) if "text" in by else frozenset(),
        )

    def _same(self, one: _Marks, other: _Marks) -> str:
        """Return what is the same in both posts, in words; nothing where they differ."""
        if one.link and one.link == other.link:
            return "the same link"
        if one.title and one.title == other.title:
            return "the same title"
        like = likeness(one.text, other.text)
        if like < self.config.similar:
            return ""
        return "the same words" if like == 1 else f"{like:.0%} of its words"


def _address(url: str) -> str:
    try:
        parts = urlsplit(canonical(url))
    except ValueError:  # not an address that could be followed
        return url
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.casefold().removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def _told(before: Held, same: str) -> str:
    post = before.post
    name = clipped(post.title or post.text)
    place = f" ({post.link or post.permalink})" if post.link or post.permalink else ""
    when = f", which passed on {before.last:%-d %b %Y}" if before.last is not None else ", which came just before"
    return f"It has {same} as “{name}”{place}{when}."
