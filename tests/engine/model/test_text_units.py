"""How long a text is, as each network counts it."""

from __future__ import annotations

import pytest

from engine.model.text import Unit, measure

FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"
LONG = "https://acme.example/" + "a" * 200


@pytest.mark.parametrize(
    ("text", "unit", "length"),
    [
        (FAMILY, "characters", 7),
        (FAMILY, "graphemes", 1),
        (FAMILY, "utf16", 11),
        (FAMILY, "bytes", 25),
        (FAMILY, "x_weighted", 2),
        (FAMILY, "threads", 25),
        (FAMILY, "mastodon", 1),
        ("Été", "threads", 3),
        ("Été \N{ROCKET}", "threads", 8),
        ("1️⃣ #2", "threads", 10),
        ("e\u0301", "mastodon", 1),
        ("a\r\nb", "graphemes", 3),
        ("Voir https://acme.jobs/" + "a" * 90, "mastodon", 28),
        ("Voir acme.jobs", "mastodon", 14),
        ("Voir https://acme.jobs/求人『東京』", "mastodon", 28),
        ("@lea@social.example et @karim", "mastodon", 14),
        ("lea@social.example", "mastodon", 18),
    ],
)
def test_a_text_is_as_long_as_its_network_counts(text: str, unit: Unit, length: int) -> None:
    assert measure(text, unit) == length


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("Nous recrutons", 14),
        ("cafe\u0301", 4),
        ("a\r\nb", 3),
        ("採用", 4),
        ("“Quotes” – and dashes…", 23),
        ("50 €", 5),
        ("\N{ROCKET}", 2),
        ("\N{WAVING HAND SIGN}\U0001f3fd", 2),
        ("\N{REGIONAL INDICATOR SYMBOL LETTER F}\N{REGIONAL INDICATOR SYMBOL LETTER R}", 2),
        ("\N{REGIONAL INDICATOR SYMBOL LETTER F}\N{REGIONAL INDICATOR SYMBOL LETTER X}", 4),
        ("\N{ROCKET}\u200d\N{ROCKET}", 5),
        ("1️⃣", 2),
        ("©", 1),
        ("https://acme.jobs", 23),
        ("Voir https://acme.jobs/" + "a" * 300, 28),
        ("Voir acme.jobs.", 29),
        ("Voir acme.notadomain", 20),
        ("lea@acme.jobs", 13),
        ("#acme.jobs @acme.jobs $acme.jobs", 32),
        ("詳しくはacme.jobsへ", 33),
        ("Node.js et README.md", 34),
        ("https://t.co/abc-def", 27),
    ],
)
def test_x_weighs_what_it_draws_wide_twice_and_a_link_as_23(text: str, weight: int) -> None:
    assert measure(text, "x_weighted") == weight


@pytest.mark.parametrize("unit", ["x_weighted", "mastodon", "threads", "graphemes"])
def test_a_hostile_text_takes_no_longer_than_its_length_allows(unit: Unit) -> None:
    pieces = [
        ".", "@", "#", "a.", "a.co", ".co.", "a-.", "a_.co.", "http://", "a.co/(", "a.co?.. ", "xn--", ".xn--a",
        "日.co", "é", "\N{WOMAN}\u200d", "\N{REGIONAL INDICATOR SYMBOL LETTER F}", "1\ufe0f", "\u0301", "\u200b",
        "@a@a", "@a.-",
    ]  # fmt: skip

    for piece in pieces:
        assert measure((piece * 20_000)[:20_000] + "_.com", unit) > 0
