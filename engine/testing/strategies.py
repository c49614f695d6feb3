"""Hypothesis strategies for the model's values: posts, contents, consents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, get_args

from hypothesis import strategies as st

from engine.model.consent import Head, Mode, Terms
from engine.model.post import Author, Card, Content, Link, Media, MediaKind, Post

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS: Sequence[str] = (
    *("Acme", "Léa", "Karim", "recrute", "we", "are", "hiring", "aujourd’hui", "été", "求人", "100 %"),
    "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
)
HOSTS: Sequence[str] = ("acme.example", "blog.acme.example", "lea.example.org")


def texts(max_words: int = 20) -> st.SearchStrategy[str]:
    """Texts as people write them, and texts that nobody would write."""
    words = st.lists(st.sampled_from(WORDS) | addresses() | hashtags().map("#{}".format), max_size=max_words)
    return words.map(" ".join) | st.text(max_size=max_words * 6)


def addresses() -> st.SearchStrategy[str]:
    """Absolute http(s) addresses of example hosts."""
    path = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
    return st.builds("{}://{}/{}".format, st.sampled_from(("http", "https")), st.sampled_from(HOSTS), path)


def hashtags() -> st.SearchStrategy[str]:
    """Hashtags without their sign."""
    return st.sampled_from(("Acme", "AcmeRecrute", "hiring", "été2026", "求人"))


def instants() -> st.SearchStrategy[datetime]:
    """Aware times of 2000 to 2099, in UTC and in other offsets."""
    offsets = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    return st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC) | offsets)  # noqa: DTZ001


def authors() -> st.SearchStrategy[Author]:
    """Authors, with and without an address."""
    return st.builds(Author, name=st.sampled_from(("Léa", "Karim", "Acme")), url=st.none() | addresses())


def links() -> st.SearchStrategy[Link]:
    """Links, with and without a card."""
    cards = st.builds(Card, title=texts(4), description=texts(8), image=st.none() | addresses())
    return st.builds(Link, url=addresses(), title=texts(4), card=st.none() | cards)


def media() -> st.SearchStrategy[Media]:
    """Pictures, films and files."""
    pixels = st.none() | st.integers(1, 10_000)
    return st.builds(
        Media,
        url=addresses(),
        kind=st.sampled_from(get_args(MediaKind)),
        alt=texts(6),
        width=pixels,
        height=pixels,
        size_bytes=st.none() | st.integers(0, 10**9),
    )


def posts() -> st.SearchStrategy[Post]:
    """Posts of every shape: bare, rich, empty, in many scripts."""
    return st.builds(
        Post,
        key=st.text("abcdef0123456789:/-", min_size=1, max_size=40),
        text=texts(),
        title=texts(6),
        html=st.none() | texts(6).map("<p>{}</p>".format),
        links=_few(links()),
        media=_few(media()),
        hashtags=_few(hashtags()),
        mentions=_few(st.sampled_from(("lea", "karim@acme.example"))),
        language=st.sampled_from((None, "fr", "en", "ja")),
        author=st.none() | authors(),
        permalink=st.none() | addresses(),
        published_at=st.none() | instants(),
        updated_at=st.none() | instants(),
    )


def contents() -> st.SearchStrategy[Content]:
    """Contents as an engine renders them."""
    return st.builds(
        Content,
        text=texts(),
        title=texts(6),
        link=st.none() | addresses(),
        media=_few(media()),
        variant=st.integers(0, 9),
        post_key=st.text("abcdef0123456789", max_size=20),
        permalink=st.none() | addresses(),
        published_at=st.none() | instants(),
        author=st.none() | authors(),
        hashtags=_few(hashtags()),
        language=st.sampled_from((None, "fr", "en")),
    )


def _terms(times: dict[str, object], **others: object) -> Terms:
    return Terms.model_validate(times | others)


def terms() -> st.SearchStrategy[Terms]:
    """What a person may allow."""
    mappings = st.none() | st.lists(st.sampled_from(("news", "jobs", "blog")), max_size=3, unique=True).map(tuple)
    times = st.sampled_from(
        (
            {},
            {"hours": ("09:00-12:00", "22:00-02:00"), "zone": "Europe/Paris"},
            {"hours": ("09:00-24:00",), "days": ("mon-fri", "sun"), "zone": "America/New_York"},
        )
    )
    return st.builds(
        _terms,
        times=times,
        mode=st.sampled_from(Mode),
        mappings=mappings,
        max_per_hour=st.integers(0, 60),
        max_per_day=st.integers(0, 200),
        until=st.none() | instants(),
        how=st.sampled_from(("person", "operator")),
    )


def heads() -> st.SearchStrategy[Head]:
    """The newest record of an account's consent: given or withdrawn."""
    return st.builds(Head, account_id=st.just("a1"), given=st.booleans(), terms=terms(), seq=st.integers(1, 1_000))


def _few(elements: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(elements, max_size=3).map(tuple)
