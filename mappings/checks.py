"""The checks that conditions are made of: each is quick, and has words for when it holds and when it does not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from mappings.findings import clipped
from mappings.words import composed, folded, folded_tag, hosts_of, length_of, tags_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from engine.model.post import Post
    from mappings.conditions import AgeTest, Bounds, LinkTest, MediaTest, TextTest

    Holds: TypeAlias = Callable[[Post, datetime], bool]

_SAID: Final = 5


class Check(NamedTuple):
    """One check: whether it holds, and what to say when it does and when it does not.

    A check that combines others has them as `parts`, and how many of them must hold as `needs`: all, any or none.
    """

    holds: Holds
    yes: str
    no: str
    parts: tuple[Check, ...] = ()
    needs: str = ""


def _text_checks(test: TextTest, what: str, of: Callable[[Post], str]) -> Iterator[Check]:
    seen = composed if test.case_sensitive else folded
    if test.contains:
        yield _contains(tuple(map(seen, test.contains)), test, what, of)
    if test.starts_with:
        starts = tuple(map(seen, test.starts_with))
        yield Check(
            lambda post, _now: seen(of(post)).lstrip().startswith(starts),
            f"the {what} begins with {_either(test.starts_with)}",
            f"the {what} does not begin with {_either(test.starts_with)}",
        )
    if test.equals:
        whole = frozenset(seen(text).strip() for text in test.equals)
        yield Check(
            lambda post, _now: seen(of(post)).strip() in whole,
            f"the {what} is {_either(test.equals)}",
            f"the {what} is not {_either(test.equals)}",
        )
    if (patterns := test.matches) is not None:
        said = _either([pattern.source for pattern in patterns])
        yield Check(
            lambda post, _now: any(pattern.found_in(of(post)) for pattern in patterns),
            f"the {what} matches {said}",
            f"the {what} does not match {said}",
        )


def _text(test: TextTest) -> Iterator[Check]:
    return _text_checks(test, "text", lambda post: post.text)


def _title(test: TextTest) -> Iterator[Check]:
    return _text_checks(test, "title", lambda post: post.title)


def _contains(needles: tuple[str, ...], test: TextTest, what: str, of: Callable[[Post], str]) -> Check:
    seen = composed if test.case_sensitive else folded

    def holds(post: Post, _now: datetime) -> bool:
        text = seen(of(post))
        for needle in needles:  # noqa: SIM110  # quicker than a generator, and every post comes by here
            if needle in text:
                return True
        return False

    said = _either(test.contains or ())
    return Check(holds, f"the {what} contains {said}", f"the {what} does not contain {said}")


def _hashtag(tags: Sequence[str]) -> Iterator[Check]:
    wanted = frozenset(map(folded_tag, tags))
    said = _either([f"#{tag.lstrip('#＃')}" for tag in tags], quoted=False)
    yield Check(
        lambda post, _now: not wanted.isdisjoint(tags_of(post)),
        f"it has the hashtag {said}",
        f"it does not have the hashtag {said}",
    )


def _link(test: LinkTest) -> Iterator[Check]:
    if test.has is not None:
        yes, no = ("it has a link", "it has no link") if test.has else ("it has no link", "it has a link")
        yield Check(lambda post, _now: bool(hosts_of(post)) is test.has, yes, no)
    if test.host:
        names = frozenset(host.casefold().strip(" ./") for host in test.host)
        below = tuple(f".{name}" for name in names)
        said = _either(test.host, quoted=False)
        yield Check(
            lambda post, _now: any(host in names or host.endswith(below) for host in hosts_of(post)),
            f"it links to {said}",
            f"it does not link to {said}",
        )


def _language(languages: Sequence[str]) -> Iterator[Check]:
    wanted = tuple(language.casefold().replace("_", "-") for language in languages)
    longer = tuple(f"{language}-" for language in wanted)
    said = _either(languages, quoted=False)

    def holds(post: Post, _now: datetime) -> bool:
        language = (post.language or "").casefold().replace("_", "-")
        return language in wanted or language.startswith(longer)

    yield Check(holds, f"its language is {said}", f"its language is not {said}")


def _media(test: MediaTest) -> Iterator[Check]:
    kinds = frozenset(test.kind or ())
    noun = f"{_either(sorted(kinds), quoted=False)}" if kinds else "media"
    if test.has is not None:
        yes, no = ("it has media", "it has no media") if test.has else ("it has no media", "it has media")
        yield Check(lambda post, _now: bool(post.media) is test.has, yes, no)
    if (count := test.count) is not None:
        says = _bounds(count.min, count.max, f"pieces of {noun}")
        yield Check(
            lambda post, _now: count.hold(sum(not kinds or piece.kind in kinds for piece in post.media)),
            f"it has {says}",
            f"it does not have {says}",
        )
    elif kinds:
        yield Check(
            lambda post, _now: any(piece.kind in kinds for piece in post.media),
            f"it has media of the kind {noun}",
            f"it has no media of the kind {noun}",
        )


def _length(length: Bounds) -> Iterator[Check]:
    says = _bounds(length.min, length.max, "characters")
    yield Check(
        lambda post, _now: length.hold(length_of(post.text)),
        f"its text has {says}",
        f"its text does not have {says}",
    )


def _author(authors: Sequence[str]) -> Iterator[Check]:
    wanted = frozenset(folded(name).strip() for name in authors)
    said = _either(authors)
    yield Check(
        lambda post, _now: post.author is not None and folded(post.author.name).strip() in wanted,
        f"its author is {said}",
        f"its author is not {said}",
    )


def _age(test: AgeTest) -> Iterator[Check]:
    if (older := test.older) is not None:
        yield Check(
            lambda post, now: _age_of(post, now) > older, f"it is older than {older}", f"it is not older than {older}"
        )
    if (newer := test.newer) is not None:
        yield Check(
            lambda post, now: _age_of(post, now) < newer, f"it is newer than {newer}", f"it is not newer than {newer}"
        )


def _age_of(post: Post, now: datetime) -> timedelta:
    return now - post.published_at if post.published_at else timedelta(0)


def _bounds(least: int | None, most: int | None, noun: str) -> str:
    if least is None:
        return f"at most {most} {noun}"
    if most is None:
        return f"at least {least} {noun}"
    return f"{least} {noun}" if least == most else f"{least} to {most} {noun}"


def _either(values: Sequence[str], *, quoted: bool = True) -> str:
    """Return the values as a reader would list them, a handful at most."""
    shown = [f"“{clipped(value)}”" if quoted else clipped(value) for value in values[:_SAID]]
    if len(values) > _SAID:
        return f"{', '.join(shown)} or {len(values) - _SAID} more"
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


MAKERS: Final[dict[str, Callable[[Any], Iterator[Check]]]] = {
    "text": _text,
    "title": _title,
    "hashtag": _hashtag,
    "link": _link,
    "language": _language,
    "media": _media,
    "length": _length,
    "author": _author,
    "age": _age,
}
"""How each test of a condition becomes checks, in the order in which they are made."""
