"""A route takes what a walk adds to it once, and its cursor moves only over a plan that stands as it was read."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import ConflictError
from engine.ids import new_id
from engine.model.post import Content
from engine.model.text import fingerprint_of
from engine.store import accounts, audiences, contents, people, posts, releases, routes, tables
from engine.store.audiences import Found, Want
from engine.store.planning import Entry, Part, Way
from engine.store.releases import Onward, Outcome
from engine.store.routes import Ends, Extension, Leg
from engine.store.tables import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows


HOUR = timedelta(hours=1)


def leg(now: datetime, *accounts: str) -> Leg:
    return Leg("out", "v2", accounts, ("text",), now, 60, 3.5, approval="Ask.")


def part(now: datetime, *accounts: str) -> Part:
    entries = [Entry(new_id(), account, "text", stamp(now)) for account in accounts]
    return Part("out", "v2", 60, approval="", entries=entries)


async def new_route(rows: Rows) -> Way:
    """Add a route that nobody has walked."""
    route_id = await rows.route(state="new")
    ((post_id,),) = await rows.read(tables.posts, "id")
    return Way(route_id, rows.workspace, post_id, rows.mapping_ids["news"], "news")


def first(way: Way, *legs: Leg) -> Extension:
    planned = sum(len(one.accounts) for one in legs)
    return Extension(way.route_id, way.workspace_id, "v2", legs=legs, ends=Ends(dropped=1, planned=planned))


async def ledger(rows: Rows) -> list[tuple[object, ...]]:
    return await rows.read(tables.routes, "state", "cursor", "branches", "dropped", "held", "planned")


async def test_a_plan_is_read_as_it_was_written(store: Store, rows: Rows, now: datetime) -> None:
    way = await new_route(rows)

    await store.write(routes.extend, first(way, leg(now, "a", "b"), leg(now, "c")), [], "news", now)

    plan = await store.read(routes.plan_of, way.route_id)
    assert plan is not None
    assert (plan.state, plan.cursor, plan.legs) == ("routing", 0, (leg(now, "a", "b"), leg(now, "c")))
    assert await ledger(rows) == [("routing", 0, 4, 1, 0, 3)]
    assert await rows.read(tables.routes, "version_id") == [("v2",)]
    assert await store.read(routes.plan_of, "nobody") is None


async def test_only_one_worker_writes_the_first_walk(store: Store, rows: Rows, now: datetime) -> None:
    way, account = await new_route(rows), await rows.account("acme")
    more = first(way, leg(now, account))

    done = await asyncio.gather(
        *(store.write(routes.extend, more, [part(now, account)], "news", now) for _ in range(3))
    )

    assert sorted(made is None for made in done) == [False, True, True]
    assert await ledger(rows) == [("routed", 1, 2, 1, 0, 1)]
    assert len(await rows.read(tables.deliveries, "id")) == 1


async def test_a_walk_onward_is_planned_at_once_unless_its_route_is_still_being_planned(
    store: Store, rows: Rows, now: datetime
) -> None:
    way, account, other = await new_route(rows), await rows.account("acme"), await rows.account("other")
    await store.write(routes.extend, first(way, leg(now, account)), [], "news", now)
    onward = replace(first(way, leg(now, other)), version_id=None, ends=Ends(planned=1))

    made = await store.write(routes.extend, onward, [part(now, other)], "news", now)

    assert made is not None
    assert made.count == 0
    assert await ledger(rows) == [("routing", 0, 3, 1, 0, 2)]
    plan = await store.read(routes.plan_of, way.route_id)
    assert plan is not None
    assert await store.write(routes.advance, way, plan, [part(now, account, other)], now)
    assert await ledger(rows) == [("routed", 2, 3, 1, 0, 2)]
    late = replace(onward, legs=(leg(now, account),), ends=Ends(dropped=2, held=-1))
    await store.write(routes.extend, late, [], "news", now)
    assert (await ledger(rows))[0][0] == "routing"


async def test_a_chunk_is_not_the_last_when_the_plan_has_grown(store: Store, rows: Rows, now: datetime) -> None:
    way, account, other = await new_route(rows), await rows.account("acme"), await rows.account("other")
    await store.write(routes.extend, first(way, leg(now, account)), [], "news", now)
    before = await store.read(routes.plan_of, way.route_id)
    onward = replace(first(way, leg(now, other)), version_id=None, ends=Ends(planned=1))
    await store.write(routes.extend, onward, [], "news", now)

    assert before is not None
    assert await store.write(routes.advance, way, before, [part(now, account)], now) is None

    assert await rows.read(tables.deliveries, "id") == []
    after = await store.read(routes.plan_of, way.route_id)
    assert after is not None
    assert await store.write(routes.advance, way, after, [part(now, account)], now)
    assert (await ledger(rows))[0][:2] == ("routing", 1)


@pytest.mark.parametrize(("nth", "expected"), [(0, ("doubtful", "waiting")), (1, ("planned", "blocked"))])
async def test_what_may_have_gone_out_before_a_restore_is_doubtful_and_what_comes_later_is_not(
    store: Store, rows: Rows, now: datetime, nth: int, expected: tuple[str, str]
) -> None:
    way, live, lost = await new_route(rows), await rows.account("acme"), await rows.account("other")
    await store.write(accounts.set_state, rows.workspace, lost, accounts.LOST, note="", now=now)
    await store.write(posts.doubt, [way.post_id], now - HOUR)
    some = replace(part(now, live), round=nth)
    await store.write(routes.extend, first(way, leg(now, live, lost)), [], "news", now)
    plan = await store.read(routes.plan_of, way.route_id)

    assert plan is not None
    assert await store.write(routes.advance, way, plan, [some], now)
    plan = await store.read(routes.plan_of, way.route_id)
    assert plan is not None
    assert await store.write(routes.advance, way, plan, [replace(part(now, lost), round=nth)], now)

    found = dict(await rows.read(tables.deliveries, "account_id", "state"))
    assert (found[live], found[lost]) == expected
    tried = [("restored_anew", now - HOUR)] if nth == 0 else []
    assert await rows.read(tables.attempts, "outcome", "frozen_at") == tried


async def test_a_cancelled_route_takes_nothing(store: Store, rows: Rows, now: datetime) -> None:
    way = await new_route(rows)
    await store.write(routes.cancel, way.route_id, "Cancelled by Léa.", now)

    assert await store.write(routes.extend, first(way, leg(now, "a")), [], "news", now) is None
    onward = replace(first(way, leg(now, "a")), version_id=None)
    assert await store.write(routes.extend, onward, [], "news", now) is None
    with pytest.raises(ConflictError, match="was cancelled"):
        await store.write(releases.write, Outcome({}, [], [Onward(onward)], [], None), "news", now)
    assert await ledger(rows) == [("cancelled", 0, 0, 0, 0, 0)]
    assert not await store.write(routes.cancel, "nobody", "", now)


async def test_plans_for_the_same_accounts_at_once_make_each_delivery_once(
    store: Store, rows: Rows, now: datetime
) -> None:
    accounts = [await rows.account(f"account {number}") for number in range(20)]
    way = await new_route(rows)
    nodes = [await rows.route(state="new", post_id=way.post_id, node=f"page {nth}") for nth in range(6)]
    rivals = [replace(way, route_id=route_id) for route_id in nodes]
    orders = [accounts if nth % 2 else accounts[::-1] for nth in range(6)]

    made = await asyncio.gather(
        *(
            store.write(routes.extend, first(rival, leg(now, *order)), [part(now, *order)], "news", now)
            for rival, order in zip(rivals, orders, strict=True)
        )
    )

    assert sum(one.count for one in made if one is not None) == len(accounts)
    assert sorted(await rows.read(tables.deliveries, "account_id")) == sorted((account,) for account in accounts)


async def test_a_lane_becomes_due_for_what_is_planned_and_never_later_than_it_was(
    store: Store, rows: Rows, now: datetime
) -> None:
    early, late = await rows.account("early"), await rows.account("late")
    await rows.store.write(lambda c: c.execute(
        tables.lanes.update().where(tables.lanes.c.account_id == early).values(next_due_at=now.replace(hour=8))
    ).close())  # fmt: skip
    way = await new_route(rows)

    made = await store.write(routes.extend, first(way, leg(now, early, late)), [part(now, early, late)], "news", now)

    assert made is not None
    assert sorted(made.due) == sorted([early, late])
    assert sorted(await rows.read(tables.lanes, "account_id", "next_due_at")) == sorted(
        [(early, now.replace(hour=8)), (late, now)]
    )


async def test_an_audience_is_found_by_group_by_names_or_by_the_sink_itself(
    store: Store, rows: Rows, now: datetime
) -> None:
    lea, karim = await rows.person("Léa"), await rows.person("Karim")
    await store.write(people.add_group, rows.workspace, "ambassadors")
    await store.write(people.enter, rows.workspace, "ambassadors", [lea, karim])
    await store.write(people.add_group, rows.workspace, "editors")
    await store.write(people.enter, rows.workspace, "editors", [lea])
    theirs = [await rows.account("one", lea), await rows.account("two", lea), await rows.account("three", karim)]
    await rows.account("elsewhere", lea, platform="x")
    acme = await rows.account("acme")

    found = await store.read(
        audiences.find,
        [
            Want(rows.workspace, "linkedin", group="ambassadors"),
            Want(rows.workspace, "linkedin", group="nobody"),
            Want(rows.workspace, "linkedin", names=("acme", "elsewhere", "acme")),
            Want(rows.workspace, "linkedin", own="acme"),
            Want("another workspace", "linkedin", group="ambassadors", names=("acme",)),
        ],
    )

    assert found == [
        Found(tuple(sorted(theirs))),
        Found(),
        Found((acme,), ("elsewhere",)),
        Found((), ("acme",)),
        Found(),
    ]


async def test_a_content_is_kept_with_its_words_fingerprint(store: Store, rows: Rows, now: datetime) -> None:
    words, title = Content(text="Nous recrutons !"), Content(title="Une offre")

    await store.write(contents.add, rows.workspace, [("one", words), ("two", title)], now)
    await store.write(contents.add, rows.workspace, [], now)

    assert await rows.read(tables.contents, "id", "hash", "fingerprint", "document") == [
        ("one", words.content_hash, fingerprint_of("nous recrutons"), words.model_dump_json()),
        ("two", title.content_hash, fingerprint_of("une offre"), title.model_dump_json()),
    ]
