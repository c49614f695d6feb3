"""Little text is read as LinkedIn reads it: escapes, mentions and hashtags, and nothing behind a bare character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.linkedin.little import RESERVED, Reading, read


def escaped(text: str) -> str:
    return "".join(f"\\{one}" if one in RESERVED else one for one in text)


@pytest.mark.parametrize("character", RESERVED)
def test_a_bare_reserved_character_ends_the_text_there(character: str) -> None:
    cut = read(f"Avant {character} après")

    assert (cut.text, cut.lost) == ("Avant ", f"{character} après")
    assert read(f"Avant \\{character} après") == Reading(f"Avant {character} après")


@given(st.text())
def test_escaped_text_is_read_whole(text: str) -> None:
    assert read(escaped(text)) == Reading(text)


@given(st.text())
def test_nothing_is_both_shown_and_lost(text: str) -> None:
    reading = read(text)

    assert text.endswith(reading.lost)
    assert not reading.lost or reading.lost[0] in RESERVED


@pytest.mark.parametrize(
    ("commentary", "expected"),
    [
        ("Ohé @[Acme](urn:li:organization:12) !", Reading("Ohé Acme !", mentions=("urn:li:organization:12",))),
        (r"@[A \(B\)](urn:li:person:x_Y-1)", Reading("A (B)", mentions=("urn:li:person:x_Y-1",))),
        ("Nous #recrutons, #été2026", Reading("Nous #recrutons, #été2026", hashtags=("recrutons", "été2026"))),
        ("{hashtag|#|Emploi} oui", Reading("#Emploi oui", hashtags=("Emploi",))),
        (r"{hashtag|\#|Emploi}", Reading("#Emploi", hashtags=("Emploi",))),
        (r"{hashtag\|\#\|a\_b}", Reading("#a_b", hashtags=("a_b",))),
        ("@[Acme](urn:li:activity:1) x", Reading("", "@[Acme](urn:li:activity:1) x")),
        ("lea@acme.example", Reading("lea", "@acme.example")),
        ("https://a.example/?x=a_b", Reading("https://a.example/?x=a", "_b")),
        ("{image|x}", Reading("", "{image|x}")),
        ("fin\\", Reading("fin", "\\")),
    ],
)
def test_elements_are_shown_as_readers_see_them(commentary: str, expected: Reading) -> None:
    assert read(commentary) == expected
