"""`media`: which pictures, films and files go on with a post."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, HttpUrl, model_validator

from engine.contract import operator
from engine.contract.node import NodeConfig
from engine.contract.operator import Operator, Pass
from engine.model.post import Media as Piece
from engine.model.post import MediaKind
from mappings.fields import OneOrMore

if TYPE_CHECKING:
    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision
    from engine.model.post import Post


class Picture(NodeConfig):
    """A picture for posts that have none."""

    url: HttpUrl = Field(description="Where the picture is, such as https://acme.example/default.png.")
    alt: str = Field(min_length=1, max_length=1_000, description="What it shows, for those who do not see it.")


class Config(NodeConfig):
    """What goes on, in this order."""

    keep: OneOrMore[MediaKind] | None = Field(
        default=None, title="Keep", description="The kinds that stay, such as image; the others are taken off."
    )
    drop: OneOrMore[MediaKind] | None = Field(
        default=None, title="Drop", description="The kinds that are taken off, such as video; the others stay."
    )
    without_alt: Literal["keep", "leave_out", "drop"] = Field(
        default="keep",
        title="Without a description",
        description="What becomes of pictures without a description: they stay, they are left out, or the post ends.",
    )
    default: Picture | None = Field(
        default=None, title="Default", description="A picture that is added where the post has no picture by now."
    )
    at_most: int | None = Field(
        default=None, ge=0, le=100, title="At most", description="How many go on: the first so many, of any kind."
    )

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.keep and self.drop:
            raise ValueError("`keep:` and `drop:` exclude each other: say which kinds stay, or which do not.")
        if self.default and self.at_most == 0:
            raise ValueError("With `at_most: 0` nothing goes on, not even the picture of `default:`.")
        if self.without_alt == "keep" and not (self.keep or self.drop or self.default or self.at_most is not None):
            raise ValueError(
                "This changes nothing. Say one of `keep:`, `drop:`, `without_alt:`, `default:` or `at_most:`."
            )
        return self


class Media(Operator[Config]):
    """Choose which pictures, films and files go on with a post, and give one to posts that have none.

    The steps are taken in this order: kinds, pictures without a description, the default picture, the number. The
    pieces keep their order; the default picture comes first. A post ends here only with `without_alt: drop`, and only
    for pictures whose kind stays.
    """

    kind = "media"
    title = "Media"
    icon = "image"
    example: ClassVar = {
        "keep": ["image"],
        "without_alt": "leave_out",
        "default": {"url": "https://acme.example/default.png", "alt": "The house of Acme in Lyon"},
        "at_most": 4,
    }

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Let the post through with what may go on; a changed copy only where something differs."""
        del ctx
        config = self.config
        pieces = [piece for piece in post.media if self._stays(piece)]
        mute = [piece for piece in pieces if piece.kind == "image" and not piece.alt.strip()]
        if mute and config.without_alt == "drop":
            return operator.Drop(f"{_pictures(len(mute))} without a description, and this node asks for one.")
        if mute and config.without_alt == "leave_out":
            pieces = [piece for piece in pieces if piece not in mute]
        if config.default and not any(piece.kind == "image" for piece in pieces):
            pieces.insert(0, Piece(url=str(config.default.url), alt=config.default.alt))
        media = tuple(pieces[: config.at_most])
        return Pass(post if media == post.media else post.model_copy(update={"media": media}))

    def _stays(self, piece: Piece) -> bool:
        if self.config.keep:
            return piece.kind in self.config.keep
        return piece.kind not in (self.config.drop or ())


def _pictures(number: int) -> str:
    return "One picture is" if number == 1 else f"{number} pictures are"
