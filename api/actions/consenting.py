"""What people allow, recorded by an operator on their word: given, withdrawn, and shown."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.actions.hours import NOTHING_SAID, Times
from engine.errors import ConflictError, NotFoundError
from engine.model.consent import Mode, Terms
from engine.store import accounts, consents, people, telling
from engine.store.consents import OPERATOR_MOST
from engine.store.unit import no_snapshot
from mappings.findings import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from engine.model.consent import Head
    from engine.store import Connection
    from engine.store.accounts import AccountRow
    from engine.store.consents import Effect
    from engine.store.people import Member, Person
    from engine.store.unit import Store

MODES = {"ask-me": Mode.ASK_ME, "tell-first": Mode.TELL_FIRST, "post-for-me": Mode.POST_FOR_ME}


COMPARED = ("mode", "notice_hours", "mappings", "max_per_hour", "max_per_day", "hours", "days", "zone", "how")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person allowed for one account; None where that person never said anything."""

    account: AccountRow
    head: Head | None


@dataclass(frozen=True, slots=True)
class Ambassador:
    """A person, with the accounts and what is allowed for each, and the groups."""

    person: Person
    standings: list[Standing]
    groups: list[str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator types in of a consent: None keeps what the person allows now, and where nothing is, the default.

    `mappings` empty means all. `until` is always said: a consent that is typed in is for a while.
    """

    until: datetime
    evidence: str
    mode: Mode | None = None
    mappings: tuple[str, ...] | None = None
    max_per_hour: int | None = None
    max_per_day: int | None = None
    notice_hours: int | None = None
    times: Times = NOTHING_SAID

    def terms(self, head: Head | None, now: datetime) -> Terms:
        """Return the terms that this makes of a head; raises ConflictError where they would have ended already."""
        _refuse_past(self.until, now)
        said = {
            "mode": self.mode,
            "notice_hours": self.notice_hours,
            "max_per_hour": self.max_per_hour,
            "max_per_day": self.max_per_day,
        }
        changed: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        if self.mappings is not None:
            changed["mappings"] = self.mappings or None
        kept = head.terms if is_live(head, now) and head else Terms()
        proof = {"until": min(self.until, now + OPERATOR_MOST), "how": "operator", "evidence": self.evidence}
        return kept.model_copy(update=changed | self.times.put(kept) | proof)


def is_live(head: Head | None, now: datetime) -> bool:
    """Tell whether a head allows something now."""
    return head is not None and head.given and (head.terms.until is None or now < head.terms.until)


def changes(head: Head | None, terms: Terms, now: datetime) -> list[str]:
    """Name the terms that would widen or narrow what is allowed now; a later end alone does neither."""
    if head is None or not is_live(head, now):
        return []
    before = head.terms
    found = [name for name in COMPARED if getattr(before, name) != getattr(terms, name)]
    sooner = terms.until is not None and (before.until is None or terms.until < before.until)
    return [*found, *(["until"] if sooner else [])]


def ways_to_an_account(name: str) -> str:
    """Say how a person gets an account: by connecting it in the browser, or by adding one of another kind."""
    whose = f"--person {shlex.quote(name)}"
    return f"`chappe accounts connect PLATFORM {whose}`, or `chappe accounts add webhook NAME {whose}`"


async def owned(store: Store, person: Person, name: str | None = None) -> list[AccountRow]:
    """Return a person's accounts, or the one of that name; raises NotFoundError where there is none."""
    rows = [row for row in await store.read(accounts.listed, person.workspace_id) if row.person_id == person.id]
    if not rows:
        raise NotFoundError(f"{person.name} has no account yet: {ways_to_an_account(person.name)}.")
    if name is None:
        return rows
    chosen = [row for row in rows if row.name == name]
    if not chosen:
        names = [row.name for row in rows]
        advice = did_you_mean(name, names) or f" There {'is' if len(names) == 1 else 'are'} {listed(names)}."
        raise NotFoundError(f"{person.name} has no account {name}.{advice}")
    return chosen


async def give(store: Store, person: Person, chosen: Sequence[AccountRow], terms: Terms, now: datetime) -> list[Effect]:
    """Record the same terms for some of a person's accounts."""
    _refuse_past(terms.until, now)
    return [await store.write(consents.give, person.workspace_id, person.id, row.id, terms, now) for row in chosen]


async def withdraw(store: Store, person: Person, chosen: Sequence[AccountRow], now: datetime) -> list[Effect]:
    """End the consent for some of a person's accounts."""
    return [await store.write(consents.withdraw, person.workspace_id, person.id, row.id, now) for row in chosen]


async def standings(store: Store, person: Person, name: str | None = None) -> list[Standing]:
    """Return what a person allows, account by account, or for the one of that name."""
    heads = await store.read(telling.heads, person.workspace_id)
    return [Standing(row, heads.get(row.id)) for row in await owned(store, person, name)]


async def ambassadors(store: Store, workspace_id: str) -> list[Ambassador]:
    """Return everybody, with accounts, what they allow, and groups."""

    def found(connection: Connection) -> list[Ambassador]:
        heads, groups = telling.heads(connection, workspace_id), telling.memberships(connection, workspace_id)
        return _put_together(
            people.listed(connection, workspace_id), accounts.listed(connection, workspace_id), heads, groups
        )

    return await store.read(found)


async def some_ambassadors(store: Store, workspace_id: str, after: str, most: int) -> list[Ambassador]:
    """Return so many people, the first added first: those after an id."""

    @no_snapshot
    def found(connection: Connection) -> list[Ambassador]:
        return _known(connection, workspace_id, people.page(connection, workspace_id, after, most))

    return await store.read(found)


async def ambassador(store: Store, workspace_id: str, person_id: str) -> Ambassador:
    """Return one person with all that belongs to them; raises NotFoundError."""

    @no_snapshot
    def found(connection: Connection) -> list[Ambassador]:
        one = people.member(connection, workspace_id, person_id)
        return [] if one is None else _known(connection, workspace_id, [one])

    for one in await store.read(found):
        return one
    raise NotFoundError(f"There is nobody with the id {person_id} in this workspace.")


def _known(connection: Connection, workspace_id: str, members: Sequence[Member]) -> list[Ambassador]:
    """Put together what belongs to a few people."""
    owned: dict[str | None, list[Standing]] = {}
    for row, head in telling.owned(connection, workspace_id, [person.id for person, _ in members]):
        owned.setdefault(row.person_id, []).append(Standing(row, head))
    return [Ambassador(person, owned.get(person.id, []), groups) for person, groups in members]


def _put_together(
    persons: Sequence[Person], owned: Sequence[AccountRow], heads: Mapping[str, Head], groups: Mapping[str, list[str]]
) -> list[Ambassador]:
    rows: dict[str, list[AccountRow]] = {}
    for row in owned:
        rows.setdefault(row.person_id or "", []).append(row)
    return [
        Ambassador(
            person,
            [Standing(row, heads.get(row.id)) for row in rows.get(person.id, [])],
            groups.get(person.id, []),
        )
        for person in persons
    ]


def _refuse_past(until: datetime | None, now: datetime) -> None:
    if until is not None and until <= now:
        raise ConflictError("This consent would have ended already: choose a later --until.")
