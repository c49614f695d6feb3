"""What people allow, recorded by an operator on their word: given, withdrawn, and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import ConflictError, NotFoundError
from engine.model.consent import Mode, Terms
from engine.store import accounts, consents, people, telling
from mappings.findings import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.model.consent import Head
    from engine.store.accounts import AccountRow
    from engine.store.consents import Effect
    from engine.store.people import Person
    from engine.store.unit import Store

MODES = {"ask-me": Mode.ASK_ME, "tell-first": Mode.TELL_FIRST, "post-for-me": Mode.POST_FOR_ME}


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


async def owned(store: Store, person: Person, name: str | None = None) -> list[AccountRow]:
    """Return a person's accounts, or the one of that name; raises NotFoundError where there is none."""
    rows = [row for row in await store.read(accounts.listed, person.workspace_id) if row.person_id == person.id]
    if not rows:
        how = f"`chappe accounts add KIND NAME --person {person.name!r}`"
        raise NotFoundError(f"{person.name} has no account yet: {how}.")
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
    if terms.until is not None and terms.until <= now:
        raise ConflictError("This consent would have ended already: choose a later --until.")
    return [await store.write(consents.give, person.workspace_id, person.id, row.id, terms, now) for row in chosen]


async def withdraw(store: Store, person: Person, chosen: Sequence[AccountRow], now: datetime) -> list[Effect]:
    """End the consent for some of a person's accounts."""
    return [await store.write(consents.withdraw, person.workspace_id, person.id, row.id, now) for row in chosen]


async def standings(store: Store, person: Person) -> list[Standing]:
    """Return what a person allows, account by account."""
    heads = await store.read(telling.heads, person.workspace_id)
    return [Standing(row, heads.get(row.id)) for row in await owned(store, person)]


async def ambassadors(store: Store, workspace_id: str) -> list[Ambassador]:
    """Return everybody, with accounts, what they allow, and groups."""
    rows: dict[str, list[AccountRow]] = {}
    for row in await store.read(accounts.listed, workspace_id):
        rows.setdefault(row.person_id or "", []).append(row)
    heads = await store.read(telling.heads, workspace_id)
    groups = await store.read(telling.memberships, workspace_id)
    return [
        Ambassador(
            person,
            [Standing(row, heads.get(row.id)) for row in rows.get(person.id, [])],
            groups.get(person.id, []),
        )
        for person in await store.read(people.listed, workspace_id)
    ]
