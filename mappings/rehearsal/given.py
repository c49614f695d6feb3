"""The posts that a test gives, as they arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from engine.errors import MappingError
from engine.model.post import Author, Link, Media, Post
from engine.model.text import hashtags_in, links_in, mentions_in
from mappings.moments import START
from mappings.rehearsal.events import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias
    from zoneinfo import ZoneInfo

    from mappings.cases import CaseEntry, GivenMedia, GivenPost

    Fixtures: TypeAlias = Callable[[str], GivenPost]
    """Gives the post that `FILE#NAME` names; raises MappingError."""

ENDINGS: Final = {"image": "jpg", "video": "mp4", "audio": "mp3", "document": "pdf"}
_ANY: Final = datetime(2026, 1, 1, tzinfo=UTC)

AFTERWARDS: Final = timedelta(days=31)


def no_fixtures(name: str) -> GivenPost:
    """Refuse: what has no folder has no fixtures."""
    raise MappingError(f"There is no fixture {name}: fixtures stand in a file beside the mapping.")


def start_of(case: CaseEntry, zone: ZoneInfo) -> datetime:
    """Return when a test begins."""
    return case.now.on(START.on(_ANY, zone), zone)


def end_of(case: CaseEntry, coming: Iterable[Arrival], zone: ZoneInfo) -> datetime:
    """Return when a test ends."""
    start = start_of(case, zone)
    if case.until is not None:
        return case.until.on(start, zone)
    return max((arrival.at for arrival in coming), default=start) + AFTERWARDS


def arrivals(case: CaseEntry, zone: ZoneInfo, fixtures: Fixtures = no_fixtures) -> list[Arrival]:
    """Return the posts of a test as they come to their nodes; raises MappingError for a fixture that is missing.

    A post without a time comes with the one before it in its list.
    """
    start = start_of(case, zone)
    coming = []
    for node, posts in case.given.items():
        at = start
        for nth, given in enumerate(posts, 1):
            whole = filled(given, fixtures)
            if whole.at is not None:
                at = whole.at.on(start if whole.at.wall is None else at, zone)
            key = whole.key or f"{node}-{nth}"
            published = whole.published.on(start, zone) if whole.published else at
            coming.append(Arrival(f"{node}:{key}", node, post_of(whole, key, published), at))
    return coming


def filled(given: GivenPost, fixtures: Fixtures) -> GivenPost:
    """Return a given post with what it has of its fixture; what it says itself goes before."""
    if given.fixture is None:
        return given
    return fixtures(given.fixture).model_copy(update={name: getattr(given, name) for name in given.model_fields_set})


def post_of(given: GivenPost, key: str, published: datetime | None) -> Post:
    """Return the post that a test gives."""
    text = given.text or ""
    urls = dict.fromkeys((*([given.link] if given.link else ()), *(given.links or links_in(text))))
    return Post(
        key=key,
        text=text,
        title=given.title or "",
        links=tuple(Link(url=url) for url in urls),
        media=tuple(_media(one, nth) for nth, one in enumerate(given.media or (), 1)),
        hashtags=tuple(tag.lstrip("#") for tag in given.hashtags) if given.hashtags else hashtags_in(text),
        mentions=given.mentions or mentions_in(text),
        language=given.language,
        author=Author(name=given.author) if given.author else None,
        permalink=given.permalink,
        published_at=published,
    )


def _media(given: GivenMedia, nth: int) -> Media:
    url = given.url or f"https://media.example.org/{nth}.{ENDINGS[given.kind]}"
    return Media(url=url, kind=given.kind, alt=given.alt)
