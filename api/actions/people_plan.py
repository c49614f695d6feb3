"""What a file of people changes: planned and shown first, then done in one transaction, or not at all.

A file adds and changes. It removes nobody, and what somebody has withdrawn, or let end, is not given again by the
evidence that is on record for it: a new yes has new evidence. What a person said themselves stays as they said it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from api.actions.consenting import changes, is_live
from engine.errors import ConflictError
from engine.ids import new_id
from engine.model.consent import Terms
from engine.store import accounts, consents, mappings, people, telling
from engine.store.consents import OPERATOR_MOST
from engine.store.people import Person
from mappings.findings import FindingsError, clipped, did_you_mean
from mappings.rules import shape, workspace

if TYPE_CHECKING:
    from datetime import datetime

    from api.actions.people_file import Agreed, PeopleFile, Somebody
    from engine.model.consent import Head
    from engine.store import Connection
    from engine.store.accounts import AccountRow
    from engine.store.consents import Effect


NAME: Final = 16
"""So many signs of a hash name a plan."""


@dataclass(frozen=True, slots=True)
class Given:
    """A consent to record; `before` is what is allowed now, None for nothing."""

    person: str
    account: AccountRow
    before: Head | None
    terms: Terms

    def differences(self, now: datetime) -> list[str]:
        """Name the terms that change, none where nothing is allowed now."""
        if not is_live(self.before, now):
            return []
        return changes(self.before, self.terms, now) if self.before else []


@dataclass(slots=True)
class Plan:
    """What is to be done, in its order, and what is not done and why; two plans of the same state are equal."""

    added: list[tuple[str, str | None]] = field(default_factory=list)
    emails: list[tuple[str, str | None, str]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    entered: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.added or self.emails or self.groups or self.entered or self.left or self.given)


def name_of(plan: Plan, text: str) -> str:
    """Return what stands for a plan of a file: the same as long as it does the same.

    When a consent ends counts by the file alone: without a day of its own it is counted from when it is recorded.
    """
    given = [
        [
            one.person,
            one.account.id,
            one.before.seq if one.before else 0,
            one.terms.model_dump(mode="json", exclude={"until"}),
        ]
        for one in plan.given
    ]
    rest = [plan.added, plan.emails, plan.groups, plan.entered, plan.left, plan.notes]
    return hashlib.sha256(json.dumps([text, rest, given], sort_keys=True).encode()).hexdigest()[:NAME]


def hold_to(shown: str | None, plan: Plan, text: str) -> None:
    """Raise ConflictError where a file would do something else than what was shown under this name."""
    if shown is not None and shown != name_of(plan, text):
        raise ConflictError(
            "This file does something else by now than what was shown, so nothing was done. Look again."
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """What the workspace has, by name."""

    people: dict[str, Person]
    groups: dict[str, list[str]]
    accounts: dict[str, AccountRow]
    heads: dict[str, Head]
    mappings: frozenset[str]
    said: dict[str, set[str]]
    """The evidence that is on record of a yes, by account."""


def plan(connection: Connection, workspace_id: str, file: PeopleFile, now: datetime) -> Plan:
    """Return what a file changes. Raises FindingsError where it names what is not there, or is somebody else's."""
    known = _known(connection, workspace_id, file)
    made = Plan()
    for name, somebody in file.document.people.items():
        _person(made, known, name, somebody)
        for nth, agreed in enumerate(somebody.consents):
            _consent(made, known, file, (name, nth, agreed), now)
    if file.loaded.findings:
        raise FindingsError(sorted(file.loaded.findings, key=lambda one: (one.line, one.column)))
    return made


def carry_out(
    connection: Connection, workspace_id: str, file: PeopleFile, shown: Plan, now: datetime
) -> list[tuple[Given, Effect]]:
    """Do what was shown. Raises ConflictError where something else would be done by now: somebody was faster."""
    if plan(connection, workspace_id, file, now) != shown:
        raise ConflictError("Something has changed since this was shown, so nothing was done. Look at it again.")
    for name, email in shown.added:
        people.add(connection, Person(new_id(), workspace_id, name, now, email))
    ids = {person.name: person.id for person in people.listed(connection, workspace_id)}
    for name, _, email in shown.emails:
        people.set_email(connection, workspace_id, ids[name], email)
    for group in shown.groups:
        people.add_group(connection, workspace_id, group)
    for name, group in shown.entered:
        people.enter(connection, workspace_id, group, [ids[name]])
    for name, group in shown.left:
        people.leave(connection, workspace_id, group, [ids[name]])
    return [
        (one, consents.give(connection, workspace_id, ids[one.person], one.account.id, one.terms, now))
        for one in shown.given
    ]


