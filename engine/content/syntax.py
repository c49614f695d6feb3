"""Liquid as templates may use it: few tags, our own filters, and a budget for each rendering.

What is not offered cannot hurt: no other templates, no ranges, no counters, no clock. What is left is bounded by the
limits of `Liquid` and by the budget of `Rendering`, whose unit is a character read or written.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from liquid import Environment, Mode, RenderContext, StrictUndefined
from liquid.builtin import content, illegal, output
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    for_tag,
    if_tag,
    inline_comment_tag,
    unless_tag,
)
from liquid.exceptions import ResourceLimitError
from liquid.template import BoundTemplate

from engine.content.filters import FILTERS, MOST, checked, cost_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from liquid.token import Token

BUDGET: Final = 400_000
DEPTH: Final = 30
MOST_MARKED: Final = 3
MARK: Final = "\ufdd0"
"""Stands in the output for a part that is fitted later; a character that no text may contain."""

FIT: Final = "truncate_to_fit"


class Rendering(RenderContext):
    """One rendering and what it may still spend; parts that are fitted later are kept in `marked`."""

    def __init__(self, template: BoundTemplate, **kwargs: Any) -> None:
        super().__init__(template, **kwargs)
        self.left = BUDGET
        self.weight = template.weight if isinstance(template, Bound) else 0
        self.marked: list[str] = []

    def spend(self, amount: int) -> None:
        """Take from the budget, or end the rendering."""
        self.left -= amount
        if self.left < 0:
            raise ResourceLimitError("this is more work than a template may do", token=None)

    def get(self, path: list[object], **kwargs: Any) -> object:
        """Look a variable up; reading costs what is read."""
        value = super().get(path, **kwargs)
        self.spend(cost_of(value))
        return value

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """Return a filter whose input and output are bounded and paid for."""
        del token
        return partial(self._filtered, self._mark if name == FIT else FILTERS[name])

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Pay for a loop as if each turn ran the whole template, then apply the limit of nested loops."""
        self.spend(length * self.weight)
        super().raise_for_loop_limit(length)

    def _filtered(self, function: Callable[..., object], *args: object, **kwargs: object) -> object:
        self.spend(sum(map(cost_of, args)))
        result = checked(function(*args, **kwargs))
        self.spend(cost_of(result))
        return result

    def _mark(self, value: object) -> str:
        if len(self.marked) == MOST_MARKED:
            message = f"at most {MOST_MARKED} parts can be fitted in one text"
            raise ResourceLimitError(message, token=None)
        self.marked.append(text_of(value))
        return MARK


class Bound(BoundTemplate):
    """A parsed template that is rendered within its budget; `weight` is the length of its source."""

    context_class = Rendering
    weight = 0


class Liquid(Environment):
    """The language: these tags and no others."""

    template_class = Bound
    block_nesting_limit = DEPTH
    context_depth_limit = DEPTH
    loop_iteration_limit = 10_000
    local_namespace_limit = 10 * MOST
    output_stream_limit = 2 * MOST

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Register what a template may use."""
        del extra
        for tag in (
            content.Literal, output.Output, illegal.Illegal, if_tag.IfTag, unless_tag.UnlessTag, case_tag.CaseTag,
            for_tag.ForTag, for_tag.BreakTag, for_tag.ContinueTag, assign_tag.AssignTag, capture_tag.CaptureTag,
            comment_tag.CommentTag, inline_comment_tag.InlineCommentTag,
        ):  # fmt: skip
            self.add_tag(tag)
        self.filters.update(FILTERS)
        self.add_filter(FIT, lambda value: value)


LANGUAGE: Final = Liquid(tolerance=Mode.STRICT, undefined=StrictUndefined)
