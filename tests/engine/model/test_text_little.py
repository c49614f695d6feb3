"""LinkedIn gets its reserved signs escaped, and shows what was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.text import escape_little, unescape_little

PIECES = [*r"|{}@[]()<>#\*_~", "\\\\", "été", " ", "\n", "#recrutement", "#été_2026", "＃採用", "https://acme.jobs/a_b?c=(d)#e",
          "@Acme", "{hashtag|\\#|x}", "@[Acme](urn:li:organization:1)", "\N{ROCKET}"]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("text", "little"),
    [
        ("Nous recrutons", "Nous recrutons"),
        ("Lyon (69) [CDI] *", r"Lyon \(69\) \[CDI\] \*"),
        ("C# et #dev", r"C\# et {hashtag|\#|dev}"),
        ("#été_2026!", r"{hashtag|\#|été\_2026}!"),
        ("＃採用", "{hashtag|＃|採用}"),  # the wide sign is what it is about
        ("https://acme.jobs/a_b#top", r"https://acme.jobs/a\_b\#top"),
        ("lea@acme.example", r"lea\@acme.example"),
        (r"a\b", r"a\\b"),
    ],
)
def test_reserved_signs_are_escaped_and_hashtags_are_elements(text: str, little: str) -> None:
    assert escape_little(text) == little


def test_a_known_name_behind_an_at_becomes_a_mention() -> None:
    urns = {"Acme": "urn:li:organization:1", "Acme (Paris)": "urn:li:organization:2"}

    little = escape_little("Chez @Acme (Paris), @Acme, @Acmeur et https://x.example/@Acme", urns)

    assert little == (
        r"Chez @[Acme \(Paris\)](urn:li:organization:2), @[Acme](urn:li:organization:1), \@Acmeur et "
        r"https://x.example/\@Acme"
    )
    assert unescape_little(little) == "Chez @Acme (Paris), @Acme, @Acmeur et https://x.example/@Acme"


@pytest.mark.parametrize(
    ("little", "shown"),
    [
        ("Lyon (69)", "Lyon "),
        (r"Lyon \(69) et puis", r"Lyon (69"),
        ("Un #dev ici", "Un #dev ici"),
        ("{hashtag|x", ""),
        ("@[Acme](nobody) x", ""),
        ("fin\\", "fin"),
    ],
)
def test_what_is_not_escaped_cuts_the_text(little: str, shown: str) -> None:
    assert unescape_little(little) == shown


@given(texts, st.sampled_from([{}, {"Acme": "urn:li:organization:1"}]))
def test_linkedin_shows_what_was_written(text: str, mentions: dict[str, str]) -> None:
    assert unescape_little(escape_little(text, mentions)) == text
