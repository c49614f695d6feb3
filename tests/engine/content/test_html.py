"""HTML read as a reader would, and sanitised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.content.html import absolute, is_markup, is_web, read, sanitised, words
from engine.content.prose import one_line, tidy

PAGE = "https://acme.example/blog/post"

TEXTS = {
    "white space counts as one space": ("<p>Hello   big\n <b>wor</b>ld</p>", "Hello big world"),
    "paragraphs": ("<p>One</p><p>Two</p>", "One\n\nTwo"),
    "lines": ("One<br>Two<br/><br>Three", "One\nTwo\n\nThree"),
    "boxes": ("<div>One</div><div>Two <div>Three</div></div>", "One\nTwo\nThree"),
    "a list": ("<p>Some:</p><ul><li>one</li><li>two</li></ul>after", "Some:\n\n• one\n• two\n\nafter"),
    "a numbered list": ("<ol><li>one</li><li><p>two</p></li></ol>", "1. one\n2. two"),
    "a list in a list": ("<ul><li>one<ul><li>in</li></ul></li><li>two</li></ul>", "• one\n  • in\n• two"),
    "what is set out": ("<pre>a\n  b</pre><p>c</p>", "a\n  b\n\nc"),
    "a table": ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 | 2\n3"),
    "entities": ("R&amp;D &lt;3 caf&eacute;", "R&D <3 café"),
    "a link": ('<a href="/x">words</a>.', "words (https://acme.example/x)."),
    "a link twice": ('<a href="/x">one</a> <a href="/x">two</a>', "one (https://acme.example/x) two"),
    "a link by its address": ('<a href="https://e.example/a/">e.example/a</a>', "https://e.example/a/"),
    "a link cut short": ('<a href="https://e.example/a/b">e.example/a…</a>', "https://e.example/a/b"),
    "a hashtag": ('<a href="/tags/x">#<span>Fun</span></a>', "#Fun"),
    "a mention": ('<a href="/@lea">@lea</a>', "@lea"),
    "a place in the page": ('note<a href="#n1">1</a>', "note1"),
    "a mail address": ('<a href="mailto:a@e.example">write</a>', "write"),
    "an emoji drawn as a picture": ('Go <img src="https://e.example/1.png" alt="🚀"> now', "Go 🚀 now"),
    "a caption": ("<figure><img src='a.png'><figcaption>Credit</figcaption></figure><p>Text</p>", "Text"),
    "what acts": ("<p>a<script>b()</script><style>c{}</style><noscript>d</noscript></p>", "a"),
    "a comment": ("a<!-- b -->c", "ac"),
    "nothing closed": ("<p>One<p>Two<b>three", "One\n\nTwothree"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("html", "text"), TEXTS.values(), ids=TEXTS)
def test_text_is_what_a_reader_would_see(html: str, text: str) -> None:
    assert read(sanitised(html, PAGE), PAGE).text == text


def test_links_have_their_words_and_stand_once_each() -> None:
    html = '<a href="/x">words</a> <a href="/x">again</a> <a href="/big.png"><img src="/s.png"></a> <a href="/y"></a>'
    found = read(sanitised(html, PAGE), PAGE).links
    assert [(link.url, link.title) for link in found] == [
        ("https://acme.example/x", "words"),
        ("https://acme.example/y", ""),
    ]


def test_media_have_their_size_and_description() -> None:
    html = """<img src="/a.png" alt="A cat" width="600" height="400px"><img src="/a.png"><img alt="no address">
      <img src="/pixel.gif" width="1" height="1"><img src="data:image/png;base64,AA">
      <video src="/v.mp4" width="640"></video><audio><source src="/s.mp3" type="audio/mpeg"></audio>"""
    found = read(sanitised(html, PAGE), PAGE).media
    assert [(media.kind, media.url) for media in found] == [
        ("image", "https://acme.example/a.png"),
        ("video", "https://acme.example/v.mp4"),
        ("audio", "https://acme.example/s.mp3"),
    ]
    assert (found[0].alt, found[0].width, found[0].height) == ("A cat", 600, 400)
    assert found[2].mime == "audio/mpeg"


ACTIVE = [
    "<script>alert(1)</script>",
    '<img src="x" onerror="alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" jAvAsCrIpT:alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<svg><animate onbegin="alert(1)"/></svg>',
    '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
    '<form action="https://evil.example"><input name="password"></form>',
    '<p style="background:url(javascript:alert(1))">x</p>',
    '<object data="x.swf"></object><embed src="x.swf">',
    "<template><script>alert(1)</script></template>",
    '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]


@pytest.mark.parametrize("html", ACTIVE)
def test_nothing_active_is_kept(html: str) -> None:
    clean = sanitised(f"<p>before</p>{html}<p>after</p>", PAGE).lower()
    for sign in ("script", "onerror", "onbegin", "iframe", "data:", "<form", "style", "<object", "<meta", "<svg"):
        assert sign not in clean
    assert "before" in clean


def test_a_picture_that_counts_readers_is_not_kept() -> None:
    assert sanitised('a<img src="https://t.example/p" width="1" height="1" alt="x > y">b') == "ab"


@pytest.mark.parametrize("html", ["<div>" * 5_000 + "deep", "<b><i>" * 5_000 + "deep", "<ul><li>" * 5_000 + "deep"])
def test_what_is_nested_too_deeply_loses_its_tags(html: str) -> None:
    clean = sanitised(html)
    assert clean == "deep"


def test_many_paragraphs_that_nobody_closed_are_not_nested() -> None:
    assert read(sanitised("<p>one" * 2_000)).text.count("one") == 2_000
    assert sanitised("<p>one" * 2_000).count("<p>") == 2_000


def test_titles_have_no_addresses() -> None:
    assert words('The <a href="https://e.example">best</a> &amp; <i>worst</i>') == "The best & worst"


@pytest.mark.parametrize(
    ("url", "base", "whole"),
    [
        ("/a", PAGE, "https://acme.example/a"),
        ("b?c=d", PAGE, "https://acme.example/blog/b?c=d"),
        ("//e.example/x", PAGE, "https://e.example/x"),
        (" https://e.example/ ", None, "https://e.example/"),
        ("", PAGE, None),
        (None, PAGE, None),
        ("/a", None, None),
        ("javascript:alert(1)", PAGE, None),
        ("http://[::1", PAGE, None),
        ("https://", None, None),
        ("https://e.example/" + "x" * 2_000, PAGE, None),
    ],
)
def test_addresses_are_made_whole_or_dropped(url: str | None, base: str | None, whole: str | None) -> None:
    assert absolute(url, base) == whole


@given(st.text(alphabet="<>/abip \"'=&;#!-", max_size=200))
def test_whatever_is_written_can_be_read(html: str) -> None:
    clean = sanitised(html, PAGE)
    reading = read(clean, PAGE)
    assert all(is_web(link.url) for link in reading.links)
    assert read(sanitised(clean, PAGE), PAGE).text == reading.text


@given(st.text(max_size=200))
def test_a_text_without_tags_is_not_markup_once_it_is_escaped(text: str) -> None:
    assert not is_markup(text.replace("<", "&lt;"))


@given(st.text(max_size=200))
def test_tidy_text_stays_as_it_is(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    assert "\x00" not in once
    assert "\n\n\n" not in once
    assert "\n" not in one_line(text)
