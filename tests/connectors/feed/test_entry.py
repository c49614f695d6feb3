"""Entries become posts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.feed.entry import Entry, Words, as_hashtag, to_post
from connectors.feed.kinds import media_kind
from engine.model.post import Media, Post
from tests.connectors.feed.conftest import NOW

LINK = "https://acme.example/p"


def post(**fields: object) -> Post:
    entry = Entry(link=LINK, **fields)  # type: ignore[arg-type]
    return to_post(entry, key="k", choice="summary", site="https://acme.example", now=NOW)


@pytest.mark.parametrize(
    ("category", "hashtag"),
    [
        ("python", "python"),
        ("Offres d&#039;emploi", "OffresDEmploi"),
        ("Developer relations", "DeveloperRelations"),
        ("#NightShift", "NightShift"),
        ("cs.CL", "CsCL"),
        ("採用", "採用"),
        ("2026", ""),
        ("C++", "C"),
        ("", ""),
        (" - ", ""),
        ("Uncategorized", ""),
        ("Non classé", ""),
        ("http://schemas.example/kind#post", ""),
    ],
)
def test_categories_become_hashtags(category: str, hashtag: str) -> None:
    assert as_hashtag(category) == hashtag


def test_an_article_leads_to_its_own_page_and_a_status_to_what_it_points_to() -> None:
    words = Words('<p>See <a href="https://e.example/x">this</a></p>')
    assert post(title=Words("Title"), summary=words).link == LINK
    status = post(summary=words)
    assert status.link == "https://e.example/x"
    assert status.permalink == LINK


def test_hashtags_come_from_categories_and_words_each_once() -> None:
    found = post(tags=("NightShift", "jobs"), summary=Words("Tonight #nightshift and #more"))
    assert found.hashtags == ("NightShift", "jobs", "more")


def test_times_are_utc_and_never_after_the_poll() -> None:
    later = NOW + timedelta(days=400)
    found = post(published_at=later, updated_at=datetime.fromisoformat("2026-01-05T10:00:00+02:00"))
    assert found.published_at == NOW
    assert found.updated_at == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert found.updated_at.tzinfo is UTC


def test_the_full_text_stands_in_for_a_summary_that_is_missing() -> None:
    found = post(summary=Words(" "), content=Words("<p>Whole.</p>"))
    assert found.text == "Whole."
    assert found.html == "<p>Whole.</p>"


def test_pictures_of_the_article_are_taken_when_the_summary_has_none() -> None:
    found = post(summary=Words("Short."), content=Words('<img src="/a.png" alt="A">'))
    assert [(media.url, media.alt) for media in found.media] == [("https://acme.example/a.png", "A")]


def test_an_attached_picture_gets_the_description_that_the_text_has() -> None:
    attached = Media(url="https://acme.example/a.png", mime="image/png")
    found = post(media=(attached,), summary=Words('<img src="/a.png" alt="A" width="9" height="8">'))
    assert [(one.alt, one.width, one.height, one.mime) for one in found.media] == [("A", 9, 8, "image/png")]


def test_the_paragraph_that_only_says_where_it_appeared_is_left_out() -> None:
    trailer = f'<p>The post <a href="{LINK}/">T</a> appeared first on <a href="https://acme.example">Acme</a>.</p>'
    found = post(title=Words("T"), summary=Words(f"<p>Words. [&hellip;]</p>{trailer}"))
    assert found.text == "Words. …"
    assert [link.url for link in found.links] == [LINK]
    other = post(title=Words("T"), summary=Words(f'<p>Words.</p><p>See <a href="{LINK}">this</a>.</p>'))
    assert "See this" in other.text


@pytest.mark.parametrize(
    ("stated", "kept"), [("fr-FR", "fr"), ("en_us", "en"), ("de", "de"), ("", None), (None, None), (" EN ", "en")]
)
def test_the_language_is_its_main_part(stated: str | None, kept: str | None) -> None:
    assert post(language=stated).language == kept


@pytest.mark.parametrize(
    ("mime", "url", "kind"),
    [
        ("image/png", "a", "image"),
        ("AUDIO/mpeg", "a.mp3?x=1", "audio"),
        ("video/mp4", "", "video"),
        ("application/pdf", "a", "document"),
        ("application/octet-stream", "https://e.example/a.mp4?b=c", "video"),
        ("", "https://e.example/a.JPG", "image"),
        (None, "https://e.example/a", None),
        ("text/html", "https://e.example/a.png", None),
        ("application/x-shockwave-flash", "https://e.example/v/1", None),
    ],
)
def test_files_are_known_by_their_type_else_by_their_name(mime: str | None, url: str, kind: str | None) -> None:
    assert media_kind(mime, url) == kind
