"""No template costs more than it may: each bomb ends by a limit, whatever the post, and nothing else is ever raised."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.content.template import MOST, Template, TemplateError
from engine.model.post import Post

PARIS = ZoneInfo("Europe/Paris")
POST = Post(
    key="1",
    text=("mot accentué aaaa " * 600)[:MOST],
    title="Titre",
    hashtags=tuple(f"tag{number}" for number in range(30)),
    published_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
)
WORDS = "{% assign words = post.text | split: ' ' %}"


def filled(part: str, size: int = 1_900) -> str:
    """Repeat a part to about 2 kB."""
    return part * (size // len(part))


def rendered(source: str, post: Post = POST) -> str:
    return Template(source).render(post, mapping="company-news", zone=PARIS, bounds=[(3_000, "characters")])


RENDERED = {
    "nested loops": (WORDS + "{% for a in words %}" * 12 + "x" + "{% endfor %}" * 12, "more work"),
    "loops in a row": (WORDS + filled("{%for a in words%}{%endfor%}"), "more work"),
    "conditions in a loop": (WORDS + "{%for a in words%}" + filled("{%if 1==1%}{%endif%}") + "{%endfor%}", "more work"),
    "long searches": (
        WORDS + "{%for a in words%}" + filled("{%if post.text contains a%}{%endif%}", 400) + "{%endfor%}",
        "more work",
    ),
    "doubling append": ("{% assign a = 'x' %}" + filled("{% assign a = a | append: a %}"), "32,768 characters"),
    "doubling list": (WORDS + filled("{% assign words = words | concat: words %}"), "items"),
    "chained replace": ("{{ post.text " + filled("| replace: '', post.text ") + "}}", "100,020,000 characters"),
    "eight gigabytes": (
        "{% assign a = post.text | replace: 'm', 'a' | slice: 0, 2000 %}{{ a"
        + " | replace: 'a', a" * 3 + " }}",
        "characters, and 20,000 is the most",
    ),
    "join by a long text": ("{{ post.text | split: ' ' | join: post.text }}", "characters, and 20,000 is the most"),
    "recursive capture": (
        "{% capture a %}xxxxxxxxxx{% endcapture %}" + filled("{% capture a %}{{a}}{{a}}{% endcapture %}"),
        "grows far beyond",
    ),
    "growing numbers": ("{% assign a = 9 %}" + filled("{% assign a = a | times: a %}"), "number is too large"),
    "chained work": ("{{ post.text " + filled("| upcase ") + "}}", "more work"),
    "sorting": (WORDS + filled("{% assign b = words | sort %}"), "more work"),
    "output": (filled("{{ post.text }}"), "grows far beyond"),
    "fitting": (filled("{{ post.text | truncate_to_fit }}"), "at most 3 parts"),
    "characters": ("{{ post.text | split: '' | size }}", "10,000 items"),
}  # fmt: skip

COMPILED = {
    "deep blocks": ("{% if true %}" * 70 + "{% endif %}" * 70, "nested too deeply"),
    "a hundred thousand levels": ("{% if true %}" * 100_000, "10,000 is the most"),
    "deep brackets": ("{{ " + "post[" * 300 + "post.text" + "]" * 300 + " }}", "nested too deeply"),
    "long conditions": ("{% if " + " and ".join(["true"] * 220) + " %}x{% endif %}", "nested too deeply"),
    "a long range": ("{% for a in (1..1000000000) %}{% endfor %}", "no ranges"),
    "a search in a range": ("{% if (1..1000000000) contains 'a' %}{% endif %}", "no ranges"),
    "open braces": ("{" * 2_000, "not closed"),
    "open spaces": ("{{" + " " * 1_990, "not closed"),
    "open brackets": ("{{ " + "(" * 1_990 + " }}", "no brackets"),
}


@pytest.mark.parametrize("name", RENDERED)
def test_a_bomb_ends_by_a_limit_when_it_is_rendered(name: str) -> None:
    source, sentence = RENDERED[name]

    with pytest.raises(TemplateError, match=sentence):
        rendered(source)


@pytest.mark.parametrize("name", COMPILED)
def test_a_bomb_ends_by_a_limit_before_it_is_rendered(name: str) -> None:
    source, sentence = COMPILED[name]

    with pytest.raises(TemplateError, match=sentence):
        Template(source)


def test_an_ordinary_template_stays_far_below_the_limits() -> None:
    source = (
        WORDS
        + "{% for word in words limit: 200 %}{% if word != 'aaaa' %}{{ word | capitalize }} {% endif %}{% endfor %}"
    )

    assert rendered(source).startswith("Mot Accentué Mot Accentué")


PIECES = [
    "{{", "}}", "{%", "%}", " ", "post", ".", "text", "title", "hashtags", "[", "]", "0", "-1", "9" * 30, "1.5",
    "'", '"', "|", ":", ",", "append", "replace", "split", "join", "slice", "date", "default", "truncate", "size",
    "if ", "endif", "for ", " in ", "endfor", "assign ", "=", "capture ", "endcapture", "else", "break", "case ",
    "when ", "contains", "==", "<", "and", "nil", "empty", "blank", "forloop", "index", "raw", "endraw", "comment",
    "a", "é", "\n", "first", "times", "truncate_to_fit", "%Y", "\ud83d", "\0", "{{ post.text | ", "{{ a }}",
    "{% for a in post.hashtags %}", "{% if a %}",
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=40))
def test_nothing_but_a_template_error_is_ever_raised(pieces: list[str]) -> None:
    place, text = (1, 1), ""
    try:
        text = rendered("".join(pieces))
    except TemplateError as error:
        place = (error.line, error.column)
    assert min(place) >= 1
    assert len(text) <= MOST


FILTERS = [
    "upcase", "split: ' '", "join: 'x'", "replace: 'a', 'bb'", "slice: 1, 5", "size", "plus: 2", "times: 99999",
    "date: '%d %B'", "default: 'x'", "first", "last", "sort", "uniq", "concat: post.hashtags", "append: post.text",
    "truncate: 9, 'é'", "divided_by: 7", "round", "url_encode", "escape", "modulo: 2.5", "truncate_to_fit",
]  # fmt: skip
VALUES = ["post.text", "post.title", "post.hashtags", "post.published_at", "post.author", "'1e5'", "12", "nil", "true"]


@given(st.sampled_from(VALUES), st.lists(st.sampled_from(FILTERS), max_size=8))
def test_any_chain_of_filters_gives_a_text_or_a_template_error(value: str, chain: list[str]) -> None:
    try:
        text = rendered("{{ " + " | ".join([value, *chain]) + " }}")
    except TemplateError:
        return
    assert len(text) <= MOST