def _known(connection: Connection, workspace_id: str, file: PeopleFile) -> _Known:
    persons = {person.name: person for person in people.listed(connection, workspace_id)}
    memberships = telling.memberships(connection, workspace_id)
    groups: dict[str, list[str]] = {group.name: [] for group in people.listed_groups(connection, workspace_id)}
    for person in persons.values():
        for group in memberships.get(person.id, []):
            groups[group].append(person.name)
    named = [persons[name] for name in file.document.people if name in persons]
    said: dict[str, set[str]] = {}
    for person in named:
        for record in consents.history(connection, workspace_id, person.id):
            text = json.loads(record.text)
            if text["given"]:
                said.setdefault(record.account_id, set()).add(text["terms"]["evidence"])
    return _Known(
        persons,
        groups,
        {row.name: row for row in accounts.listed(connection, workspace_id) if not row.implicit},
        telling.heads(connection, workspace_id),
        frozenset(row.name for row in mappings.listed(connection, workspace_id)),
        said,
    )


def _person(made: Plan, known: _Known, name: str, somebody: Somebody) -> None:
    before = known.people.get(name)
    if before is None:
        made.added.append((name, somebody.email))
    elif somebody.email is not None and somebody.email != before.email:
        made.emails.append((name, before.email, somebody.email))
    if somebody.groups is None:
        return
    wanted = dict.fromkeys(somebody.groups)
    made.groups += [group for group in wanted if group not in known.groups and group not in made.groups]
    made.entered += [(name, group) for group in wanted if name not in known.groups.get(group, ())]
    made.left += [(name, group) for group, members in known.groups.items() if name in members and group not in wanted]


def _consent(made: Plan, known: _Known, file: PeopleFile, said: tuple[str, int, Agreed], now: datetime) -> None:
    """Plan one consent for every account that it is for and that is there."""
    name, nth, agreed = said
    path = ("people", name, "consents", nth)
    for number, mapping in enumerate(agreed.mappings or ()):
        if mapping not in known.mappings:
            advice = did_you_mean(mapping, known.mappings) or " Apply it first."
            sentence = f"There is no mapping “{clipped(mapping)}” in this workspace.{advice}"
            file.loaded.add(shape.BAD_VALUE, (*path, "mappings", number), sentence)
    end = agreed.end()
    if end is not None and end <= now:
        file.loaded.add(shape.BAD_TIME, (*path, "until"), "This consent would have ended already: choose a later day.")
    latest = now + OPERATOR_MOST
    terms = Terms(
        mode=agreed.how_far, notice_hours=agreed.notice_hours, mappings=agreed.mappings,
        max_per_hour=agreed.max_per_hour, max_per_day=agreed.max_per_day,
        hours=agreed.hours or (), days=agreed.days or (), zone=agreed.zone.key if agreed.zone else None,
        until=min(end or latest, latest), how="operator", evidence=agreed.evidence,
    )  # fmt: skip
    for account in _accounts_of(made, known, file, said):
        _give(made, known, Given(name, account, known.heads.get(account.id), terms), now)


def _accounts_of(made: Plan, known: _Known, file: PeopleFile, said: tuple[str, int, Agreed]) -> list[AccountRow]:
    """Return the accounts that a consent is for; one that is not there yet is noted, one of somebody else refused."""
    name, nth, agreed = said
    person = known.people.get(name)
    mine = [row for row in known.accounts.values() if person is not None and row.person_id == person.id]
    if agreed.accounts is None:
        if not mine:
            made.notes.append((name, "no account yet: connect one, then apply this file again to record the consent"))
        return mine
    for number, account in enumerate(agreed.accounts):
        there = known.accounts.get(account)
        if there is None:
            again = "connect it, then apply this file again to record the consent"
            made.notes.append((name, f"no account {account} yet: {again}"))
        elif there not in mine:
            sentence = f"“{clipped(account)}” is not an account of {name}: a consent is given by its owner alone."
            path = ("people", name, "consents", nth, "accounts", number)
            file.loaded.add(workspace.UNKNOWN_ACCOUNT, path, sentence)
    return [row for row in mine if row.name in agreed.accounts]


def _give(made: Plan, known: _Known, one: Given, now: datetime) -> None:
    """Plan to record a consent where that is something new, or note why it is not recorded."""
    before, account = one.before, one.account
    if not is_live(before, now):
        if one.terms.evidence in known.said.get(account.id, set()):
            what = "has ended" if before is not None and before.given else "was withdrawn"
            made.notes.append((one.person, f"the consent for {account.name} {what}: a new yes needs new evidence"))
        else:
            made.given.append(one)
        return
    now_said = before.terms if before else one.terms
    if now_said.evidence == one.terms.evidence:
        one = replace(one, terms=one.terms.model_copy(update={"until": _sooner(one.terms.until, now_said.until)}))
        if not one.differences(now):
            return
    if now_said.how == "person":
        made.notes.append((one.person, f"what {one.person} said of {account.name} themselves stays as it is"))
    else:
        made.given.append(one)


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier end: evidence that is on record already makes no consent longer."""
    return min(filter(None, (one, other)), default=None)
