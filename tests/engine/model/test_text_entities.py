"""What can be clicked is found where it stands, in every unit that a network asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.text import (
    Entity,
    entities_in,
    is_x_address,
    is_x_hashtag,
    is_x_list,
    is_x_name,
    link_spans,
    measure,
    spans_in,
    x_entities_in,
    x_reply_in,
)

PIECES = [
    "https://acme.jobs/a_(b)?c=d#e", "acme.jobs", "t.co/x", "@lea", "@lea/list", "\uff20karim", "#été", "#", "$ACME",
    ".b", " ", "\n", "(", ")", "é", "日本。", "\N{ROCKET}", "e\u0301", "\u200d", "\ud83d", ".", "/", "_", "-", "RT:",
    "xn--p1ai", ".みんな",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=14).map("".join)


def seen(entities: tuple[Entity, ...]) -> list[tuple[str, str]]:
    return [(entity.kind, entity.name) for entity in entities]


def test_readers_find_links_mentions_hashtags_and_cashtags() -> None:
    text = "Bravo @lea.martin et @karim@social.example! #été_2026 $ACME https://acme.example/#top, a$b"

    assert seen(entities_in(text)) == [
        ("mention", "lea.martin"),
        ("mention", "karim@social.example"),
        ("hashtag", "été_2026"),
        ("cashtag", "ACME"),
        ("link", "https://acme.example/#top"),
    ]


def test_x_finds_names_of_sites_and_lists_and_shorter_mentions() -> None:
    text = "Bravo @lea.martin et @karim/amis: acme.jobs/42 $ACME.PA #été_2026 https://t.co/abc-def"

    assert seen(x_entities_in(text)) == [
        ("mention", "lea"),
        ("list", "karim/amis"),
        ("link", "acme.jobs/42"),
        ("cashtag", "ACME.PA"),
        ("hashtag", "été_2026"),
        ("link", "https://t.co/abc"),
    ]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Voir acme.jobs, vite.", ["acme.jobs"]),
        ("Voir acme.notadomain et README.txt", []),
        ("詳しくはacme.jobs/求人へ", ["acme.jobs/"]),
        ("日本語.jobs", []),
        ("https://日本語.jobs/", ["https://日本語.jobs/"]),
        ("lea@acme.jobs @acme.jobs #acme.jobs $acme.jobs /acme.jobs -acme.jobs", []),
        ("https://lea_m.acme.jobs https://acme_x.jobs", ["https://lea_m.acme.jobs"]),
        ("https://-a.jobs https://a-.jobs", []),
        ("https://acme.jobs/wiki/Tour_(Paris_(Est)).", ["https://acme.jobs/wiki/Tour_(Paris_(Est))"]),
        ("(https://acme.jobs/x)", ["https://acme.jobs/x"]),
        ("https://acme.jobs:8080?a=b.", ["https://acme.jobs:8080?a=b"]),
        (f"https://{'a' * 64}.jobs", []),
        (f"https://{'é' * 60}.jobs", []),
        (f"https://acme.jobs/{'a' * 4_100}", []),
        ("https://t.co/" + "a" * 41, []),
        ("a.jobs…b.jobs", ["a.jobs", "b.jobs"]),
    ],
)
def test_x_makes_links_by_rules_of_its_own(text: str, links: list[str]) -> None:
    assert [text[start:stop] for start, stop in link_spans(text)] == links


@pytest.mark.parametrize(
    ("text", "name"), [("@lea oui", "lea"), (" \n@lea", "lea"), ("Oui @lea", None), ("@lea@x", None), (".@lea", None)]
)
def test_a_text_that_begins_with_a_name_answers_it(text: str, name: str | None) -> None:
    assert x_reply_in(text) == name


def test_whole_texts_are_names_lists_hashtags_and_addresses() -> None:
    assert [is_x_name(text) for text in ("@lea", "@lea/amis", "lea", "@lea-m", "@" + "a" * 21)] == [True, *[False] * 4]
    assert [is_x_list(text) for text in ("@lea/amis", "@lea", "@lea/", "@lea/7", " @lea/amis")] == [True, *[False] * 4]
    assert [is_x_hashtag(text) for text in ("#1er", "#1", "été", "#a b")] == [True, *[False] * 3]
    assert [is_x_address(text) for text in ("http://a:b@acme.jobs:80/x?y#z", "acme.jobs", "ftp://acme.jobs")] == [
        True, False, False,
    ]  # fmt: skip
    assert is_x_address("acme.jobs", scheme=False)


def test_places_are_told_in_the_units_of_networks() -> None:
    text = "Héllo \N{WAVING HAND SIGN} https://acme.jobs"
    spans = [(entity.start, entity.end) for entity in entities_in(text)]

    assert spans_in(text, spans, "bytes") == [(12, 29)]
    assert spans_in(text, spans, "utf16") == [(9, 26)]
    assert spans_in(text, [], "bytes") == []


@given(texts, st.booleans())
def test_entities_stand_where_they_say_in_order_and_apart(text: str, by_x: bool) -> None:
    read = 0
    for entity in x_entities_in(text) if by_x else entities_in(text):
        assert entity.start >= read
        assert text[entity.start : entity.end] == entity.text
        assert entity.text
        read = entity.end


@given(texts)
def test_places_in_bytes_cut_the_same_words(text: str) -> None:
    entities = x_entities_in(text)
    spans = [(entity.start, entity.end) for entity in entities]
    written = text.encode("utf-8", "surrogatepass")
    wide = text.encode("utf-16-le", "surrogatepass")

    for entity, (start, stop) in zip(entities, spans_in(text, spans, "bytes"), strict=True):
        assert written[start:stop].decode("utf-8", "surrogatepass") == entity.text
    for entity, (start, stop) in zip(entities, spans_in(text, spans, "utf16"), strict=True):
        assert wide[2 * start : 2 * stop].decode("utf-16-le", "surrogatepass") == entity.text


@given(texts)
def test_a_link_weighs_23_and_the_rest_what_it_is(text: str) -> None:
    flat = text.replace("\r\n", "\n")
    bare = "".join(character for character in flat if character.isascii())
    links = link_spans(bare)
    spelled = sum(stop - start for start, stop in links)

    assert measure(bare, "x_weighted") == len(bare) - bare.count("\r\n") - spelled + 23 * len(links)
