"""A page's card is read from what it says of itself, whatever else it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.content.card import DESCRIPTION_MOST, READ_BYTES, TITLE_MOST, PageCard, decoded, read_card
from engine.errors import RejectedError

URL = "https://www.acme.example/news/karim?utm_source=x"


def page(*head: str, body: str = "<p>Bonjour") -> bytes:
    return f"<!doctype html><html><head>{''.join(head)}</head><body>{body}".encode()


def og(name: str, content: str) -> str:
    return f'<meta property="og:{name}" content="{content}">'


def card(*head: str, kind: str = "text/html") -> PageCard:
    return read_card(page(*head), kind, URL)


def test_a_page_is_shown_as_it_describes_itself() -> None:
    found = card(
        "<title>Acme – news</title>",
        og("title", " Karim joins\n us "),
        og("description", "Our new colleague &amp; friend"),
        og("image", "/karim.jpg"),
        '<link rel="canonical" href="https://acme.example/news/karim">',
    )

    assert found == PageCard(
        "https://acme.example/news/karim",
        "Karim joins us",
        "Our new colleague & friend",
        "https://www.acme.example/karim.jpg",
    )


def test_a_page_without_opengraph_has_its_title_and_description() -> None:
    assert card("<title>Acme</title>", '<meta name="Description" content="News">') == PageCard(URL, "Acme", "News")


def test_a_page_that_calls_itself_by_anothers_address_keeps_its_own() -> None:
    claims = ("https://bank.example/", "javascript:alert(1)", "https://[", "")
    for claim in claims:
        assert card(og("title", "A"), og("url", claim)).url == URL


def test_a_picture_that_is_no_web_address_is_left_out() -> None:
    for place in ("data:image/png;base64,AA==", "file:///etc/passwd", "https://[", "x" * 3_000):
        assert card(og("title", "A"), og("image", place)).image_url is None


@pytest.mark.parametrize(
    ("base", "found"),
    [
        ("/jobs/", "https://www.acme.example/jobs/m/a.png"),
        ("https://cdn.example/", "https://cdn.example/m/a.png"),
        ("javascript:1", "https://www.acme.example/news/m/a.png"),
    ],
)
def test_a_picture_stands_where_the_page_says_that_its_addresses_begin(base: str, found: str) -> None:
    said = f'<base href="{base}">{og("title", "A")}{og("image", "m/a.png")}'
    assert card(said).image_url == found


def test_long_words_are_cut() -> None:
    found = card(og("title", "word " * 1_000), og("description", "word " * 1_000))

    assert len(found.title) <= TITLE_MOST
    assert len(found.description) <= DESCRIPTION_MOST


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("application/pdf", b"%PDF", "no web page but application/pdf"),
        ("text/html", b"", "says nothing of itself"),
        ("text/html", b"\x00\xff" * 500, "says nothing of itself"),
        ("text/html", page("<title> </title>"), "says nothing of itself"),
        ("text/html", b"<div>" * 90_000, "nested more deeply"),
    ],
)
def test_what_has_no_card_says_why(kind: str, body: bytes, said: str) -> None:
    with pytest.raises(RejectedError, match=said):
        read_card(body, kind, URL)


def test_a_page_whose_content_is_nested_too_deeply_still_has_its_head() -> None:
    assert read_card(page(og("title", "A"), body="<div>" * 2_000), "text/html", URL).title == "A"


def test_only_the_beginning_of_a_long_page_is_read() -> None:
    long = page(og("title", "A"), body="é" * READ_BYTES)

    assert read_card(long + b"<title>B</title>", "", URL).title == "A"


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        ("<title>Léa".encode(), "iso-8859-1"),
        ("<title>Léa".encode("latin-1"), None),
        ("<title>Léa".encode("latin-1"), "no-such-charset"),
        ("<title>Léa".encode("latin-1"), "hex"),
        ("<title>Léa".encode("utf-16"), None),
        (b"\xef\xbb\xbf" + "<title>Léa".encode(), "utf-16"),
        ('<meta charset="cp1250"><title>Léa'.encode("cp1250"), None),
    ],
)
def test_a_page_is_read_whatever_is_said_of_its_charset(data: bytes, declared: str | None) -> None:
    assert decoded(data, declared).endswith("<title>Léa")


def test_a_japanese_page_in_its_own_charset_is_read() -> None:
    assert decoded("会社".encode("shift_jis"), "shift_jis") == "会社"


KINDS = ("", "text/html", "text/html; charset=utf-7", "text/html; charset=\x00")


@given(st.binary(max_size=400), st.sampled_from(KINDS))
def test_any_bytes_have_a_card_or_are_refused_in_a_sentence(tail: bytes, kind: str) -> None:
    try:
        found = read_card(b"<title>A" + tail, kind, URL)
    except RejectedError as error:
        said = str(error)
    else:
        said = f"{found.title}."

    assert len(said) > 1
    assert said.endswith(".")
