"""`digest`: the posts of a while become one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from engine.content.template import ListTemplate, TemplateError
from engine.contract.node import NodeConfig
from engine.contract.operator import Hold, HoldingOperator, Release, Wait
from engine.model.post import Link, Post
from engine.model.slot import HORIZON, Slot, next_slot, time_at
from engine.model.text import hashtags_in
from mappings.calendar_days import Calendar, day_span, time_of_day
from mappings.fields import OneOrMore, SomeTime, Zone, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Media

MOST: Final = 100
_LOOK_AGAIN: Final = timedelta(days=30)


def _template(value: Any) -> ListTemplate:
    if isinstance(value, ListTemplate):
        return value
    if not isinstance(value, str):
        raise refusal("template", "This should be a text, in which {% for post in posts %} goes over the posts.")
    try:
        return ListTemplate(value)
    except TemplateError as error:
        raise refusal("template", str(error)) from error


ListText: TypeAlias = Annotated[
    ListTemplate,
    PlainValidator(_template),
    PlainSerializer(lambda template: template.source, return_type=str),
    WithJsonSchema({"type": "string", "format": "liquid"}),
]
"""A Liquid template over several posts, compiled."""

LINES: Final = ListTemplate(
    "{% for post in posts %}{{ post.title | default: post.text }}{% if post.link %} {{ post.link }}{% endif %}\n"
    "{% endfor %}"
)


class Config(NodeConfig):
    """When there is a digest, and what it says."""

    every: SomeTime | None = Field(
        default=None, title="Every", description="How long posts are collected, from the first on, such as 1d."
    )
    at: OneOrMore[Annotated[str, AfterValidator(time_of_day)]] | None = Field(
        default=None, title="At", description="Times of the day, such as 09:00, at which what has come goes out."
    )
    days: OneOrMore[Annotated[str, AfterValidator(day_span)]] | None = Field(
        default=None, title="Days", description="Days of the week for `at:`, such as mon-fri; without it every day."
    )
    timezone: Zone | None = Field(
        default=None, title="Time zone", description="The zone of these times, where it is not the mapping's."
    )
    posts: int | None = Field(
        default=None, ge=1, le=MOST, title="Posts", description="So many posts make a digest at once, at most 100."
    )
    text: ListText | None = Field(
        default=None,
        title="Text",
        description="A template over `posts`; without it a line for each: its title, or text, and its link.",
    )
    title: ListText | None = Field(default=None, title="Title", description="A template over `posts` for the title.")
    media: Literal["first", "all", "none"] = Field(
        default="first", title="Media", description="Pictures of the first post that has any, of all posts, or none."
    )

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.every is not None and self.at is not None:
            raise ValueError("`every:` and `at:` exclude each other: a digest comes after a while, or at given times.")
        if self.every is None and self.at is None and self.posts is None:
            raise ValueError("Say when there is a digest: `every: 1d`, `at: 09:00` or `posts: 10`.")
        if self.at is None and (self.days is not None or self.timezone is not None):
            raise ValueError("`days:` and `timezone:` say more of `at:`, which is missing.")
        return self


class Digest(HoldingOperator[Config]):
    """Collect posts and make one of them: after a while, at times of the day, or as soon as there are enough.

    With `every:` the time begins when the first post comes; with `at:` a digest has what came before that time. With
    `posts:` it is made as soon as so many wait, if that is earlier. The posts stand in it in the order in which they
    came, each in one digest only, and at most 100 in each. Where nothing has come there is none. What waits for more
    when the node is removed from the mapping goes out as it is.

    The digest is a post of its own, known by this node and its posts, and goes on from here; its links are those of its
    posts. A template sees of each text as much as its share of 10,000 characters.
    """

    kind = "digest"
    title = "Digest"
    icon = "newspaper"
    example: ClassVar = {
        "at": "09:00",
        "days": ["mon-fri"],
        "title": "{{ posts.size }} news",
        "text": "{% for post in posts %}{{ post.title }} {{ post.link }}\n{% endfor %}",
    }

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Hold every post."""
        del post, ctx
        return Hold("Waits for the next digest.")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Make a digest of the posts that are due, the oldest ones."""
        due = self._due(held[0], ctx)
        most = self.config.posts or MOST
        together = [one for one in held if due is None or one.since < due][:most]
        alone = due is None and ctx.removed  # no more will come
        if len(together) < most and not alone and (due is None or due > ctx.now):
            return self._wait(due, len(together), ctx)
        ids = tuple(one.id for one in together)
        made = self._made([one.post for one in together], ctx)
        return Release(ids, reason=f"It went into a digest of {len(ids)}.", into=made)

    def _due(self, first: Held, ctx: ReleaseContext) -> datetime | None:
        """Return when the digest of a post is due by the clock."""
        if self.config.every is not None:
            return first.since + self.config.every
        if self.config.at is None:
            return None
        slots = [Slot(time_at(text), self.config.timezone or ctx.zone) for text in self.config.at]
        return next_slot(slots, first.since, Calendar(self.config.days or ("mon-sun",), (), ()).free, horizon=HORIZON)

    def _wait(self, due: datetime | None, count: int, ctx: ReleaseContext) -> Wait:
        zone = self.config.timezone or ctx.zone
        at = f"the digest of {due.astimezone(zone):%a %-d %b, %H:%M} ({zone})" if due is not None else ""
        more = f"{self.config.posts - count} more for a digest" if self.config.posts is not None else ""
        return Wait(due or ctx.now + _LOOK_AGAIN, f"Waits for {', or for '.join(filter(None, (at, more)))}.")

    def _made(self, posts: Sequence[Post], ctx: ReleaseContext) -> Post:
        mapping, zone, config = ctx.mapping, self.config.timezone or ctx.zone, self.config
        text = (config.text or LINES).render_all(posts, mapping=mapping, zone=zone).strip()
        title = config.title.render_all(posts, mapping=mapping, zone=zone).strip() if config.title else ""
        links = dict.fromkeys(post.link for post in posts if post.link)
        languages = {post.language for post in posts}
        return Post(
            key="digest",
            text=text,
            title=title,
            links=tuple(Link(url=url) for url in links),
            media=self._media(posts),
            hashtags=hashtags_in(text),
            language=languages.pop() if len(languages) == 1 else None,
            short=tuple(dict.fromkeys(url for post in posts for url in post.short)),
        )

    def _media(self, posts: Sequence[Post]) -> tuple[Media, ...]:
        if self.config.media == "none":
            return ()
        some = [post.media for post in posts if post.media]
        return tuple(one for media in (some if self.config.media == "all" else some[:1]) for one in media)
