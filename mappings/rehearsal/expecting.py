"""What a test expects, against what was seen. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.model.text import measure
from mappings.moments import shown
from mappings.words import folded, folded_tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from engine.model.post import Media
    from engine.model.text import Unit
    from mappings.cases import Expected, ExpectedPost, MediaWish, TextWish
    from mappings.conditions import Bounds
    from mappings.findings import Path

NOTHING: Final = "nothing"


@dataclass(frozen=True, slots=True)
class Seen:
    """A post where it leaves a node, or in the words of a sink: a text and a first comment for each variant."""

    at: datetime
    texts: tuple[str, ...]
    title: str
    link: str | None
    media: tuple[Media, ...]
    hashtags: tuple[str, ...]
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """All that was seen of a node; `ends` and `stays` are the reasons of what ended and waited there.

    `story` says what became of the posts elsewhere, for a test that looks for them here.
    """

    unit: Unit
    start: datetime
    zone: ZoneInfo
    seen: Sequence[Seen] = ()
    ends: Sequence[str] = ()
    stays: Sequence[str] = ()
    story: str = field(default="")


class Miss(NamedTuple):
    """One thing that is not as expected: where the test says it, what should be, and what is."""

    path: Path
    expected: str
    got: str


def misses(expected: Expected, view: View) -> Iterator[Miss]:
    """Compare all that is expected of a node with what was seen of it."""
    yield from _reasons("dropped", view.ends, wish=expected.dropped)
    yield from _reasons("held", view.stays, wish=expected.held)
    if expected.nothing:
        if view.seen:
            yield Miss(("nothing",), "nothing arrives", _posts(view.seen))
        return
    if expected.count is not None:
        yield from _number(("count",), expected.count, len(view.seen), "posts", _posts(view.seen) or view.story)
    if expected.posts is not None:
        yield from _one_by_one(expected.posts, view)
    if view.seen:
        for nth, seen in enumerate(view.seen, 1):
            which = f"post {nth}: " if len(view.seen) > 1 else ""
            yield from (Miss(one.path, one.expected, f"{which}{one.got}") for one in _post((), expected, seen, view))
    elif _looks_for_posts(expected):
        yield Miss((), "a post arrives", f"{NOTHING}. {view.story}".strip())


def _looks_for_posts(expected: Expected) -> bool:
    return not expected.model_fields_set & {"count", "posts", "dropped", "held"} or any(
        getattr(expected, name) is not None
        for name in ("text", "comment", "title", "link", "length", "hashtags", "media", "at")
    )


def _reasons(key: str, reasons: Sequence[str], *, wish: bool | str | None) -> Iterator[Miss]:
    said = "; ".join(reasons) or f"{NOTHING} was {key} there"
    if wish is False and reasons:
        yield Miss((key,), f"nothing is {key} there", said)
    elif wish is True and not reasons:
        yield Miss((key,), f"a post is {key} there", said)
    elif isinstance(wish, str) and not any(folded(wish) in folded(reason) for reason in reasons):
        yield Miss((key,), f"a post is {key} there: {wish}", said)


def _one_by_one(posts: Sequence[ExpectedPost], view: View) -> Iterator[Miss]:
    if len(posts) != len(view.seen):
        yield Miss(("posts",), f"{len(posts)} posts", _posts(view.seen) or f"{NOTHING}. {view.story}".strip())
    for nth, (one, seen) in enumerate(zip(posts, view.seen, strict=False)):
        yield from _post(("posts", nth), one, seen, view)


def _post(path: Path, expected: ExpectedPost, seen: Seen, view: View) -> Iterator[Miss]:
    for text in seen.texts:
        yield from _words(path, expected, text, view.unit)
    if expected.comment is not None:
        for comment in seen.comments:
            yield from _text((*path, "comment"), expected.comment, comment)
    if expected.title is not None:
        yield from _text((*path, "title"), expected.title, seen.title)
    if expected.link is not None:
        yield from _text((*path, "link"), expected.link, seen.link or "")
    if expected.variants is not None:
        yield from _variants((*path, "variants"), expected.variants, seen.texts)
    has = set(map(folded_tag, seen.hashtags))
    said = " ".join(f"#{each}" for each in seen.hashtags) or "no hashtag"
    missing = [tag.lstrip("#") for tag in expected.hashtags or () if folded_tag(tag.lstrip("#")) not in has]
    yield from (Miss((*path, "hashtags"), f"#{tag}", said) for tag in missing)
    if expected.media is not None:
        yield from _media((*path, "media"), expected.media, seen.media)
    if expected.at is not None and not expected.at.is_at(seen.at, view.start, view.zone):
        yield Miss((*path, "at"), expected.at.written, shown(seen.at, view.zone))


def _words(path: Path, expected: ExpectedPost, text: str, unit: Unit) -> Iterator[Miss]:
    if expected.text is not None:
        yield from _text((*path, "text"), expected.text, text)
    if expected.length is not None:
        length = measure(text, unit)
        yield from _number((*path, "length"), expected.length, length, "", f"{length}: {text}")


def _variants(path: Path, wishes: Sequence[TextWish], texts: Sequence[str]) -> Iterator[Miss]:
    if len(wishes) != len(texts):
        yield Miss(path, f"{len(wishes)} variants", f"{len(texts)}: {' | '.join(texts)}")
    for nth, (wish, text) in enumerate(zip(wishes, texts, strict=False)):
        yield from _text((*path, nth), wish, text)


def _text(path: Path, wish: TextWish, text: str) -> Iterator[Miss]:
    if wish.equals is not None and text != wish.equals:
        yield Miss((*path, "equals"), wish.equals, text)
    for part in wish.contains or ():
        if part not in text:
            yield Miss((*path, "contains"), f"contains: {part}", text)
    for part in wish.not_ or ():
        if part in text:
            yield Miss((*path, "not"), f"does not contain: {part}", text)
    if wish.starts_with is not None and not text.startswith(wish.starts_with):
        yield Miss((*path, "starts_with"), f"starts with: {wish.starts_with}", text)
    if wish.ends_with is not None and not text.endswith(wish.ends_with):
        yield Miss((*path, "ends_with"), f"ends with: {wish.ends_with}", text)
    for pattern in wish.matches or ():
        if not pattern.found_in(text):
            yield Miss((*path, "matches"), f"matches: {pattern.source}", text)


def _number(path: Path, bounds: Bounds, number: int, noun: str, got: str) -> Iterator[Miss]:
    if not bounds.hold(number):
        least, most = bounds.min, bounds.max
        words = [f"at least {least}"] if least is not None else []
        words += [f"at most {most}"] if most is not None else []
        said = str(least) if least == most else " and ".join(words)
        yield Miss(path, f"{said} {noun}".strip(), got or str(number))


def _media(path: Path, wish: MediaWish, media: Sequence[Media]) -> Iterator[Miss]:
    if wish.count is not None:
        yield from _number((*path, "count"), wish.count, len(media), "media", str(len(media)))
    for one in media:
        if wish.kind is not None and one.kind != wish.kind:
            yield Miss((*path, "kind"), wish.kind, f"{one.kind}: {one.url}")
        if wish.alt is not None:
            yield from _text((*path, "alt"), wish.alt, one.alt)


def _posts(seen: Sequence[Seen]) -> str:
    """Return the posts in a few words each."""
    return "; ".join(f"{nth}. {next(iter(one.texts), '') or one.title}" for nth, one in enumerate(seen, 1))
