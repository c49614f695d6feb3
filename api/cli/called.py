"""What a command says of itself for the record of who changed what.

Commands take no secret as a word: they ask for it, or read it from a pipe.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from api import recording
from api.cli.words import CALLED
from engine.ids import new_id
from engine.store import audit
from engine.store.audit import Entry

if TYPE_CHECKING:
    from engine.clock import Clock


def begin(clock: Clock, by: str, workspace_id: str) -> None:
    """Say who acts by the command that was called, from now on."""
    recording.begin(partial(_entry, clock, by, workspace_id))


def _entry(clock: Clock, by: str, workspace_id: str) -> Entry:
    what, words = CALLED.get()
    named = [word for word in words if not word.startswith("-")]
    return Entry(
        workspace_id=workspace_id,
        id=new_id(),
        at=clock.now(),
        by=by,
        user_id=None,
        face=audit.CLI,
        what=what,
        object_kind=what.partition(" ")[0],
        object_name=named[0][: recording.LONGEST] if named else "",
        before="{}",
        given=recording.summary({"words": list(map(_plain, words))} if words else {}),
        request_id="",
    )


def _plain(word: str) -> str:
    """Return a word, an address in it without what may be secret there."""
    name, equals, value = word.partition("=")
    return f"{name}={recording.bare(value)}" if equals and "://" in value else recording.bare(word)
