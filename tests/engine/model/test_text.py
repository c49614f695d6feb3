"""What counts as a link, a hashtag, a mention, and as the same words again."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.text import fingerprint_of, hashtags_in, links_in, mentions_in, normalised, storable
from engine.testing.strategies import WORDS, addresses, texts

SEPARATORS = (" ", ", ", " – ", "\n\n", "… ", ". ", "\N{NO-BREAK SPACE}", "! ")
SENTENCES = st.lists(st.sampled_from([*WORDS, "Straße", "ÉCOLE", "हिन्दी", "ΑΘΉΝΑ"]), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Read https://acme.example/jobs.", ["https://acme.example/jobs"]),
        ("(see https://acme.example/jobs)", ["https://acme.example/jobs"]),
        ("“https://acme.example/jobs”!", ["https://acme.example/jobs"]),
        ("https://acme.example/jobs…", ["https://acme.example/jobs"]),
        ("[jobs](https://acme.example/jobs)", ["https://acme.example/jobs"]),
        ('<a href="https://acme.example/jobs">', ["https://acme.example/jobs"]),
        ("https://acme.example/wiki/Tower_(Paris).", ["https://acme.example/wiki/Tower_(Paris)"]),
        ("(https://acme.example/wiki/Tower_(Paris))", ["https://acme.example/wiki/Tower_(Paris)"]),
        ("https://acme.example/?q=a,b&c=d#e", ["https://acme.example/?q=a,b&c=d#e"]),
        ("HTTPS://ACME.example", ["HTTPS://ACME.example"]),
        ("http://a.example http://b.example http://a.example", ["http://a.example", "http://b.example"]),
        ("詳しくは「https://acme.example/求人」。", ["https://acme.example/求人"]),
        ("acme.example, ftp://acme.example, https://", []),
    ],
)
def test_links_end_where_a_reader_would_end_them(text: str, links: list[str]) -> None:
    assert links == list(links_in(text))


@given(before=texts(), address=addresses(), after=st.sampled_from(["", ".", ",", ")", "!", "…", "”", "\n", " x"]))
def test_an_address_between_words_is_found_whole(before: str, address: str, after: str) -> None:
    assert address in links_in(f"{before} {address}{after}")


@pytest.mark.parametrize(
    ("text", "hashtags"),
    [
        ("We hire! #Hiring #AcmeRecrute.", ["Hiring", "AcmeRecrute"]),
        ("#été2026 #求人 ＃採用", ["été2026", "求人", "採用"]),
        ("#hiring #Hiring #hiring", ["hiring", "Hiring"]),
        ("#1 is not one, #1st is", ["1st"]),
        ("a#b &#39; C# /#x", []),
        ("https://acme.example/page?#part and https://acme.example/#top", []),
        ("हिन्दी में #हिन्दी", ["हिन्दी"]),
    ],
)
def test_hashtags_are_what_networks_take_for_them(text: str, hashtags: list[str]) -> None:
    assert hashtags == list(hashtags_in(text))


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("Bravo @lea et @karim.dev!", ["lea", "karim.dev"]),
        ("@lea@social.example writes", ["lea@social.example"]),
        ("lea@acme.example", []),
        ("https://social.example/@lea?u=@karim", []),
        ("(@lea)", ["lea"]),
    ],
)
def test_mentions_are_names_and_not_addresses(text: str, mentions: list[str]) -> None:
    assert mentions == list(mentions_in(text))


@given(words=SENTENCES, data=st.data())
def test_the_same_words_are_recognised_however_they_are_written(words: list[str], data: st.DataObject) -> None:
    one, two = (
        "".join(word + data.draw(st.sampled_from(SEPARATORS)) for word in words if word != "100 %") for _ in range(2)
    )

    assert fingerprint_of(one) == fingerprint_of(two.upper())
    assert fingerprint_of(one) == fingerprint_of(unicodedata.normalize("NFD", two))


@given(text=texts(), address=addresses())
def test_links_do_not_count_among_the_words(text: str, address: str) -> None:
    assert fingerprint_of(text) == fingerprint_of(f"{address} {text} {address}")


@given(words=SENTENCES)
def test_one_word_more_is_another_text(words: list[str]) -> None:
    assert fingerprint_of(" ".join(words)) != fingerprint_of(" ".join([*words, "demain"]))


def test_vowel_signs_tell_words_apart() -> None:
    assert fingerprint_of("दिन") != fingerprint_of("दीन")


@pytest.mark.parametrize(
    "text", ["", " \n", "!?… —", "❤️ 🎉", "https://acme.example/jobs", "\N{COMBINING ACUTE ACCENT}"]
)
def test_a_text_without_words_is_like_no_other(text: str) -> None:
    assert fingerprint_of(text) == ""


@given(text=st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalised(text)

    assert once == normalised(once)
    assert once == once.strip()


def test_a_long_text_of_openings_takes_no_longer_than_its_length_allows() -> None:
    hostile = ["https://" + "a(" * 20_000, "https://a" + "." * 40_000, "https://x(a" * 4_000, "@a." * 20_000]

    for text in hostile:
        assert links_in(text) is not None
        assert hashtags_in(text) == ()
        assert isinstance(mentions_in(text), tuple)


@given(text=st.text(st.characters(exclude_categories=[])))
def test_what_is_storable_is_utf_8_without_nul_and_the_rest_unchanged(text: str) -> None:
    kept = storable(text)

    assert b"\0" not in kept.encode()
    assert len(kept) == len(text)
    assert all(new in (old, "\N{REPLACEMENT CHARACTER}") for old, new in zip(text, kept, strict=True))
    assert storable(kept) == kept
