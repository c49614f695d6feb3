"""A content holds what a network takes of a post, and never silently nothing."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.content.rendering import Room, Wording, left_behind, render
from engine.content.template import Template
from engine.errors import MappingError
from engine.model.post import Link, Media, Post
from engine.model.text import measure

PARIS = ZoneInfo("Europe/Paris")
PLAIN = Wording("company-news", PARIS)
POST = Post(
    key="1",
    text="Nous recrutons un développeur à Lille",
    title="Une offre",
    links=(Link(url="https://acme.example/jobs"),),
    media=tuple(Media(url=f"https://acme.example/{number}.png") for number in range(3)),
    hashtags=("jobs",),
)


def worded(source: str, number: int = 0) -> Wording:
    return Wording("company-news", PARIS, Template(source), number)


def test_without_a_template_the_posts_own_words_go_out() -> None:
    content = render(POST, PLAIN, Room())

    assert content.text == POST.text
    assert (content.link, content.post_key, content.hashtags) == ("https://acme.example/jobs", "1", ("jobs",))
    assert content.media == POST.media


def test_a_post_of_a_title_alone_goes_out_by_its_title() -> None:
    assert render(POST.model_copy(update={"text": " "}), PLAIN, Room()).text == "Une offre"


def test_the_text_and_the_media_are_what_the_network_takes() -> None:
    content = render(POST, PLAIN, Room(text_max=20, media_max=2))

    assert content.text == "Nous recrutons un…"
    assert len(content.media) == 2


def test_pictures_are_counted_and_films_and_files_are_the_sinks_affair() -> None:
    film = Media(url="https://acme.example/film.mp4", kind="video")
    post = POST.model_copy(update={"media": (film, POST.media[0], POST.media[0], film, POST.media[1])})

    assert render(post, PLAIN, Room(media_max=1)).media == (film, POST.media[0], film)
    assert render(post, PLAIN, Room(media_max=0)).media == (film, film)


def test_it_is_said_how_many_pictures_a_network_does_not_take() -> None:
    assert left_behind(POST, 2) == "Takes at most 2 pictures of a post: 1 of 3 stays behind."
    assert left_behind(POST, 3) == left_behind(POST, None) == ""


def test_a_variant_is_rendered_by_its_template_and_numbered() -> None:
    content = render(POST, worded("Venez ! {{ post.text | truncate_to_fit }}\n", 2), Room(text_max=30))

    assert content.text == "Venez ! Nous recrutons un…"
    assert content.variant == 2


def test_a_template_that_loses_every_word_is_refused() -> None:
    with pytest.raises(MappingError, match="leaves no text"):
        render(POST, worded("{% if post.language %}{{ post.text }}{% endif %}"), Room())


def test_a_post_without_words_may_be_without_words() -> None:
    picture = Post(key="2", media=POST.media)

    assert render(picture, worded("{{ post.text }}"), Room(text_max=10)).text == ""


def test_a_text_of_which_nothing_can_stay_whole_is_refused() -> None:
    address = POST.model_copy(update={"text": "https://acme.example/a/very/long/address"})

    with pytest.raises(MappingError, match="within 20 characters"):
        render(address, PLAIN, Room(text_max=20))


def test_a_network_that_counts_in_two_units_gets_what_both_allow() -> None:
    room = Room(30, "graphemes", text_also=((40, "bytes"),))
    post = POST.model_copy(update={"text": "Été après été, à l'été… " * 3})

    plain, template = (render(post, how, room).text for how in (PLAIN, worded("{{ post.text | truncate_to_fit }}!")))

    assert len(plain.encode()) <= 40
    assert len(template.encode()) <= 40
    assert plain.startswith("Été après été")
    with pytest.raises(MappingError, match="within 9 graphemes and 2 bytes: "):
        render(post, PLAIN, Room(9, "graphemes", text_also=((2, "bytes"),)))


def test_the_link_and_the_hashtags_at_the_end_survive_on_x() -> None:
    text = f"{'Nous recrutons partout en France. ' * 12}\n\nhttps://acme.jobs/{'a' * 200} #AcmeRecrute"
    room = Room(280, "x_weighted")

    content = render(POST.model_copy(update={"text": text}), worded("Venez ! {{ post.text | truncate_to_fit }}"), room)

    assert content.text.endswith(f"…\n\nhttps://acme.jobs/{'a' * 200} #AcmeRecrute")
    assert measure(content.text, "x_weighted") in range(270, 281)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nous recrutons", "Nous recrutons\nhttps://acme.example/jobs"),
        ("Voir https://acme.example/jobs !", "Voir https://acme.example/jobs !"),
        ("Nous recrutons " * 30, None),
    ],
    ids=["without", "there already", "too long"],
)
def test_a_network_that_shows_links_in_texts_alone_gets_the_link_there(text: str, shown: str | None) -> None:
    room = Room(text_max=280, text_unit="x_weighted", link_in_text=True)
    content = render(POST.model_copy(update={"text": text}), PLAIN, room)

    if shown:
        assert content.text == shown
    assert content.text.count("https://acme.example/jobs") == 1
    assert measure(content.text, "x_weighted") <= 280


def test_two_variants_are_two_contents() -> None:
    one, two = (render(POST, worded(source), Room()) for source in ("A {{ post.text }}", "B {{ post.text }}"))

    assert one.content_hash != two.content_hash


@given(st.text(min_size=1, max_size=300), st.integers(1, 200))
def test_a_content_is_within_the_limit_or_refused(text: str, limit: int) -> None:
    post = Post(key="1", text=text)
    try:
        content = render(post, worded("{{ post.text | truncate_to_fit }} !"), Room(text_max=limit))
    except MappingError:
        return
    assert 0 < len(content.text) <= limit
