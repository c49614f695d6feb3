"""What becomes of posts that a source shows for the first time: the guards of the intake, pure.

In this order: what we published ourselves is an *echo*; at the first reading of a source all else was there before
anybody asked, and is *seen*; what is far too old is *stale*; and of the rest, too many at once are *held* for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.store.intake import Judgement
from engine.store.posts import ECHO, HELD, NEW, SEEN, STALE, Placed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from engine.store.intake import Facts
    from engine.store.posts import Incoming

STALE_AFTER: Final = timedelta(days=7)
"""Older than any `max_age`: a feed that shows such a post for the first time has moved, or was mended. Each mapping's
own `max_age` is looked at when the post is routed."""

WINDOW_LEAST: Final = 2
"""A source that shows its last post alone always shows only what is new."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The circumstances of one poll.

    `window` is how many posts the source looked at; 0 where it tells only what is new. `restored` says that the
    source was last read before the database was restored from a backup: what is new may have been sent since.
    """

    source: str
    first: bool
    now: datetime
    window: int
    flood_new: int
    flood_window: int
    restored: bool = False


def judge(facts: Facts, *, reading: Reading) -> Judgement:
    """Say what becomes of posts that are not known."""
    fresh, echoes = facts.fresh, facts.echoes
    if reading.first:
        return Judgement(tuple(_echo_or(post, echoes, SEEN, _THERE_BEFORE) for post in fresh))
    flood = _flood(len(fresh) - len(echoes), reading)
    placed = tuple(_one(post, echoes, reading.now, flood) for post in fresh)
    held = any(one.state == HELD for one in placed)
    notes = [flood if held else "", _gap(facts, reading)]
    return Judgement(placed, " ".join(note for note in notes if note), held)


def _one(post: Incoming, echoes: Mapping[str, str], now: datetime, flood: str) -> Placed:
    if post.id not in echoes and post.published_at is not None and now - post.published_at > STALE_AFTER:
        age = (now - post.published_at).days
        return Placed(post, STALE, f"Not routed: it was already {age} days old when the source first showed it.")
    return _echo_or(post, echoes, HELD if flood else NEW, flood)


def _echo_or(post: Incoming, echoes: Mapping[str, str], state: str, reason: str) -> Placed:
    if post.id not in echoes:
        return Placed(post, state, reason)
    place = echoes[post.id]
    return Placed(post, ECHO, f"Not routed: Chappe published this itself{f' ({place})' if place else ''}.")


def _flood(count: int, reading: Reading) -> str:
    if reading.restored and count:
        what = "1 post came" if count == 1 else f"{count} posts came"
        remedy = f"look what is out, then `chappe sources release {reading.source}`, with --skip where all is"
        return f"{what} in since the backup that was restored, and may have been sent: {remedy}."
    full = reading.window >= reading.flood_window and count * 2 > reading.window
    if count <= reading.flood_new and not full:
        return ""
    many = f"{count} posts were new at once"
    if count <= reading.flood_new:
        many += f", more than half of the {reading.window} that the source shows"
    return f"{many}: they are held until you look at them and run `chappe sources release {reading.source}`."


def _gap(facts: Facts, reading: Reading) -> str:
    if reading.window < WINDOW_LEAST or facts.any_known or not facts.had_posts:
        return ""
    return (
        f"None of the {reading.window} posts that the source shows was known: some may have come and gone between two "
        "polls. Poll it more often (`every:`)."
    )


_THERE_BEFORE: Final = "Not routed: it was there before a mapping first read this source."
