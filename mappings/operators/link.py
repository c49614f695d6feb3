"""`link`: the addresses of a post, changed, and shown in its text or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

import regex
from pydantic import Field, model_validator

from engine.content.template import MOST
from engine.contract.node import NodeConfig
from engine.contract.operator import Operator, Pass
from engine.errors import MappingError
from engine.model.post import Link as Address
from engine.model.text import LINK, links_in
from mappings.addresses import Utm, canonical, tagged

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision
    from engine.model.post import Post

_GAP: Final = regex.compile(r"\n{3,}")


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

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.canonical and self.utm is None and self.in_text == "keep":
            raise ValueError("This changes nothing. Say at least one of `canonical:`, `utm:` or `in_text:`.")
        return self


class Link(Operator[Config]):
    """Tag the addresses of a post, clean them, and show them in its text or not.

    The addresses of a post are its links and those in its text; an article without links has the one of its page. The
    first of them is where its readers are sent. With `of: first` this one alone is changed, and the others stay as
    they are.

    The steps are taken in this order: `canonical`, `utm`, `in_text`. A text that is nothing but addresses keeps them
    under `in_text: remove`, and an address that leaves the text stays with the post, so that a network can show its
    card. A post without an address passes as it is. To take the same steps again changes nothing more.
    """

    kind = "link"
    title = "Link"
    icon = "link"
    example: ClassVar = {
        "canonical": True,
        "utm": {"source": "ambassadors", "campaign": "{{ mapping.name }}"},
        "in_text": "append",
    }

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Let the post through with its addresses changed; a changed copy only where something differs."""
        given = post.links or ((Address(url=post.link),) if post.link else ())
        first = next(iter((*(link.url for link in given), *links_in(post.text))), None)
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
        same = (links, text) in ((post.links, post.text), (given, post.text))
        return Pass(post if same else post.model_copy(update={"links": links, "text": text}))

    def _change(self, post: Post, ctx: WalkContext, first: str) -> Callable[[str], str]:
        """Return what is done to an address."""
        config = self.config
        utm = config.utm.parameters(post, ctx) if config.utm else {}

        def change(url: str) -> str:
            if config.of == "first" and url != first:
                return url
            return tagged(canonical(url) if config.canonical else url, utm, overwrite=config.overwrite)

        return change


def _appended(text: str, url: str) -> str:
    return text if url in links_in(text) else f"{text.rstrip()}\n{url}".lstrip()


def _taken_out(links: tuple[Address, ...], text: str, gone: tuple[str, ...]) -> tuple[tuple[Address, ...], str]:
    """Take addresses out of a text, with the blanks before them and the lines that they leave empty."""
    leaving = set(gone).intersection(links_in(text))
    lines = [(line, _without(line, leaving)) for line in text.split("\n")]
    left = _GAP.sub("\n\n", "\n".join(after for line, after in lines if after.strip() or line == after)).strip()
    if not leaving or not left:
        return links, text
    known = {link.url for link in links}
    return (*links, *(Address(url=url) for url in links_in(text) if url in leaving - known)), left


def _without(line: str, leaving: set[str]) -> str:
    read, kept = 0, []
    for match in LINK.finditer(line):
        if match.group() in leaving:
            kept.append(line[read : match.start()].rstrip())
            read = match.end()
    return "".join((*kept, line[read:]))
