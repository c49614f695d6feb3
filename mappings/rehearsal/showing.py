"""Small posts that show what a finding says, each tried on the mapping itself before it is shown. Pure.

A post is made of what the conditions on its way ask for, and let through the mapping on a virtual clock. Where no post
shows the finding, there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from engine.errors import MappingError
from engine.model.post import Author, Link, Media, Post
from engine.model.text import hashtags_in, links_in
from mappings.compiling import graph_of
from mappings.findings import Example
from mappings.operators.sieve import Keep
from mappings.operators.write import Write
from mappings.rehearsal.dry_run import run
from mappings.rehearsal.events import Arrival, Arrived
from mappings.rehearsal.probing import EXIT, probed
from mappings.rules import sense

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine.graph import Graph
    from mappings.conditions import Condition
    from mappings.linting.lint import Checked
    from mappings.rehearsal.events import Run

MOST: Final = 3
"""How many findings of one document get a post: each is a run."""

_START: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_UNTIL: Final = _START + timedelta(days=2)
_TEXT: Final = "Our doors are open on Friday."
_LONGER: Final = " Come and see how we work, ask what you like, and stay for a coffee."
_LENGTHS: Final = (1, 2, 4, 8, 16, 32)
_WHOLE: Final = 240
_EDGE: Final = 60


@dataclass(slots=True)
class _Way:
    """The nodes that lead to one, with the source at which a post goes in."""

    graph: Graph
    name: str
    behind: dict[str, None] = field(init=False)

    def __post_init__(self) -> None:
        self.behind = {}
        ahead = [self.name]
        while ahead:
            name = ahead.pop()
            node: Any = self.graph.operators.get(name) or self.graph.sinks.get(name)
            new = [feed.name for feed in node.feeds if feed.name not in self.behind] if node is not None else []
            self.behind.update(dict.fromkeys(new))
            ahead += new

    def posts(self) -> Iterator[Post]:
        """Give a plain post, and one that has what the conditions before the node ask for."""
        yield _made({})
        asked: dict[str, Any] = {}
        for name in reversed(self.behind):
            node = self.graph.operators.get(name)
            if node is not None and isinstance(node.operator, Keep):
                _ask(asked, node.operator.config)
        if asked:
            yield _made(asked)

    def run(self, post: Post, graph: Graph | None = None) -> Run:
        """Let a post come from the first source that leads to the node."""
        source = next(name for name in self.behind if name in self.graph.sources)
        return run(graph or self.graph, [Arrival("post", source, post, _START)], until=_UNTIL)


def show(checked: Checked) -> None:
    """Give findings of a document the posts that show them, where some do."""
    found = [nth for nth, one in enumerate(checked.loaded.findings) if one.code in _MAKERS] if checked.usable else []
    if not found:
        return
    graph = graph_of(checked)
    for nth in found[:MOST]:
        finding = checked.loaded.findings[nth]
        name = finding.pointer.split("/")[2]
        try:
            example = _MAKERS[finding.code](_Way(graph, name))
        except MappingError:  # what cannot be rendered shows nothing
            continue
        checked.loaded.findings[nth] = replace(finding, example=example)


def _stopped(way: _Way) -> Example | None:
    """Find a post that comes to the node, past all before it, and ends there."""
    for post in reversed(list(way.posts())):
        for event in way.run(post).dropped:
            if event.node == way.name:
                return Example(post.text, "", f"{_described(post)} comes to `{way.name}` and ends: {event.reason}")
    return None


def _cut(way: _Way) -> Example | None:
    """Find a post that loses hashtags which a shorter one keeps, by the same way."""
    tags = [
        f"#{tag.lstrip('#')}"
        for node in (way.graph.operators.get(name) for name in way.behind)
        if node is not None and isinstance(node.operator, Write)
        for tag in node.operator.config.hashtags or ()
    ]
    for short in way.posts():
        kept = {tag for _, text in _outcomes(way, short) for tag in tags if tag in text}
        for times in _LENGTHS if kept else ():
            post = short.model_copy(update={"text": short.text + _LONGER * times})
            for node, text in _outcomes(way, post):
                lost = [tag for tag in tags if tag in kept and tag not in text]
                if lost:
                    said = f"{_described(post)} becomes {_quoted(text)} at `{node}`, without {lost[0]}."
                    return Example(post.text, text, said)
    return None


def _both(way: _Way) -> Example | None:
    """Find a post that comes to the node by each of its feeds, and is taken once."""
    node: Any = way.graph.operators.get(way.name) or way.graph.sinks[way.name]
    feeds = [str(feed) for feed in node.feeds]
    graph = probed(way.graph, (), feeds)
    for post in way.posts():
        arrived = way.run(post, graph).arrived
        by = {feed: event.post.text for feed in feeds for event in arrived if event.node == f"{EXIT}{feed}"}
        taken = [event for event in arrived if event.node == way.name]
        if len(by) == len(feeds) and len(taken) == 1:
            shown = _texts(taken[0])[0]
            ways = " and ".join(f"by `{feed}` as {_quoted(text)}" for feed, text in by.items())
            said = f"{_described(post)} comes {ways}; `{way.name}` takes {_quoted(shown)} alone."
            return Example(post.text, shown, said)
    return None


def _outcomes(way: _Way, post: Post) -> Iterable[tuple[str, str]]:
    """Return what becomes of a post at the sinks to which the node leads, or at the node where it is one."""
    behind = {sink for sink in way.graph.sinks if way.name in (sink, *_Way(way.graph, sink).behind)}
    return [(event.node, text) for event in way.run(post).arrived if event.node in behind for text in _texts(event)]


def _texts(event: Arrived) -> list[str]:
    return [content.text for content in event.contents] or [event.post.text]


def _ask(asked: dict[str, Any], condition: Condition) -> None:
    """Take in what a condition asks for, where it can be given."""
    asked |= {"language": condition.language[0]} if condition.language else {}
    asked |= {"author": condition.author[0]} if condition.author else {}
    asked |= {"media": True} if condition.media and condition.media.has else {}
    asked |= {"least": condition.length.min} if condition.length and condition.length.min else {}
    words = [f"#{condition.hashtag[0].lstrip('#')}"] if condition.hashtag else []
    words += [condition.text.contains[0]] if condition.text and condition.text.contains else []
    words += ["https://example.org/a"] if condition.link and condition.link.has else []
    asked["words"] = [*asked.get("words", ()), *(word for word in words if word not in asked.get("words", ()))]
    for inner in condition.all or ():
        _ask(asked, inner)


def _made(asked: dict[str, Any]) -> Post:
    text = " ".join((_TEXT, *asked.get("words", ())))
    while len(text) < min(asked.get("least", 0), _WHOLE * 10):
        text += _LONGER
    return Post(
        key="post",
        text=text,
        links=tuple(Link(url=url) for url in links_in(text)),
        hashtags=hashtags_in(text),
        media=(Media(url="https://media.example.org/1.jpg", kind="image"),) if asked.get("media") else (),
        language=asked.get("language"),
        author=Author(name=asked["author"]) if "author" in asked else None,
        published_at=_START,
    )


def _described(post: Post) -> str:
    more = [f" in {post.language}"] if post.language else []
    more += [f" by {post.author.name}"] if post.author else []
    more += [" with a picture"] if post.media else []
    return f"For instance, a post{''.join(more)} that says {_quoted(post.text)}"


def _quoted(text: str) -> str:
    flat = " ".join(text.split())
    return f"“{flat}”" if len(flat) <= _WHOLE else f"“{flat[:_EDGE]} … {flat[-_EDGE:]}”"


_MAKERS: Final[dict[str, Callable[[_Way], Example | None]]] = {
    sense.ADDS_NOTHING.code: _both,
    sense.NEVER_HOLDS.code: _stopped,
    sense.TAGS_CUT.code: _cut,
}
