"""Loading: whatever a file holds, the answer is data with places, or findings."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from mappings.reading.loading import MAX_BYTES, load


def said(source: str | bytes, parameters: dict[str, str] | None = None) -> list[str]:
    return [str(finding) for finding in load(source, "news.yaml", parameters).findings]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("", "1:1  CH008  .  The document is empty. A mapping begins with `mapping: NAME`."),
        ("- a", "1:1  CH008  .  A mapping is a document of keys and values, and begins with `mapping: NAME`."),
        ("a: 1\n---\nb: 2", "2:1  CH008  .  A second document begins here. Give each mapping its own file."),
        ("a: b\n\ta: c", "2:1  CH003  .  Indent with spaces, not tabs."),
        ("a:\n  b: 'x", "2:6  CH003  .  This quote is never closed."),
        ("a: 'x\n---\n", "1:4  CH003  .  This quote is not closed before line 2."),
        ("a: @x", "1:4  CH003  .  This character cannot begin a value. Indent with spaces, and put % @ ` in quotes."),
        (
            'a: "\\q"',
            "1:5  CH003  .  A backslash in double quotes begins an escape. Use single quotes, or write it twice.",
        ),
        (
            "a: b: c",
            (
                "1:5  CH003  .  A colon does not belong here."
                " Put the text in quotes, or check how far the line is indented."
            ),
        ),
        (
            "a: [1, 2",
            (
                "1:4  CH003  .  This list in brackets breaks off in line 2."
                " Put texts with { } [ ] # , or a colon in quotes, and close the bracket."
            ),
        ),
        ("a: 1\na: 2", "2:1  CH006  a  `a` stands here a second time; the first is in line 1. Keep one of them."),
        ("a: &x 1", "1:4  CH005  a  `&x` names a value to repeat it. Leave it out."),
        ("a: *x", "1:4  CH005  a  `*x` repeats another value. Write the value out instead."),
        ("a:\n  <<: {b: 1}", "2:3  CH005  a.<<  `<<` merges other values in. Write them out instead."),
        ("a: !!python/name:os x", "1:4  CH007  a  `!!python/name:os` is a tag, and values have none. Leave it out."),
        ("a: !x b", "1:4  CH007  a  `!x` is a tag, and values have none. Leave it out."),
        (
            "a: {{ b }}",
            "1:5  CH009  a  A key cannot be a list or a mapping. If this is a text with {{ }}, put it in quotes.",
        ),
        ("a: x\0y", "1:5  CH001  .  The character U+0000 does not belong into a text. Delete it."),
        (b"a: 1\nb: \xff", "2:4  CH001  .  This is not UTF-8 text. Save the file with the encoding UTF-8."),
        ("a: \udc80", "1:4  CH001  .  This is not UTF-8 text. Save the file with the encoding UTF-8."),
        ("a: é\ud800", "1:5  CH001  .  This is not UTF-8 text. Save the file with the encoding UTF-8."),
        ("a: b".encode("utf-16"), "1:1  CH001  .  This is not UTF-8 text. Save the file with the encoding UTF-8."),
        ("a: ${X}", "1:4  CH010  a  The parameter `X` has no value."),
        (
            "a: 100 ${",
            "1:4  CH010  a  `${` begins a parameter, such as ${NAME}. For the characters themselves write `$${`.",
        ),
        ("x" * (MAX_BYTES + 1), "1:1  CH002  .  The file has 257 kB; a mapping has at most 256. Split it up."),
    ],
)  # fmt: skip
def test_what_a_mapping_never_has_is_one_finding_at_its_place(source: str | bytes, line: str) -> None:
    assert said(source) == [f"news.yaml:{line}"]


@pytest.mark.parametrize("opening", ["[", "- ", "{a: "])
def test_a_document_that_is_nested_a_hundred_thousand_times_is_one_finding(opening: str) -> None:
    findings = said((opening * 100_000)[:MAX_BYTES])
    assert len(findings) == 1
    assert "CH004" in findings[0]
    assert findings[0].endswith("This is nested more than 20 levels deep. Make it flatter.")


def test_twenty_levels_are_read_and_one_more_is_not() -> None:
    assert load("{a: " + "[" * 19 + "]" * 19 + "}", "x").findings == []
    assert load("{a: " + "[" * 20 + "]" * 20 + "}", "x").data is None


def test_a_python_object_is_never_made() -> None:
    loaded = load("a: !!python/object/apply:os.system [echo no]", "x")
    assert loaded.data == {"a": ["echo no"]}
    assert [finding.code for finding in loaded.findings] == ["CH007"]


def test_a_bomb_of_findings_ends_after_a_hundred() -> None:
    assert len(load("a: 1\n" * 5_000, "x").findings) == 100


def test_scalars_are_read_by_yaml_1_2() -> None:
    words = load("a: [yes, no, on, off, 12:30, 2026-07-14, 0x1F, 1_000, 9:00-12:00, '5']", "x")
    assert words.data == {"a": ["yes", "no", "on", "off", "12:30", "2026-07-14", "0x1F", "1_000", "9:00-12:00", "5"]}
    values = load("a: [010, 1.5, -3, 1e3, .5, true, null, ~]", "x")
    assert values.data == {"a": [10, 1.5, -3, 1000.0, 0.5, True, None, None]}


def test_a_number_beyond_all_measure_stays_a_text() -> None:
    digits = "9" * 5_000
    assert load(f"a: {digits}", "x").data == {"a": digits}


def test_every_value_and_key_has_its_line_and_column() -> None:
    loaded = load("a:\n  - b: one\n    c: [x, é, y]\n", "x")
    assert loaded.where(("a", 0, "c", 2)) == (("a", 0, "c", 2), (3, 15))
    assert loaded.where(("a", 0, "c"), key=True) == (("a", 0, "c"), (3, 5))
    assert loaded.where(("a", 0, "d")) == (("a", 0, "d"), (2, 5))
    assert loaded.where(("a", 0, "b", "union tag", "e")) == (("a", 0, "b"), (2, 8))


def test_a_byte_order_mark_moves_no_column() -> None:
    assert said(b"\xef\xbb\xbfa: ${X}") == ["news.yaml:1:4  CH010  a  The parameter `X` has no value."]


def test_parameters_are_put_in_after_parsing() -> None:
    loaded = load("a: '${X} & ${X}'\n${X}: $${X}\n", "x", {"X": "b: [c"})
    assert loaded.data == {"a": "b: [c & b: [c", "${X}": "${X}"}


def test_an_unknown_parameter_may_be_a_slip() -> None:
    assert said("a: ${COMPAGNY}", {"COMPANY": "Acme"}) == [
        "news.yaml:1:4  CH010  a  The parameter `COMPAGNY` has no value. Did you mean `COMPANY`?"
    ]


def test_a_parameter_may_not_bring_what_no_text_has() -> None:
    assert said("a: ${X}", {"X": "\0"}) == [
        "news.yaml:1:4  CH010  a  The value of the parameter `X` has a character that does not belong into a text."
    ]


def test_parameters_may_not_blow_a_document_up() -> None:
    assert said("a: ${X}", {"X": "x" * MAX_BYTES}) == [
        "news.yaml:1:1  CH002  .  With its parameters put in, the document is larger than 256 kB."
    ]


def test_the_resolved_text_keeps_comments_and_layout() -> None:
    text = "# news\na: ${X}   # who\nb: |\n  of ${X}\n  all\nc: 'it''s ${X}'\n\nd: [\"${X}\", 1]\n"
    resolved = load(text, "x", {"X": 'Acme "Inc"'}).resolved
    assert resolved == (
        '# news\na: "Acme \\"Inc\\""   # who\nb: "of Acme \\"Inc\\"\\nall\\n"\n'
        'c: "it\'s Acme \\"Inc\\""\n\nd: ["Acme \\"Inc\\"", 1]\n'
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("${}\n\t\x85\u2028'\"\\"), max_size=20)


@given(before=TEXTS, value=TEXTS, after=TEXTS)
@example(before="$", value="{X}", after="")
@example(before="", value="$${X}", after="{")
def test_the_resolved_text_says_the_same_without_parameters(before: str, value: str, after: str) -> None:
    text = f"a: {json.dumps(before.replace('${', ' '))[:-1]} ${{X}} {json.dumps(after.replace('${', ' '))[1:]}\nb: 1\n"
    loaded = load(text, "x", {"X": value})
    if loaded.data is not None and not loaded.findings:
        again = load(loaded.resolved, "x")
        assert again.findings == []
        assert again.data == loaded.data


@given(st.binary(max_size=200) | st.text("abc:-[]{}&*!|>'\"%@`#?, \n\t$\0é", max_size=60).map(str.encode))
def test_nothing_that_a_file_holds_raises(source: bytes) -> None:
    loaded = load(source, "x", {"A": "b"})
    assert loaded.data is not None or loaded.findings


SIMPLE = st.recursive(
    st.text("abcdefgh äß,.-", min_size=1, max_size=8) | st.integers(-999, 999) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcd", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("ghijkl", min_size=1, max_size=4), SIMPLE, min_size=1, max_size=4))
def test_plain_documents_are_read_as_they_are(data: dict[str, object]) -> None:
    loaded = load(yaml.safe_dump(data, allow_unicode=True), "x")
    assert loaded.findings == []
    assert loaded.data == data
