"""A template says what it means with the post at hand; what is wrong with it is named before it is ever used."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from engine.content.template import ListTemplate, Template, TemplateError
from engine.model.post import Author, Link, Post

if TYPE_CHECKING:
    from engine.model.text import Bound

PARIS = ZoneInfo("Europe/Paris")
POST = Post(
    key="1",
    text="Nous recrutons un développeur",
    title="Une offre",
    links=(Link(url="https://acme.example/jobs/42"),),
    hashtags=("recrutement", "jobs"),
    language="fr",
    author=Author(name="Léa"),
    permalink="https://acme.example/p/1",
    published_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
)
BARE = Post(key="2", text="Bonjour")


def rendered(source: str, post: Post = POST, *bounds: Bound) -> str:
    return Template(source).render(post, mapping="company-news", zone=PARIS, bounds=bounds)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ post.text }}", "Nous recrutons un développeur"),
        ("{{ post.title | upcase }} {{ post.link }}", "UNE OFFRE https://acme.example/jobs/42"),
        ("{{ post.author }} ({{ post.language }}) {{ post.permalink }}", "Léa (fr) https://acme.example/p/1"),
        ("{% for tag in post.hashtags %}#{{ tag }} {% endfor %}", "#recrutement #jobs "),
        ("{{ post.hashtags | join: ', ' }} {{ post.hashtags.size }}", "recrutement, jobs 2"),
        ("{{ post.hashtags[0] }} {{ post.hashtags.last }}", "recrutement jobs"),
        ("{{ post.published_at | date: '%d/%m/%Y %H:%M' }}", "02/07/2026 00:30"),
        ("{{ mapping.name }}", "company-news"),
        ("{% if post.text contains 'développeur' %}oui{% else %}non{% endif %}", "oui"),
        ("{% assign n = post.hashtags.size | times: 3 %}{{ n | plus: 1 }}", "7"),
        ("{% capture hello %}Bonjour {{ post.author }}{% endcapture %}{{ hello | append: '!' }}", "Bonjour Léa!"),
        ("{{ post.text | replace: 'Nous', 'Ils' | truncatewords: 2, '…' }}", "Ils recrutons…"),
        ("{{ post.text | split: ' ' | reverse | first }}", "développeur"),
        ("{% case post.language %}{% when 'fr' %}Salut{% else %}Hi{% endcase %}", "Salut"),
        ("{% comment %}{{ nonsense }}{% endcomment %}a{% # inline %}b", "ab"),
    ],
)
def test_a_template_writes_what_the_post_says(source: str, text: str) -> None:
    assert rendered(source) == text


def test_what_a_post_lacks_is_nothing() -> None:
    source = "{% if post.title %}T{% endif %}{% if post.link %}L{% endif %}{{ post.author | default: 'Acme' }}"

    assert rendered(source, BARE) == "Acme"
    assert rendered("[{{ post.title }}{{ post.author }}{{ post.published_at | date }}]", BARE) == "[]"


@pytest.mark.parametrize(
    ("source", "line", "column", "sentence"),
    [
        ("{{ post.txt }}", 1, 4, "there is no variable post.txt: did you mean post.text?"),
        ("a\n\n b {{ pots.text }}", 3, 7, "there is no variable pots.text: did you mean post.text?"),
        ("{% assign who = 'me' %}{{ woh }}", 1, 27, "there is no variable woh: did you mean who?"),
        ("{{ account.name }}", 1, 4, "there is no variable account.name"),
        ("{{ now }}", 1, 4, "there is no variable now"),
        ("{{ post }}", 1, 4, "post is no text: write post.text"),
        ("{{ post.text.upper }}", 1, 4, "there is no variable post.text.upper"),
        ("{{ post.author.__class__ }}", 1, 4, "there is no variable post.author.__class__"),
        ("{% for t in post.hashtags %}{{ forloop.indx }}{% endfor %}", 1, 32, "did you mean forloop.index?"),
        ("{{ post.text | upcas }}", 1, 16, "there is no filter upcas: did you mean upcase?"),
        ("{{ post.text | replace }}", 1, 16, "replace is given the wrong values"),
        ("{{ post.text | upcase: 1 }}", 1, 16, "upcase is given the wrong values"),
        ("{% include 'x' %}", 1, 4, "unexpected tag 'include'"),
        ("{% render 'x' %}", 1, 4, "unexpected tag 'render'"),
        ("{% for n in (1..9) %}{% endfor %}", 1, 13, "no ranges"),
        ("{{ post.text", 1, 1, "{{ is not closed by }}"),
        ("{% if post.text %}a", 1, 20, "endif"),
        ("{{ post.text | truncate_to_fit | upcase }}", 1, 16, "truncate_to_fit stands last"),
        ("{% capture a %}{{ post.text | truncate_to_fit }}{% endcapture %}", 1, 31, "outside of capture"),
        ("{% assign a = post.text | truncate_to_fit %}", 1, 27, "truncate_to_fit stands last"),
    ],
)
def test_a_mistake_is_named_with_its_place(source: str, line: int, column: int, sentence: str) -> None:
    with pytest.raises(TemplateError) as caught:
        Template(source)

    assert sentence in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{{ post.title | divided_by: 0 }}", "'Une offre' is not a number"),
        ("{{ 1 | divided_by: 0 }}", "divided by 0"),
        ("{{ 'now' | date: '%Y' }}", "cannot ask what time it is"),
        ("{{ post.published_at | date: '%1000000000d' }}", "is not a form for times"),
        ("{% if post.title > 1 %}{% endif %}", "not supported"),
    ],
)
def test_what_fails_with_a_post_says_why(source: str, sentence: str) -> None:
    with pytest.raises(TemplateError, match="line 1") as caught:
        rendered(source)

    assert sentence in str(caught.value)


def test_only_the_marked_part_is_shortened() -> None:
    source = "Venez ! {{ post.text | truncate_to_fit }} {{ post.link }}"

    text = rendered(source, POST, (55, "characters"))

    assert text == "Venez ! Nous recrutons un… https://acme.example/jobs/42"
    assert len(text) <= 55
    assert rendered(source, POST, (100, "characters")) == rendered(source)


def test_marked_parts_are_fitted_in_their_order() -> None:
    source = "{{ post.title | truncate_to_fit }}: {{ post.text | truncate_to_fit }}"

    assert rendered(source, POST, (22, "characters")) == "Une offre: Nous…"
    assert rendered(source, POST, (7, "characters")) == "Une…: "


def test_a_part_is_fitted_in_the_networks_unit() -> None:
    post = Post(key="3", text="été été été")

    assert rendered("{{ post.text | truncate_to_fit }}", post, (14, "bytes")) == "été été…"
    assert rendered("{{ post.text | truncate_to_fit }}", post, (14, "characters")) == "été été été"


def test_a_text_that_contains_the_inner_mark_is_no_marked_part() -> None:
    post = Post(key="4", text="a\ufdd0b")

    assert rendered("{{ post.text }}{{ post.text | truncate_to_fit }}", post, (20, "characters")) == "abab"


def test_a_long_text_goes_in_shortened_and_comes_out_shortened() -> None:
    post = Post(key="5", text="mot " * 10_000)

    text = rendered("Voici : {{ post.text }}", post)

    assert text.startswith("Voici : mot mot")
    assert text.endswith("mot…")
    assert len(text) <= 10_000


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% for post in posts %}{{ post.title | default: post.text }};{% endfor %}", "Une offre;Bonjour;"),
        ("{% for one in posts reversed %}{{ one.text }};{% endfor %}", "Bonjour;Nous recrutons un développeur;"),
        ("{% for one in posts %}{{ forloop.index }}{{ one.hashtags.size }} {% endfor %}", "12 20 "),
        ("{{ posts.size }} {{ posts.first.title }} {{ posts[1].text }}", "2 Une offre Bonjour"),
        ("{{ posts | join: ', ' }}", "Une offre, Bonjour"),
        ("{% assign one = posts.first %}{{ one.author }} {{ mapping.name }}", "Léa company-news"),
    ],
)
def test_a_template_over_several_posts_sees_each(source: str, text: str) -> None:
    assert ListTemplate(source).render_all([POST, BARE], mapping="company-news", zone=PARIS) == text


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{{ post.title }}", "there is no variable post.title"),
        ("{% for post in posts %}{{ post.titel }}{% endfor %}", "did you mean post.title?"),
        ("{% for one in posts %}{{ one.hashtags.colour }}{% endfor %}", "there is no variable one.hashtags"),
        ("{{ posts.title }}", "there is no variable posts.title"),
        ("{{ posts.first.titel }}", "there is no variable posts.first.titel"),
        ("{{ posts.size.title }}", "there is no variable posts.size.title"),
        ("{% for post in posts %}{{ post.text | truncate_to_fit }}{% endfor %}", "is for one post at a sink"),
    ],
)
def test_a_mistake_over_several_posts_is_named(source: str, sentence: str) -> None:
    with pytest.raises(TemplateError) as caught:
        ListTemplate(source)
    assert sentence in str(caught.value)


def test_of_many_long_posts_each_has_its_share() -> None:
    many = [POST.model_copy(update={"text": f"{number} " + "words " * 1_500}) for number in range(40)]
    source = "{% for post in posts %}{{ post.text }}\n{% endfor %}"
    lines = ListTemplate(source).render_all(many, mapping="m", zone=PARIS).splitlines()
    assert [line.split(" ")[0] for line in lines][:39] == [str(number) for number in range(39)]
