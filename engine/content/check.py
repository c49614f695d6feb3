"""What can be said of a template before it is ever rendered: each name, filter and place is right, or is named."""

from __future__ import annotations

import inspect
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from liquid.builtin.expressions import FilteredExpression, KeywordArgument
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.exceptions import LiquidSyntaxError
from liquid.token import Token

from engine.content.filters import FILTERS
from engine.content.syntax import DEPTH, FIT, LANGUAGE, Rendering

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from liquid.ast import Node
    from liquid.builtin.expressions import Filter
    from liquid.expression import Expression
    from liquid.static_analysis import TemplateAnalysis, Variable

    from engine.content.syntax import Bound

VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "post": ("text", "title", "link", "permalink", "author", "hashtags", "language", "published_at"),
    "mapping": ("name",),
}
OF_SEVERAL: Final[Mapping[str, tuple[str, ...]]] = {"posts": ("size", "first", "last"), "mapping": ("name",)}
"""The variables of a template over several posts: each of `posts` has what a post has."""

_MARKS: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_STRINGS: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_LOOP: Final = ("index", "index0", "rindex", "rindex0", "first", "last", "length", "parentloop")
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {"hashtags": ("size", "first", "last"), "published_at": ()}


def parsed(source: str, known: Mapping[str, tuple[str, ...]] = VARIABLES) -> Bound:
    """Parse a template and check it; raises LiquidError with the token where something is wrong."""
    _delimiters(source)
    bound: Bound = LANGUAGE.from_string(source)  # type: ignore[assignment]  # the class that LANGUAGE names
    bound.weight = len(source)
    check = _Check(source, Rendering(bound), one=known is VARIABLES)
    check.nodes(bound.nodes, 0, may_fit=True)
    _variables(bound.analyze(include_partials=False), known, check.each, source)
    return bound


def _delimiters(source: str) -> None:
    """Refuse what the parser would refuse too, but only after a long look: marks left open, brackets (and ranges)."""
    for opening, closing in (("{{", "}}"), ("{%", "%}")):
        last = source.rfind(opening)
        if last >= 0 and source.find(closing, last) < 0:
            raise _wrong(f"{opening} is not closed by {closing}", Token("mark", opening, last, source))
    for mark in _MARKS.finditer(source):
        bracket = _STRINGS.sub(lambda text: "-" * len(text.group()), mark.group()).find("(")
        if bracket >= 0:
            sentence = "there are no brackets and no ranges: a loop goes over a list such as post.hashtags"
            raise _wrong(sentence, Token("bracket", "(", mark.start() + bracket, source))


class _Check:
    """One pass over all that a template is made of."""

    def __init__(self, source: str, context: Rendering, *, one: bool) -> None:
        self.source = source
        self.one = one
        self.context = context
        self.each: set[str] = set()
        """The names that loops over posts give to each of them."""

    def nodes(self, nodes: Iterable[Node], depth: int, *, may_fit: bool) -> None:
        for node in nodes:
            if isinstance(node, ForNode) and str(node.expression.iterable) == "posts":
                self.each.add(str(node.expression.identifier))
            for expression in node.expressions():
                self.expression(expression, depth, may_fit=may_fit and isinstance(node, OutputNode))
            within = node.children(self.context, include_partials=False)
            self.nodes(within, depth + 1, may_fit=may_fit and not isinstance(node, CaptureNode))

    def expression(self, expression: Expression, depth: int, *, may_fit: bool) -> None:
        if depth > 2 * DEPTH:
            raise _wrong("this is nested too deeply", expression.token)
        if isinstance(expression, FilteredExpression):
            for nth, used in enumerate(expression.filters or (), 1):
                self.filter(used, may_fit=may_fit and nth == len(expression.filters or ()))
        for part in expression.children():
            self.expression(part, depth + 1, may_fit=False)

    def filter(self, used: Filter, *, may_fit: bool) -> None:
        if used.name == FIT:
            if not self.one:
                raise _wrong(f"{FIT} is for one post at a sink: nothing limits a text of several", used.token)
            if not may_fit:
                raise _wrong(f"{FIT} stands last, in {{{{ }}}}, outside of capture", used.token)
        elif used.name not in FILTERS:
            raise _wrong(f"there is no filter {used.name}{_meant(used.name, (*FILTERS, FIT))}", used.token)
        named = {argument.name: None for argument in used.args if isinstance(argument, KeywordArgument)}
        try:
            inspect.signature(LANGUAGE.filters[used.name]).bind(None, *[None] * (len(used.args) - len(named)), **named)
        except TypeError as error:
            raise _wrong(f"the filter {used.name} is given the wrong values behind its colon", used.token) from error


def _variables(
    analysis: TemplateAnalysis, known: Mapping[str, tuple[str, ...]], each: Iterable[str], source: str
) -> None:
    own = tuple(analysis.locals)
    for uses in analysis.globals.values():
        for variable in uses:
            _variable(variable, known, own, source)
    for variable in analysis.variables.get("forloop", ()):
        _attribute(variable, "forloop", _LOOP, source)
    for name in each:
        for variable in analysis.variables.get(name, ()):
            if len(variable.segments) > 1:
                _attribute(variable, name, VARIABLES["post"], source)
                _behind(variable, source)


def _variable(variable: Variable, known: Mapping[str, tuple[str, ...]], own: tuple[str, ...], source: str) -> None:
    root = str(variable.segments[0])
    if root not in known:
        names = (*(f"{name}.{part}" for name, parts in known.items() for part in parts), *own)
        raise _wrong_variable(variable, f"there is no variable {variable}{_meant(str(variable), names)}", source)
    if root == "posts":
        _of_posts(variable, source)
        return
    _attribute(variable, root, known[root], source)
    _behind(variable, source)


def _of_posts(variable: Variable, source: str) -> None:
    """Check `posts`, `posts.size`, `posts.first.title`, `posts[0].title`."""
    rest = variable.segments[1:]
    if rest and not isinstance(rest[0], int):
        _attribute(variable, "posts", OF_SEVERAL["posts"], source)
    if len(rest) > 1 and (rest[0] == "size" or rest[1] not in VARIABLES["post"]):
        raise _wrong_variable(variable, f"there is no variable {variable}", source)


def _behind(variable: Variable, source: str) -> None:
    behind = _PARTS.get(str(variable.segments[1]), ("size",))
    for segment in variable.segments[2:]:
        if segment not in behind and not (isinstance(segment, int) and "first" in behind):
            raise _wrong_variable(variable, f"there is no variable {variable}", source)


def _attribute(variable: Variable, root: str, parts: tuple[str, ...], source: str) -> None:
    if len(variable.segments) == 1:
        raise _wrong_variable(variable, f"{root} is no text: write {root}.{parts[0]}", source)
    if variable.segments[1] not in parts:
        meant = _meant(str(variable), [f"{root}.{part}" for part in parts])
        raise _wrong_variable(variable, f"there is no variable {variable}{meant}", source)


def _meant(name: str, names: Iterable[str]) -> str:
    close = get_close_matches(name, list(names), n=1)
    return f": did you mean {close[0]}?" if close else ""


def _wrong(sentence: str, token: Token) -> LiquidSyntaxError:
    return LiquidSyntaxError(sentence, token=token)


def _wrong_variable(variable: Variable, sentence: str, source: str) -> LiquidSyntaxError:
    return _wrong(sentence, Token("word", str(variable), variable.span.index, source))
