"""Templates of users: compiled and checked once, rendered within limits that no template can leave.

Any fault is a `TemplateError` with its place. Values are plain data: texts, numbers, times and lists of texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from liquid.exceptions import (
    BlockNestingError,
    ContextDepthError,
    LiquidError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
)
from liquid.output import LimitedStringIO

from engine.content.check import OF_SEVERAL, VARIABLES, parsed
from engine.content.syntax import LANGUAGE, MARK, Rendering
from engine.errors import MappingError
from engine.model.text import fit, fit_into, measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from engine.model.post import Post
    from engine.model.text import Bound

MOST: Final = 10_000
"""How many characters a template may have, and each text that goes into it or comes out of it."""


class TemplateError(MappingError):
    """A template is wrong, or does more than it may; `line` and `column` count from 1."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        end = "" if message.endswith("?") else "."
        super().__init__(f"The template is wrong at line {line}, column {column}: {message}{end}")
        self.line = line
        self.column = column


class Template:
    """A Liquid template over one post, compiled; raises TemplateError for what is wrong with it.

    Variables: post.text, title, link, permalink, author, hashtags, language, published_at (in the mapping's zone), and
    mapping.name. What the post lacks is nothing: `{% if post.title %}` tells. `| truncate_to_fit` marks a part that is
    shortened so that the whole text keeps the sink's limit.
    """

    known: Mapping[str, tuple[str, ...]] = VARIABLES

    def __init__(self, source: str) -> None:
        if len(source) > MOST:
            message = f"it has {len(source):,} characters, and {MOST:,} is the most"
            raise TemplateError(message)
        self.source = source
        try:
            self._bound = parsed(source, self.known)
        except LiquidError as error:
            raise _explained(error, source) from error
        except RecursionError as error:
            raise TemplateError("this is nested too deeply") from error

    def __repr__(self) -> str:
        return f"Template({self.source!r})"

    def render(self, post: Post, *, mapping: str, zone: ZoneInfo, bounds: Sequence[Bound] = ()) -> str:
        """Return the text; the parts that are marked are fitted into what the rest leaves of the limits, in order."""
        return self._rendered({"post": _values(post, zone), "mapping": {"name": mapping}}, bounds)

    def _rendered(self, values: dict[str, Any], bounds: Sequence[Bound]) -> str:
        context = Rendering(self._bound, globals=values)
        buffer = LimitedStringIO(limit=LANGUAGE.output_stream_limit or MOST)
        try:
            self._bound.render_with_context(context, buffer)
        except LiquidError as error:
            raise _explained(error, self.source) from error
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
            message = f"it cannot be rendered with this post ({error})"
            raise TemplateError(message) from error
        return fit(_joined(buffer.getvalue().split(MARK), context.marked, bounds), MOST)


class ListTemplate(Template):
    """A Liquid template over several posts: `{% for post in posts %}{{ post.title }}{% endfor %}`.

    Variables: posts, with what a template over one post has of each; posts.size; mapping.name.
    """

    known = OF_SEVERAL

    def render_all(self, posts: Sequence[Post], *, mapping: str, zone: ZoneInfo) -> str:
        """Return the text. Each post's text is cut to its share of the most that all of it may be."""
        share = MOST // max(len(posts), 1)
        values = [_Values(_values(post, zone, share)) for post in posts]
        return self._rendered({"posts": values, "mapping": {"name": mapping}}, ())


class _Values(dict[str, Any]):
    """What a template sees of one of several posts; as a whole it reads as its title, or its text."""

    def __str__(self) -> str:
        return str(self["title"] or self["text"] or "")


def _joined(plain: list[str], marked: list[str], bounds: Sequence[Bound]) -> str:
    room = [(limit - sum(measure(part, unit) for part in plain), unit) for limit, unit in bounds]
    text = plain[0]
    for part, after in zip(marked, plain[1:], strict=True):
        fitted = fit_into(part, room)
        room = [(left - measure(fitted, unit), unit) for left, unit in room]
        text += fitted + after
    return text


def _values(post: Post, zone: ZoneInfo, most: int = MOST) -> dict[str, Any]:
    return {
        "text": _given(post.text, most),
        "title": _given(post.title, most),
        "link": _given(post.link),
        "permalink": _given(post.permalink),
        "author": _given(post.author.name if post.author else None),
        "hashtags": [_given(tag) for tag in post.hashtags],
        "language": _given(post.language),
        "published_at": post.published_at.astimezone(zone) if post.published_at else None,
    }


def _given(text: str | None, most: int = MOST) -> str | None:
    """Hand a text in: bounded, without our mark, and nothing where there is none."""
    return fit(text.replace(MARK, ""), most) or None if text else None


def _explained(error: LiquidError, source: str) -> TemplateError:
    token = error.token
    index = token.start_index if token is not None and token.start_index >= 0 else len(source)
    line = source.count("\n", 0, index) + 1
    column = index - source.rfind("\n", 0, index)
    return TemplateError(_LIMITS.get(type(error), str(error.message)).rstrip("."), line=line, column=column)


_LIMITS: dict[type[LiquidError], str] = {
    BlockNestingError: "this is nested too deeply",
    ContextDepthError: "this is nested too deeply",
    LocalNamespaceLimitError: "it keeps more in its variables than a template may",
    LoopIterationLimitError: "this loop has more turns than a template may",
    OutputStreamLimitError: f"its text grows far beyond {MOST:,} characters",
}
