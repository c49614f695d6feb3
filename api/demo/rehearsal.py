"""The play without a person: publish, approve, withdraw, and wait for what must come of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from api.demo import stage
from api.demo.cast import CAST, EVERY, INES, KARIM, NETWORKS
from api.demo.news import BEFORE, PODCAST, SITE, TURBINE
from api.demo.play import Play
from api.demo.reasons import waiting
from engine.ids import short

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.demo.house import House
    from api.demo.outside import Outside, Shown, View

LOOK_EVERY = 0.2
ARRIVE_WITHIN = 40.0
ALLOWED = EVERY.total_seconds() + 2


class Voice(Protocol):
    """Says a line; `style` is how, where colours are shown."""

    def __call__(self, text: str = "", style: str = "") -> None:
        """Say it."""


@dataclass
class Rehearsal:
    """The house and its outside, and the settings that commands are run with; `say` tells what happens.

    `show` tells what arrives, in one line however long it is.
    """

    here: House
    outside: Outside
    settings: Mapping[str, str]
    say: Voice
    show: Voice
    play: Play = field(default_factory=Play)
    seen: set[tuple[str, str, str]] = field(default_factory=set)

    async def once(self) -> View:
        """Play it all, and return what stands there in the end; what the play owes is in `play`."""
        view = await self.outside.look()
        self.play.published(*BEFORE, *view.blog)
        view = await self._arrived()
        if self.play.missing(view):
            return view
        await self._while_you_watch()
        await self._yes_and_no()
        self.say(f"\nThe page publishes, after {INES.name} withdrew: {PODCAST.title}")
        await self.outside.publish(PODCAST)
        self.play.published(PODCAST)
        await self._arrived()
        await self.here.desk.clock.sleep(EVERY.total_seconds())  # one more poll: what would come twice has come by then
        return await self.look()

    async def look(self) -> View:
        """Look at all timelines, and say what is new there."""
        view = await self.outside.look()
        for shown in view.timelines:
            place = (shown.network, shown.account, shown.key)
            if place not in self.seen:
                self.seen.add(place)
                self.show(f"  → {_where(shown):<15} {' '.join(shown.text.split())}")
        return view

    async def _while_you_watch(self) -> None:
        """Publish on the page and beside it, and say how long the last of those timelines took."""
        self.say(f"\nThe page publishes: {TURBINE.title}. The blog: {SITE.title}")
        begun = self.here.desk.clock.monotonic()
        await self.outside.publish(TURBINE)
        await self.outside.publish(SITE)
        self.play.published(TURBINE, SITE)
        if not self.play.missing(await self._arrived()):
            took = self.here.desk.clock.monotonic() - begun
            self.play.took = took
            self.say(f"It stood on every timeline after {took:.1f} s; a poll interval and 2 s are {ALLOWED:.0f} s.")

    async def _yes_and_no(self) -> None:
        """Let Karim say yes to one post, and Inès withdraw, by the commands that there are for it."""
        ends = [short(row.id) for row in await waiting(self.here.desk, TURBINE)]
        approve = ("deliveries", "approve", *ends)
        withdraw = ("people", "consent", "withdraw", INES.name, "--yes")
        self.say(f"\n{KARIM.name} is asked for each post, and says yes to this one: chappe {' '.join(approve)}")
        self.say(f"{INES.name} has changed her mind: chappe {' '.join(withdraw)}")
        await asyncio.gather(*(stage.chappe(self.settings, *words) for words in (approve, withdraw)))
        self.play.approved(TURBINE)
        self.play.withdrew(INES)
        await self._arrived()

    async def _arrived(self) -> View:
        return await self._until(lambda view: not self.play.missing(view))

    async def _until(self, done: Callable[[View], bool]) -> View:
        """Look until it is so, or until the time is up."""
        clock = self.here.desk.clock
        end = clock.monotonic() + ARRIVE_WITHIN
        while True:
            view = await self.look()
            if done(view) or clock.monotonic() > end:
                return view
            await clock.sleep(LOOK_EVERY)


def _where(shown: Shown) -> str:
    names = {role.key: role.name for role in CAST}
    if shown.network not in NETWORKS:
        return "the screens"
    return f"{names.get(shown.account, shown.account)}, {NETWORKS[shown.network]}"
