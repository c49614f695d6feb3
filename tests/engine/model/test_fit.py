"""A text is fitted into limits at a word's end; what readers can click stays whole, and what it ends with stays."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from engine.model.text import (
    Bound,
    Entity,
    Unit,
    entities_in,
    fit,
    fit_into,
    hashtags_in,
    links_in,
    measure,
    mentions_in,
    within,
    x_entities_in,
)

UNITS: tuple[Unit, ...] = ("characters", "graphemes", "utf16", "bytes", "x_weighted", "threads", "mastodon")
PIECES = [
    "Nous", "recrutons", "l'équipe", "developers,", "!", "été:", "\n\n", "  ", "…", "(", ")", "-", "—", "x" * 30,
    "https://acme.example/jobs/42", "https://acme.example/a(b)c", "https://acme.jobs/" + "y" * 40, "acme.jobs", ".com",
    "#recrutement", "#été_2026", "@lea.martin", "@karim@social.example", "$ACME", "私たちは採用しています", "שלום",
    "👩‍👩‍👧‍👦", "🇫🇷", "🇫", "1️⃣", "🙋🏽", "e\u0301", "क्षि", "\u200d", "\u200b", "\u202e", "#", "@", "https://",
    "\ud83d", "\r\n",
]  # fmt: skip

texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=25).flatmap(
    lambda pieces: st.sampled_from(["", " "]).map(lambda gap: gap.join(pieces))
)
bounds = st.tuples(st.integers(0, 120), st.sampled_from(UNITS))
several = st.lists(bounds, min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("text", "limit", "fitted"),
    [
        ("Nous recrutons", 14, "Nous recrutons"),
        ("Nous recrutons un développeur", 20, "Nous recrutons un…"),
        ("Nous recrutons, un développeur", 16, "Nous recrutons…"),
        ("Voir https://acme.example/jobs vite", 32, "Voir https://acme.example/jobs …"),
        ("Voir https://acme.example/jobs vite", 31, "Voir… https://acme.example/jobs"),
        ("Voir https://acme.example/jobs vite", 25, "https://acme.example/jobs"),
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


@pytest.mark.parametrize(
    ("text", "limit", "fitted"),
    [
        ("Nous recrutons partout en France #emploi #lyon", 33, "Nous recrutons… #emploi #lyon"),
        ("Nous recrutons partout\n\nhttps://a.example #lyon", 42, "Nous recrutons…\n\nhttps://a.example #lyon"),
        ("Nous recrutons partout\n\nhttps://a.example #lyon", 34, "Nous…\n\nhttps://a.example #lyon"),
        ("Nous recrutons partout\n\nhttps://a.example #lyon", 26, "Nous…\n\nhttps://a.example"),
        ("Voir https://a.example pour tout ceci #lyon", 29, "Voir… https://a.example #lyon"),
        ("https://a.example est à voir, et #lyon", 30, "https://a.example est à… #lyon"),
        ("Voir https://a.example ou https://b.example", 30, "Voir… https://b.example"),
        ("#a #b #c #d https://a.example", 25, "#a #b… https://a.example"),
    ],
)
def test_the_links_and_hashtags_at_the_end_stay_and_at_least_the_last_link(text: str, limit: int, fitted: str) -> None:
    assert fit(text, limit) == fitted


def test_a_text_keeps_every_limit_of_its_network() -> None:
    text = "採用しています。" * 200

    assert measure(fit(text, 300, "graphemes"), "graphemes") == 300
    assert measure(fit_into(text, [(300, "graphemes"), (300, "bytes")]), "bytes") in range(280, 301)


def test_a_long_address_costs_a_network_that_shortens_it_no_more_than_its_words() -> None:
    text = f"https://acme.jobs/{'a' * 400} " + "Nous recrutons partout. " * 20

    fitted = fit(text, 280, "x_weighted")

    assert measure(fitted, "x_weighted") in range(265, 281)
    assert fitted.startswith(f"https://acme.jobs/{'a' * 400} Nous")


def test_a_word_is_not_cut_so_that_it_becomes_a_link() -> None:
    assert fit("acme.community-of-people", 10, "x_weighted") == "acme…"


def test_a_family_is_not_torn_apart() -> None:
    assert fit("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 10) == "👩‍👩‍👧‍👦…"


@pytest.mark.parametrize("unit", ["x_weighted", "mastodon", "graphemes"])
def test_the_longest_post_of_facebook_fits_whatever_it_is_made_of(unit: Unit) -> None:
    for piece in ("Nous recrutons. ", "🇫🇷", "👩‍👩‍👧‍👦 ", "e\u0301", ".", "שלום ", "\u200b", "a.jobs", "日"):
        text = (piece * 63_206)[:63_206]

        assert 0 < measure(fit(text, 500, unit), unit) <= 500


@given(texts, several)
def test_a_fitted_text_is_never_over_a_limit_and_fits_again_unchanged(text: str, limits: list[Bound]) -> None:
    fitted = fit_into(text, limits)

    assert within(fitted, limits)
    assert fit_into(fitted, limits) == fitted


@given(texts, several)
def test_nothing_that_can_be_clicked_is_cut(text: str, limits: list[Bound]) -> None:
    fitted = fit_into(text, limits)

    assert set(links_in(fitted)) <= set(links_in(text))
    assert set(hashtags_in(fitted)) <= set(hashtags_in(text))
    assert set(mentions_in(fitted)) <= set(mentions_in(text))
    if "x_weighted" in {unit for _, unit in limits}:
        seen, kept = ({(one.kind, one.text) for one in x_entities_in(one)} for one in (text, fitted))
        assert kept <= seen


@given(texts, st.integers(0, 120), st.sampled_from(UNITS))
def test_what_is_kept_is_the_beginning_in_whole_graphemes_and_the_end(text: str, limit: int, unit: Unit) -> None:
    fitted = fit(text, limit, unit)
    places = {0, *(match.end() for match in regex.finditer(r"\X", text))}

    def made_of(head: str, ending: str) -> bool:
        begun = head.rstrip(" ")
        words = set(text.split()) | {entity.text for entity in (*entities_in(text), *x_entities_in(text))}
        return text.startswith(begun) and len(begun) in places and words.issuperset(ending.split())

    marks = [place for place, sign in enumerate(fitted) if sign == "…"]
    assert (
        fitted in ("", text, *links_in(text))
        or any(made_of(fitted[:mark], fitted[mark + 1 :]) for mark in marks)
        or ("link", fitted) in {(one.kind, one.text) for one in x_entities_in(text)}
    )


@given(texts, several)
def test_the_last_link_is_kept_wherever_it_fits(text: str, limits: list[Bound]) -> None:
    def seen(text: str) -> list[Entity]:
        by_x = x_entities_in(text) if "x_weighted" in {unit for _, unit in limits} else ()
        return sorted((one for one in (*entities_in(text), *by_x) if one.kind == "link"), key=lambda one: one.start)

    links = [one.text for one in seen(text) if one.text in {alone.text for alone in seen(one.text)}]
    kept = {one.text for one in seen(fit_into(text, limits))}

    assert not links or links[-1] in kept or not within(links[-1], limits)


@given(texts, st.sampled_from(UNITS))
def test_a_text_within_its_limit_is_left_alone(text: str, unit: Unit) -> None:
    assert fit(text, measure(text, unit), unit) == text
