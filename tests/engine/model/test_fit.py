"""A text is fitted into a network's limit at a word's end, and what readers can click stays whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.text import Unit, fit, hashtags_in, links_in, measure, mentions_in

UNITS: tuple[Unit, ...] = ("characters", "graphemes", "utf16", "bytes")
PIECES = [
    "Nous", "recrutons", "l'équipe", "developers,", "!", "été:", "\n\n", "  ", "…", "(", ")", "-", "—", "x" * 30,
    "https://acme.example/jobs/42", "https://acme.example/a(b)c", "#recrutement", "#été_2026", "@lea.martin",
    "@karim@social.example", "私たちは採用しています", "👩‍👩‍👧‍👦", "🇫🇷", "e\u0301", "\u200d", "#", "@", "https://",
    "\ud83d",
]  # fmt: skip

texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=25).flatmap(
    lambda pieces: st.sampled_from(["", " "]).map(lambda gap: gap.join(pieces))
)


@pytest.mark.parametrize(
    ("text", "limit", "fitted"),
    [
        ("Nous recrutons", 14, "Nous recrutons"),
        ("Nous recrutons un développeur", 20, "Nous recrutons un…"),
        ("Nous recrutons, un développeur", 16, "Nous recrutons…"),
        ("Voir https://acme.example/jobs vite", 32, "Voir https://acme.example/jobs …"),
        ("Voir https://acme.example/jobs vite", 31, "Voir…"),
        ("Voir https://acme.example/jobs vite", 20, "Voir…"),
        ("Rejoignez-nous #recrutement", 20, "Rejoignez-nous…"),
        ("https://acme.example/jobs", 10, ""),
        ("#recrutement", 5, ""),
        ("extraordinairement", 6, "extra…"),
        ("私たちは採用しています", 5, "私たちは…"),
        ("anything", 0, ""),
    ],
)
def test_a_text_is_cut_at_a_words_end(text: str, limit: int, fitted: str) -> None:
    assert fit(text, limit) == fitted


@pytest.mark.parametrize(("unit", "length"), [("characters", 7), ("graphemes", 1), ("utf16", 11), ("bytes", 25)])
def test_a_family_is_as_long_as_its_network_counts(unit: Unit, length: int) -> None:
    assert measure("👩‍👩‍👧‍👦", unit) == length


def test_a_family_is_not_torn_apart() -> None:
    assert fit("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 10) == "👩‍👩‍👧‍👦…"


@given(texts, st.integers(0, 120), st.sampled_from(UNITS))
def test_a_fitted_text_is_never_over_the_limit_and_fits_again_unchanged(text: str, limit: int, unit: Unit) -> None:
    fitted = fit(text, limit, unit)

    assert measure(fitted, unit) <= limit
    assert fit(fitted, limit, unit) == fitted


@given(texts, st.integers(0, 120), st.sampled_from(UNITS))
def test_nothing_that_can_be_clicked_is_cut(text: str, limit: int, unit: Unit) -> None:
    fitted = fit(text, limit, unit)

    assert set(links_in(fitted)) <= set(links_in(text))
    assert set(hashtags_in(fitted)) <= set(hashtags_in(text))
    assert set(mentions_in(fitted)) <= set(mentions_in(text))


@given(texts, st.integers(0, 120), st.sampled_from(UNITS))
def test_what_is_kept_is_the_beginning(text: str, limit: int, unit: Unit) -> None:
    fitted = fit(text, limit, unit)

    assert fitted == text or text.startswith(fitted.removesuffix("…").rstrip(" "))


@given(texts, st.sampled_from(UNITS))
def test_a_text_within_its_limit_is_left_alone(text: str, unit: Unit) -> None:
    assert fit(text, measure(text, unit), unit) == text
