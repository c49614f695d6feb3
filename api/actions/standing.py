"""How a workspace does: what runs, what waits for a person, and whether the ledger adds up."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from api.actions import pausing, sourcing
from engine.errors import MappingError
from engine.model.delivery import State
from engine.store import (
    accounts,
    budgets,
    deliveries,
    ledger,
    mails,
    mappings,
    secrets,
    sources,
    telling,
    tellings,
    verdicts,
    webhooks,
    workspaces,
)
from engine.store.unit import sqlite_file
from mappings.linting.lint import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from api.actions.pausing import Switch
    from engine.contract.registry import Registry
    from engine.store.accounts import AccountRow
    from engine.store.ledger import Ledger
    from engine.store.mappings import MappingRow
    from engine.store.sources import SourceRow
    from engine.store.telling import Queue
    from engine.store.unit import Store
    from engine.store.webhooks import Webhook


WARN_BEFORE = timedelta(days=14)
HASTE_BEFORE = timedelta(days=3)
"""How long before its end an account that nobody can renew but its owner is warned of, and when more urgently."""
MAILS_SINCE = timedelta(days=7)
"""How old a mail's trouble may be to be named."""
NAMED = 3
"""So many people are named, the others counted."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits for a person: what it is, how many, and the command that deals with it."""

    what: str
    count: int
    sentence: str
    do: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a workspace, with the sources that its mappings read.

    `process` says which process runs it; empty where that cannot be seen.
    """

    process: str
    runs: bool | None
    mappings: list[MappingRow]
    sources: list[SourceRow]
    paused: list[Switch]
    waiting: list[Item]
    holding: list[Queue]
    deliveries: dict[str, int]
    ledger: Ledger


async def standing(
    store: Store, workspace_id: str, registry: Registry, database_url: str, *, now: datetime, instance: bool = True
) -> Standing:
    """Look at everything once; at mails of the whole instance, to users of any workspace, where `instance` says so."""
    counts = await store.read(deliveries.counts, workspace_id)
    read = [row for row in await store.read(sources.listed, workspace_id) if row.is_read]
    runs, process = running(database_url)
    senders = (workspace_id, mails.INSTANCE) if instance else (workspace_id,)
    return Standing(
        process=process,
        runs=runs,
        mappings=await store.read(mappings.listed, workspace_id),
        sources=read,
        paused=await pausing.switches(store, workspace_id),
        waiting=[
            *await _waiting(store, workspace_id, registry, counts, read),
            *await _ending(store, workspace_id, now),
            *await _unwritten(store, workspace_id, now, senders),
        ],
        holding=await store.read(telling.queues, workspace_id),
        deliveries=counts,
        ledger=await store.read(ledger.ledger, workspace_id),
    )


async def waiting(store: Store, registry: Registry, *, now: datetime) -> list[Item]:
    """Return what waits for a person in all workspaces: just what `standing` says of each."""
    found: list[Item] = []
    for workspace in await store.read(workspaces.listed):
        counts = await store.read(deliveries.counts, workspace.id)
        read = [row for row in await store.read(sources.listed, workspace.id) if row.is_read]
        found += await _waiting(store, workspace.id, registry, counts, read)
        found += await _ending(store, workspace.id, now)
        found += await _unwritten(store, workspace.id, now, (workspace.id, mails.INSTANCE))
    return found


async def _waiting(
    store: Store, workspace_id: str, registry: Registry, counts: dict[str, int], read: list[SourceRow]
) -> list[Item]:
    held = await sourcing.held(store, workspace_id)
    lost = [row for row in await store.read(accounts.listed, workspace_id) if row.state == accounts.LOST]
    told = await store.read(tellings.waiting, workspace_id)  # they wait for their owners' silence
    missing, broken = await _mapping_troubles(store, workspace_id, registry)
    return [
        *_of_posts(await store.read(verdicts.count, workspace_id)),
        *_of_deliveries(counts | {State.WAITING: counts[State.WAITING] - told}),
        *await _of_money(store, workspace_id, counts),
        *_of_sources(read, held),
        *_of_accounts(lost),
        *_of_webhooks(await store.read(webhooks.listed, workspace_id)),
        *(Item("secret", 1, f"The secret {name} is not set.", f"chappe secrets set {name}") for name in missing),
        *(Item("mapping", 1, sentence, "chappe lint FILE, then chappe apply FILE") for sentence in broken),
    ]


async def _ending(store: Store, workspace_id: str, now: datetime) -> list[Item]:
    """Warn of what ends soon and only its owner can renew, more urgently in the last days."""
    items = []
    for name, end in await store.read(accounts.ending, workspace_id, now + WARN_BEFORE):
        haste = "in less than three days, " if end - now <= HASTE_BEFORE else ""
        sentence = f"The right to use {name} ends {haste}on {end:%d %B %Y}; then its posts wait."
        items.append(Item("account", 1, sentence, f"chappe accounts reconnect {name}"))
    return items


async def _unwritten(store: Store, workspace_id: str, now: datetime, senders: Sequence[str]) -> list[Item]:
    """Name the mails that reached no server, and who wants to be told first and cannot be written to."""
    items = []
    if troubles := await store.read(mails.troubles, senders, now - MAILS_SINCE):
        newest, number = troubles[0], len(troubles)
        noun = "mail reached" if number == 1 else "mails reached"
        sentence = f"{number} {noun} nobody, the last one to {newest.address}: {newest.note}"
        items.append(Item("mail", number, sentence, "chappe mail status"))
    chosen = await store.read(tellings.choosers, workspace_id)
    if untold := [name for name, email in chosen.items() if not email]:
        more = f" and {len(untold) - NAMED} more" if len(untold) > NAMED else ""
        verbs = "wants to be told first and has" if len(untold) == 1 else "want to be told first and have"
        sentence = f"{', '.join(untold[:NAMED])}{more} {verbs} no e-mail address: each post waits for a yes."
        items.append(Item("address", len(untold), sentence, f'chappe people set "{untold[0]}" --email ADDRESS'))
    return items


def running(database_url: str) -> tuple[bool | None, str]:
    """Tell whether `chappe up` runs on this machine, and as which process; None where that cannot be seen."""
    file = sqlite_file(database_url)
    if file is None:
        return None, ""
    try:
        holder = json.loads(file.with_name(f"{file.name}.lock").read_text(encoding="utf-8"))
        pid, host = int(holder["pid"]), str(holder["host"])
    except (OSError, ValueError, KeyError):
        return False, ""
    if host != socket.gethostname():
        return None, f"process {pid} on {host}"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False, ""
    except PermissionError:
        return True, f"process {pid}"
    return True, f"process {pid}"


async def _mapping_troubles(store: Store, workspace_id: str, registry: Registry) -> tuple[list[str], list[str]]:
    """Return the secrets that active mappings name and nobody has set, and sentences on mappings that break."""
    there = await store.read(secrets.listed, workspace_id)
    rows = [row for row in await store.read(mappings.listed, workspace_id) if row.version_id]
    texts = [(row.name, await store.read(mappings.document, row.version_id or "")) for row in rows]
    found = await asyncio.to_thread(lambda: [_trouble(name, text, registry) for name, text in texts])
    named = frozenset[str]().union(*(secrets_named for secrets_named, _ in found))
    return sorted(named - there.keys()), [sentence for _, sentence in found if sentence]


@lru_cache(maxsize=1_000)
def _trouble(name: str, text: str, registry: Registry) -> tuple[frozenset[str], str]:
    """Return the secrets that a document names, and why it cannot be used; a text says the same every time."""
    try:
        checked = check(text, name, registry)
    except MappingError as error:
        return frozenset(), f"The mapping {name} cannot be used: {error}"
    why = "" if checked.usable else f"The mapping {name} cannot be used: {checked.findings[0].sentence}"
    return frozenset(each for node in checked.nodes.values() for each in node.secrets().values()), why


def _of_posts(number: int) -> Iterator[Item]:
    if number:
        noun = "post waits" if number == 1 else "posts wait"
        yield Item("editor", number, f"{number} {noun} for an editor's decision.", "chappe approvals list")


def _of_deliveries(counts: dict[str, int]) -> Iterator[Item]:
    for state, what, words in (
        (State.WAITING, "approval", "for an approval"),
        (State.CHECK_NEEDED, "check", "for a look at the account, since nobody else can tell whether they are out"),
        (State.BLOCKED, "blocked", "until what blocks them is mended"),
    ):
        if number := counts[state]:
            noun = "delivery waits" if number == 1 else "deliveries wait"
            do = f"chappe deliveries list --state {state.replace('_', '-')}"
            yield Item(what, number, f"{number} {noun} {words}.", do)


async def _of_money(store: Store, workspace_id: str, counts: dict[str, int]) -> list[Item]:
    number = await store.read(budgets.lacking, workspace_id) if counts[State.BLOCKED] else 0
    if not number:
        return []
    noun = "delivery waits" if number == 1 else "deliveries wait"
    sentence = f"{number} {noun} for money: the budget of this month is spent."
    return [Item("money", number, sentence, "chappe budget show, then chappe budget set DOLLARS")]


def _of_sources(rows: list[SourceRow], held: dict[str, int]) -> Iterator[Item]:
    for row in rows:
        one = sourcing.called(row, rows)
        if number := held.get(row.id):
            many = "1 new post is" if number == 1 else f"{number} new posts, which came at once, are"
            sentence = f"{many} held until you have looked at {row.name}."
            yield Item("flood", number, sentence, f"chappe sources release {one} (or --skip)")
        if row.state == sources.FAILING:
            times = "" if row.failures == 1 else f", {row.failures} times in a row"
            sentence = f"{row.name} fails{times}: {row.note}"
            yield Item("source", 1, sentence, f"chappe sources poll {one}")


def _of_accounts(lost: list[AccountRow]) -> Iterator[Item]:
    for row in lost:
        yield Item("account", 1, f"The account {row.name} is lost: {row.note}", f"chappe accounts reconnect {row.name}")


def _of_webhooks(rows: list[Webhook]) -> Iterator[Item]:
    for row in rows:
        if row.state == webhooks.DISABLED and row.note != webhooks.BY_A_PERSON:
            sentence = f"The webhook {row.name} is no longer called. {row.note}"
            yield Item("webhook", 1, sentence, f"chappe webhooks set {row.name} --enable")
