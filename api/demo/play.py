"""What should stand where as the play goes on, and what is wrong with what does: pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from api.demo.cast import CAST, KARIM, NETWORKS, WALL, Role
from api.demo.news import Piece
from engine.model.consent import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from api.demo.outside import Shown, View

Place: TypeAlias = tuple[str, str]
"""A network, and whose timeline on it."""
SIGNED = "#TeamAcme"
"""What the mapping adds to everything that goes out by people."""


@dataclass
class Play:
    """What the company has published, and who is owed what of it; `took` is how many seconds one post took to all."""

    pieces: list[Piece] = field(default_factory=list)
    due: set[tuple[Place, Piece]] = field(default_factory=set)
    left: set[Role] = field(default_factory=set)
    took: float | None = None

    def published(self, *pieces: Piece) -> None:
        """Owe each to the wall, or to those who let Chappe post for them, as it is from the blog or the page."""
        for piece in pieces:
            self.pieces.append(piece)
            if not piece.shared:
                continue
            if piece.origin == "blog":
                self.due.add((("webhook", WALL), piece))
                continue
            for role in CAST:
                if role.mode is Mode.POST_FOR_ME and role not in self.left:
                    self._owe(role, piece)

    def approved(self, piece: Piece) -> None:
        """Owe it to him who is asked for each, since he said yes."""
        self._owe(KARIM, piece)

    def withdrew(self, role: Role) -> None:
        """Owe somebody nothing that comes from now on."""
        self.left.add(role)

    def missing(self, view: View) -> list[str]:
        """Return what is owed and is not there."""
        there = {place for place, _ in self._seen(view)}
        return [
            f"{piece.title}: not there for {_who(place)}"
            for place, piece in sorted(self.due - there, key=lambda one: (one[1].title, one[0]))
        ]

    def surplus(self, view: View) -> list[str]:
        """Return what is there and is not owed: for somebody else, twice, or of nobody knows where from."""
        count = Counter(place for place, _ in self._seen(view))
        wrong = [f"{piece.title}: should not be there for {_who(place)}" for place, piece in count.keys() - self.due]
        twice = [
            f"{piece.title}: {times} times for {_who(place)}" for (place, piece), times in count.items() if times > 1
        ]
        known = {id(shown) for _, shown in self._seen(view)}
        strange = [
            f"{_who((one.network, one.account))} has something else: {one.text[:60]}"
            for one in view.timelines
            if id(one) not in known
        ]
        return sorted(wrong) + sorted(twice) + strange

    def flaws(self, view: View) -> list[str]:
        """Return what is not as the mapping says, of what people received: words, cards and pictures."""
        found: list[str] = []
        for piece in self.pieces:
            if piece.origin != "page":
                continue
            shown = view.of(piece)
            found += [f"{piece.title}: the same words twice on {NETWORKS.get(name, name)}" for name in _alike(shown)]
            for one in shown:
                found += [
                    f"{piece.title}: {what} for {_who((one.network, one.account))}" for what in _flaws(one, piece)
                ]
        return found

    def _seen(self, view: View) -> list[tuple[tuple[Place, Piece], Shown]]:
        return [(((shown.network, shown.account), piece), shown) for piece in self.pieces for shown in view.of(piece)]

    def _owe(self, role: Role, piece: Piece) -> None:
        self.due |= {((network, role.key), piece) for network in NETWORKS}


def _alike(shown: Iterable[Shown]) -> list[str]:
    """Return the networks on which two accounts say the same."""
    said: dict[str, list[str]] = defaultdict(list)
    for one in shown:
        said[one.network].append(one.text)
    return [network for network, texts in said.items() if len(set(texts)) < len(texts)]


def _flaws(shown: Shown, piece: Piece) -> Iterator[str]:
    if SIGNED not in shown.text:
        yield f"{SIGNED} is missing"
    if shown.pictures != len(piece.pictures):
        yield f"{shown.pictures} of {len(piece.pictures)} pictures"
    if piece.link and piece.link not in (shown.link if shown.network == "linkedin" else shown.text):
        yield "the link is missing"
    elif piece.link and shown.network == "linkedin" and not shown.illustrated:
        yield "the card has no picture"


def _who(place: Place) -> str:
    network, account = place
    names = {role.key: role.name for role in CAST}
    return f"{names.get(account, account)} ({NETWORKS.get(network, network)})"
