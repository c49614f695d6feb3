"""What the demo finds right and wrong: from what is owed and what stands there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.demo.cast import CAST, INES, KARIM, LEA, NETWORKS, OMAR, PAGE, WALL, Role
from api.demo.news import BUOY, JOB, MENU, SITE, Piece
from api.demo.outside import Shown, View
from api.demo.play import SIGNED, Play


def shown(role: Role, network: str, piece: Piece) -> Shown:
    """Return what the mapping would make of a piece for somebody."""
    text = f"{role.name}, {network}: {piece.text} {SIGNED}"
    link = f"http://sandbox/feeds/acme/{piece.link}" if piece.link else ""
    if network == "x" and link:
        text, link = f"{text} {link}", ""
    return Shown(network, role.key, f"{role.key}{network}{piece.mark}", text, link, len(piece.pictures), bool(link))


def everything(piece: Piece, *roles: Role) -> list[Shown]:
    return [shown(role, network, piece) for role in roles for network in NETWORKS]


def view(*some: Shown) -> View:
    return View(some, (), 0)


def wrong(play: Play, *some: Shown) -> tuple[list[str], list[str], list[str]]:
    seen = view(*some)
    return play.missing(seen), play.surplus(seen), play.flaws(seen)


@pytest.fixture
def play() -> Play:
    play = Play()
    play.published(JOB)
    return play


RIGHT = (*everything(JOB, LEA), *everything(JOB, INES))


def test_what_is_as_it_should_be_has_nothing_wrong(play: Play) -> None:
    play.published(MENU)
    assert wrong(play, *RIGHT) == ([], [], [])


def test_each_network_of_each_person_is_owed(play: Play) -> None:
    missing, surplus, _ = wrong(play, *RIGHT[1:])
    assert missing == ["Alternance en communication: not there for Léa (LinkedIn)"]
    assert surplus == []


@pytest.mark.parametrize("role", [KARIM, OMAR])
def test_who_was_not_asked_or_never_said_yes_is_owed_nothing(play: Play, role: Role) -> None:
    _, surplus, _ = wrong(play, *RIGHT, shown(role, "x", JOB))
    assert surplus == [f"Alternance en communication: should not be there for {role.name} (X)"]


def test_a_yes_owes_one_post(play: Play) -> None:
    play.approved(JOB)
    assert wrong(play, *RIGHT)[0] == [f"{JOB.title}: not there for Karim ({title})" for title in ("LinkedIn", "X")]
    assert wrong(play, *RIGHT, *everything(JOB, KARIM)) == ([], [], [])


def test_a_withdrawal_owes_nothing_more_and_keeps_what_was(play: Play) -> None:
    play.withdrew(INES)
    play.published(BUOY)
    assert wrong(play, *RIGHT, *everything(BUOY, LEA)) == ([], [], [])
    _, surplus, _ = wrong(play, *RIGHT, *everything(BUOY, LEA, INES))
    assert surplus == [f"{BUOY.title}: should not be there for Inès ({title})" for title in NETWORKS.values()]


def test_what_is_there_twice_is_too_much(play: Play) -> None:
    _, surplus, _ = wrong(play, *RIGHT, replace(RIGHT[0], key="again", text=f"Encore : {RIGHT[0].text}"))
    assert surplus == ["Alternance en communication: 2 times for Léa (LinkedIn)"]


def test_what_nobody_published_is_too_much(play: Play) -> None:
    _, surplus, _ = wrong(play, *RIGHT, Shown("facebook", PAGE, "1", "Where is this from?"))
    assert surplus == ["acme-page (facebook) has something else: Where is this from?"]


def test_the_menu_goes_to_nobody(play: Play) -> None:
    play.published(MENU)
    assert len(wrong(play, *RIGHT, *everything(MENU, *CAST))[1]) == len(CAST) * len(NETWORKS)


def test_the_blog_is_owed_to_the_wall_by_its_keys(play: Play) -> None:
    play.published(SITE)
    assert wrong(play, *RIGHT)[0] == [f"{SITE.title}: not there for {WALL} (webhook)"]
    assert wrong(play, *RIGHT, Shown("webhook", WALL, SITE.mark, "Whatever it says")) == ([], [], [])


def test_the_same_words_of_two_people_are_a_flaw(play: Play) -> None:
    same = replace(RIGHT[3], text=RIGHT[1].text)
    assert wrong(play, *RIGHT[:3], same)[2] == ["Alternance en communication: the same words twice on X"]


@pytest.mark.parametrize(
    ("piece", "change", "flaw"),
    [
        (JOB, {"text": f"{JOB.text} jobs/alternance-com"}, "#TeamAcme is missing"),
        (JOB, {"link": ""}, "the link is missing"),
        (JOB, {"illustrated": False}, "the card has no picture"),
        (BUOY, {"pictures": 2}, "2 of 3 pictures"),
    ],
)
def test_what_was_lost_on_the_way_is_a_flaw(piece: Piece, change: dict[str, str | int], flaw: str) -> None:
    play = Play()
    play.published(piece)
    bent = replace(shown(LEA, "linkedin", piece), **change)  # type: ignore[arg-type]
    assert wrong(play, bent)[2] == [f"{piece.title}: {flaw} for Léa (LinkedIn)"]
