"""How often sources publish is read from their posts, and how much comes to accounts from the mappings."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from connectors.shipped import ALL as CONNECTORS
from engine.contract.registry import Registry
from engine.ids import new_id
from engine.store import accounts, budgets, mappings, workspaces
from engine.store import tables as t
from engine.store.accounts import AccountRow
from engine.store.workspaces import Workspace
from mappings.changing.changes import Change, apply
from mappings.changing.knowing import known_names
from mappings.known import Known
from mappings.linting.lint import lint
from mappings.operators import ALL as OPERATORS
from mappings.rules.sample import sample

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store import Connection
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


@pytest.fixture
async def workspace(store: Store, clock: FakeClock) -> str:
    """Give a workspace without anything in it."""
    made = new_id()
    await store.write(workspaces.create, Workspace(made, "acme", "sealed key", clock.now()))
    return made


def read(connection: Connection, source_id: str, since: datetime, now: datetime) -> None:
    """Make a source as old as that, and read it now."""
    values = {"created_at": since, "last_poll_at": now}
    connection.execute(t.sources.update().where(t.sources.c.id == source_id).values(values))


def add(
    connection: Connection, workspace: str, source_id: str, posts: list[tuple[datetime, datetime | None, str]]
) -> None:
    """Add posts: when each was seen, when published, and its state."""
    for seen, published, state in posts:
        row = {
            "workspace_id": workspace, "id": (key := new_id()), "source_id": source_id, "key": key, "content_hash": "h",
            "fingerprint": "f", "document": "{}", "state": state, "seen_at": seen, "published_at": published,
            "changed_at": seen,
        }  # fmt: skip
        connection.execute(t.posts.insert().values(row))


async def test_what_a_source_published_in_four_weeks_is_its_rate(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    outcome = await apply(store, registry, clock, Change(workspace, {"news.yaml": sample()}))
    (source_id,) = outcome.source_ids
    now, day = clock.now(), timedelta(days=1)
    await store.write(read, source_id, now - 14 * day, now)
    posts: list[tuple[datetime, datetime | None, str]] = [
        (now - 13 * day, now - 60 * day, "seen"),  # it was there long before
        (now - 12 * day, now - 12 * day, "routed"),
        (now - 3 * day, None, "routed"),
        (now - 2 * day, now - 2 * day, "held"),
        (now - day, now - day, "echo"),  # our own
        (now - 40 * day, now - 40 * day, "routed"),
    ]
    await store.write(add, workspace, source_id, posts)

    first = (await store.read(known_names, workspace, registry, now)).rates
    later = (await store.read(known_names, workspace, registry, now + 14 * day)).rates
    await store.write(read, source_id, now - 6 * day, now)
    young = (await store.read(known_names, workspace, registry, now)).rates

    assert [(account, rate) for (_, account), rate in first.items()] == [("", Fraction(3, 2))]
    assert list(later.values()) == [Fraction(3, 4)]
    assert young == {}
    text = sample("noon: {kind: slots, from: blog, at: '12:30', days: mon, timezone: Europe/Paris}", feeds="noon")
    found = lint(text, "news.yaml", registry, known=Known(rates=first))
    assert found[0].sentence.startswith("Lately, 1.5 posts a week came from `blog`, and at most 1 can leave `noon`.")


async def test_what_active_mappings_bring_to_accounts_is_known_where_somebody_set_a_bound(
    store: Store, clock: FakeClock, workspace: str
) -> None:
    shipped = Registry([*CONNECTORS, *OPERATORS])
    await store.write(accounts.add, AccountRow(new_id(), workspace, "acme", "x", clock.now()))
    stored = "store: {kind: tank, from: blog, every: 12h}"
    text = sample(stored, feeds="store", kind="x_post", sink="account: acme")
    outcome = await apply(store, shipped, clock, Change(workspace, {"news.yaml": text}))
    assert (await store.read(known_names, workspace, shipped, clock.now())).loads == ()

    month = (clock.now(), clock.now() + timedelta(days=30))
    await store.write(budgets.set_money, workspace, 5_000_000, month)
    (load,) = (await store.read(known_names, workspace, shipped, clock.now())).loads
    assert (load.mapping, load.sink, load.whom, load.weekly) == ("news", "hook", (("", "acme"),), Fraction(14))
    assert load.cost == Decimal("0.015")

    await store.write(mappings.remove, workspace, outcome.mappings[0].mapping_id, clock.now())
    assert (await store.read(known_names, workspace, shipped, clock.now())).loads == ()
