"""`write`: the words of a post, changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from engine.content.template import MOST
from engine.contract.node import NodeConfig
from engine.contract.operator import Operator, Pass
from engine.errors import MappingError
from engine.model.post import Link
from engine.model.text import HASHTAG, LINK, MENTION, hashtags_in
from mappings.addresses import Utm, tagged
from mappings.fields import OneOrMore, TemplateText, refusal
from mappings.findings import clipped
from mappings.literals import any_of, ladder_of
from mappings.words import folded, folded_tag

if TYPE_CHECKING:
    import regex

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision
    from engine.model.post import Post

_MOST_WORDS: Final = 200
_MOST_ALIKE: Final = 30

Piece = Annotated[str, StringConstraints(max_length=2_000)]
Wanted = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _hashtag(value: str) -> str:
    bare = value.strip().lstrip("#＃")
    if HASHTAG.fullmatch(f"#{bare}"):
        return bare
    mended = "".join(HASHTAG.findall(f"#{''.join(filter(str.isalnum, bare))}"))
    advice = f" Write {mended}." if mended else ""
    raise refusal("hashtag", f"“{clipped(value)}” is not a hashtag: it has letters, digits and _ only.{advice}")


class LinkChange(NodeConfig):
    """What becomes of the addresses that a post points to."""

    utm: Utm = Field(description="Parameters that are added to every address, in place of those it has.")


class Config(NodeConfig):
    """What is changed, in this order."""

    text: TemplateText | None = Field(
        default=None, title="Text", description="A template for the text; without it the post's own text is taken."
    )
    mentions: Literal["keep", "strip"] = Field(
        default="keep", title="Mentions", description="`strip` makes @jane to jane, so that nobody is notified."
    )
    mention_as: dict[Wanted, Piece] = Field(
        default={},
        max_length=_MOST_WORDS,
        title="Mention as",
        description='Mentions and what stands in their place: a name, or a mention such as "@lea@social.example".',
    )
    replacements: dict[Wanted, Piece] = Field(
        default={},
        max_length=_MOST_WORDS,
        title="Replacements",
        description="Words and what stands in their place: letter for letter, all at once, the longest first.",
    )
    prefix: Piece = Field(default="", title="Prefix", description="Set before the text as it stands here.")
    suffix: Piece = Field(default="", title="Suffix", description="Set behind the text as it stands here.")
    hashtags: OneOrMore[Annotated[str, AfterValidator(_hashtag)]] | None = Field(
        default=None, title="Hashtags", description="Added at the end, where the text does not have them already."
    )
    link: LinkChange | None = Field(default=None, title="Link", description="What becomes of the addresses.")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("This changes nothing. Say at least one of `text:`, `prefix:`, `suffix:` or `hashtags:`.")
        return self


class Write(Operator[Config]):
    """Change a post's words: by a template, with a prefix or suffix, replacements, hashtags, and tagged links.

    The steps are taken in this order: the text of the template, mentions, replacements, prefix and suffix, hashtags,
    links. A text that would become empty, or longer than 10,000 characters, is not written: the post ends here with
    the reason in its trace. Nothing is cut; that is done where a network's limit is known, by `truncate_to_fit` in a
    sink's `variants:`.

    `mention_as` says who @jane of one network is on another, or writes a name in her place; case does not count, and
    `@jane@host` is another than `@jane`. `mentions: strip` is for all others.
    """

    kind = "write"
    title = "Write"
    icon = "pen"
    example: ClassVar = {
        "text": "{{ post.text }}",
        "replacements": {"Acme Corp.": "Acme"},
        "hashtags": ["AcmeRecrute"],
        "link": {"utm": {"source": "ambassadors", "campaign": "{{ mapping.name }}"}},
    }

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._tags = {folded_tag(tag): tag for tag in reversed(config.hashtags or ())}
        self._called = {folded(name.lstrip("@")): said for name, said in config.mention_as.items()}
        self._words = any_of(config.replacements) if config.replacements else None
        ladder = ladder_of(self._words) if self._words is not None else 0
        if ladder > _MOST_ALIKE:
            sentence = f"Of these `replacements:`, {ladder} or more begin with each other, each one a little longer."
            raise MappingError(f"{sentence} {_MOST_ALIKE} are the most: write fewer of them.")

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Let the post through with its words changed; a changed copy only where something differs."""
        text = self._text(post, ctx)
        update: dict[str, object] = {} if text == post.text else {"text": text}
        if (mentions := self._mentions(post.mentions)) != post.mentions:
            update["mentions"] = mentions
        if added := self._missing_tags(post.hashtags):
            update["hashtags"] = (*post.hashtags, *added)
        if self.config.link is not None:
            update |= self._links(post, ctx, text)
        return Pass(post.model_copy(update=update) if update else post)

    def _text(self, post: Post, ctx: WalkContext) -> str:
        config = self.config
        text = post.text
        if config.text is not None:
            text = config.text.render(post, mapping=ctx.mapping, zone=ctx.zone)
        if self._called or config.mentions == "strip":
            text = MENTION.sub(self._mention, text)
        if self._words is not None:
            text = self._words.sub(lambda match: config.replacements[match.group()], text)
        if not text.strip() and post.text.strip():
            raise MappingError(f"{ctx.node} would leave nothing of the text.")
        text = f"{config.prefix}{text}{config.suffix}"
        tags = " ".join(f"#{tag}" for tag in self._missing_tags(hashtags_in(text)))
        text = f"{text.rstrip()} {tags}".lstrip() if tags else text
        if len(text) > MOST:
            raise MappingError(f"{ctx.node} would make the text longer than {MOST:,} characters.")
        return text

    def _mention(self, match: regex.Match[str]) -> str:
        """Return what stands in the place of a mention."""
        others = match[1] if self.config.mentions == "strip" else match[0]
        return self._called.get(folded(match[0][1:]), others)

    def _mentions(self, named: tuple[str, ...]) -> tuple[str, ...]:
        """Return who is mentioned in the end, of those whom the source names."""
        kept = "" if self.config.mentions == "strip" else "@"
        said = (self._called.get(folded(name), f"{kept}{name}") for name in named)
        return tuple(dict.fromkeys(name[1:] for name in said if MENTION.fullmatch(name)))

    def _missing_tags(self, present: tuple[str, ...]) -> list[str]:
        there = set(map(folded_tag, present))
        return [tag for folded, tag in reversed(self._tags.items()) if folded not in there]

    def _links(self, post: Post, ctx: WalkContext, text: str) -> dict[str, object]:
        """Tag every address; an article without links gets its permalink as one: readers are sent there."""
        utm = self.config.link.utm.parameters(post, ctx) if self.config.link else {}
        given = post.links or ((Link(url=post.link),) if post.link else ())
        links = tuple(link.model_copy(update={"url": tagged(link.url, utm)}) for link in given)
        written = LINK.sub(lambda match: tagged(match.group(), utm), text)
        return {"links": links, "text": written} if (links, written) != (post.links, post.text) else {}
