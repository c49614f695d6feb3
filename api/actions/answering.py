"""What a person says by a link in a mail: no, now, later, pause, go on, no more mails, or no more at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.errors import ConflictError, NotFoundError, RejectedError
from engine.links import Purpose
from engine.model.delivery import State
from engine.model.tomorrow import tomorrow_at_nine
from engine.run import person
from engine.store import accounts, consents, deliveries, pauses, people
from engine.store.pauses import Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from api.actions.desk import Desk
    from engine.links import Pass
    from engine.store.accounts import AccountRow
    from engine.store.deliveries import DeliveryRow
    from engine.store.people import Person

PAUSED: Final = "Paused by {name}, by a link in a mail."
_UNDECIDED: Final = frozenset({State.WAITING, State.PLANNED, State.BLOCKED})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link is about: who, the deliveries that the mail told of, and the words of the first, if still kept."""

    person: Person
    rows: list[DeliveryRow]
    words: str

    @property
    def open(self) -> list[DeliveryRow]:
        """Those of which nothing is out or decided yet."""
        return [row for row in self.rows if row.state in _UNDECIDED]


async def asked(desk: Desk, allowed: Pass) -> Asked:
    """Return what a link is about; raises NotFoundError where the person is there no more."""
    found = await desk.store.read(people.by_id, allowed.workspace_id, allowed.person_id)
    if found is None:
        raise NotFoundError("The person whom this link is for is no longer there.")
    rows = await desk.store.read(deliveries.told_by, allowed.workspace_id, allowed.mail_id)
    try:
        words = (await desk.content(rows[0].content_id)).text if rows else ""
    except RejectedError:
        words = ""
    return Asked(found, rows, words)


class Done(NamedTuple):
    """What a link did: how many deliveries or accounts it moved, and how many had begun and may still go out."""

    moved: int
    sending: int = 0


async def answer(desk: Desk, allowed: Pass, about: Asked) -> Done:
    """Do what a link allows, which may be done again."""
    return await _DOES[allowed.purpose](desk, about)


async def _no(desk: Desk, about: Asked) -> Done:
    return await _each(desk, about, about.open, person.cancel)


async def _now(desk: Desk, about: Asked) -> Done:
    waiting = [row for row in about.open if row.state == State.WAITING]
    return await _each(desk, about, waiting, person.approve)


async def _later(desk: Desk, about: Asked) -> Done:
    """Let it out tomorrow at nine; the hours that the owner allows are asked again when it goes out."""
    moved = 0
    for row in (row for row in about.open if row.state == State.WAITING):
        head = await desk.store.read(consents.head, row.workspace_id, row.account_id)
        at = tomorrow_at_nine(head.terms if head is not None else None, desk.clock.now())
        moved += (await _each(desk, about, [row], partial(person.approve, at=at))).moved
    return Done(moved)


async def _quiet(desk: Desk, about: Asked) -> Done:
    await desk.store.write(people.set_mailed, about.person.workspace_id, about.person.id, mailed=False)
    return Done(1)


async def _each(
    desk: Desk, about: Asked, rows: list[DeliveryRow], move: Callable[[Desk, DeliveryRow, str], Awaitable[State]]
) -> Done:
    moved = 0
    for row in rows:
        try:
            await move(desk, row, f"{about.person.name}, by a link in a mail")
        except ConflictError:  # it has gone on meanwhile: the page shows where it stands
            continue
        moved += 1
    return Done(moved)


async def _pause(desk: Desk, about: Asked) -> Done:
    owned = await _owned(desk, about.person)
    there = await desk.store.read(pauses.paused, about.person.workspace_id)
    fresh = [row for row in owned if (Scope.ACCOUNT, row.id) not in there]
    reason, now = PAUSED.format(name=about.person.name), desk.clock.now()
    for row in fresh:
        await desk.store.write(pauses.pause, row.workspace_id, Scope.ACCOUNT, row.id, reason=reason, now=now)
    return Done(len(fresh))


async def _resume(desk: Desk, about: Asked) -> Done:
    """Let go on what the person paused, and nothing that somebody else did."""
    theirs = PAUSED.format(name=about.person.name)
    mine = {row.id for row in await _owned(desk, about.person)}
    found = await desk.store.read(pauses.listed, about.person.workspace_id)
    own = [one for one in found if one.scope == Scope.ACCOUNT and one.key in mine and one.reason == theirs]
    for one in own:
        await desk.store.write(pauses.resume, one.workspace_id, Scope.ACCOUNT, one.key, now=desk.clock.now())
    return Done(len(own))


async def _withdraw(desk: Desk, about: Asked) -> Done:
    owned = await _owned(desk, about.person)
    who, now = (about.person.workspace_id, about.person.id), desk.clock.now()
    effects = [await desk.store.write(consents.withdraw, *who, row.id, now) for row in owned]
    return Done(len(owned), sum(one.sending is not None for one in effects))


async def _owned(desk: Desk, who: Person) -> list[AccountRow]:
    return [row for row in await desk.store.read(accounts.listed, who.workspace_id) if row.person_id == who.id]


_DOES: Final[dict[Purpose, Callable[[Desk, Asked], Awaitable[Done]]]] = {
    Purpose.NO: _no,
    Purpose.NOW: _now,
    Purpose.LATER: _later,
    Purpose.QUIET: _quiet,
    Purpose.PAUSE: _pause,
    Purpose.RESUME: _resume,
    Purpose.WITHDRAW: _withdraw,
}
