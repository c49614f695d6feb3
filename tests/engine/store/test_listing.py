"""Lists follow their indexes: every page goes on after the last, and none reads the whole table."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, insert, select, text

from engine.ids import earliest
from engine.model.delivery import State
from engine.store import accounts, listing, tables
from engine.store.listing import After, Wanted
from tests.engine.store.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows

ROUTES, ACCOUNTS, MAPPINGS, THEIRS = 60, 5, 3, 2
STATES = [State.SENT] * 4 + [State.PLANNED, State.WAITING, State.REJECTED]
WHOLE = re.compile(
    r"Seq Scan|pk_deliveries on deliveries d\b|Bitmap Index Scan on pk_"
    r"|SCAN (?!CONSTANT|\(|s\d|found|counted)(?!.*USING)"
)
POST_STATES = ["routed", "routed", "seen", "held"]


def identity(kind: str, minute: int, nth: int = 0) -> str:
    """Give an id made at a minute after NOW."""
    return earliest(NOW + timedelta(minutes=minute))[:12] + f"{nth:016x}{ord(kind):04x}"


def fill(connection: Connection, workspace: str) -> None:
    """Put mappings, accounts, posts, routes and deliveries into a workspace."""
    mark = workspace[-4:]
    at: dict[str, Any] = {"workspace_id": workspace}

    def one(kind: str, nth: int) -> str:
        return f"{identity(kind, nth)[:24]}{mark}{ord(kind):04x}"

    def put(table: Any, rows: list[dict[str, Any]]) -> None:
        connection.execute(insert(table), [at | row for row in rows])

    made = {"created_at": NOW, "updated_at": NOW}
    names = range(MAPPINGS)
    put(tables.mappings, [{"id": one("m", n), "name": f"m{n}", "state": "active", **made} for n in names])
    source = {"name": "page", "kind": "feed", "settings": "{}", "every_s": 60, "created_at": NOW}
    put(tables.sources, [{"id": one("s", n), "identity": f"s{n}", **source} for n in range(2)])
    account = {"platform": "x", "implicit": False, "created_at": NOW}
    put(tables.people, [{"id": one("h", 0), "name": "Léa", "created_at": NOW}])
    put(tables.accounts, [
        {"id": one("a", n), "name": f"a{n}", "person_id": one("h", 0) if n < THEIRS else None, **account}
        for n in range(ACCOUNTS)
    ])  # fmt: skip
    post = {"content_hash": "", "fingerprint": "", "document": "{}", "seen_at": NOW, "changed_at": NOW}
    put(tables.posts, [
        {"id": one("p", n), "source_id": one("s", n % 2), "key": f"k{n}", "state": POST_STATES[n % 4], **post}
        for n in range(ROUTES)
    ])  # fmt: skip
    route = {"version_id": "v", "node": "page", "state": "routed", "created_at": NOW}
    put(tables.routes, [
        {"id": one("r", n), "post_id": one("p", n), "mapping_id": one("m", n % MAPPINGS), **route}
        for n in range(ROUTES)
    ])  # fmt: skip
    delivery = {"version_id": "v", "sink": "out", "content_id": "c", "due_at": NOW, "released_at": NOW, "max_age_s": 9}
    put(tables.deliveries, [
        {"id": f"{identity('d', n, a + 1)[:24]}{mark}{a:04x}", "route_id": one("r", n), "post_id": one("p", n),
         "mapping_id": one("m", n % MAPPINGS), "account_id": one("a", a), "state": STATES[(n + a) % 7],
         **delivery, **made}
        for n in range(ROUTES) for a in range(ACCOUNTS)
    ])  # fmt: skip


@pytest.fixture
async def filled(store: Store, rows: Rows) -> str:
    """Give a workspace beside another one of the same size."""
    await store.write(fill, rows.workspace)
    other = "f" * 28 + "0bad"
    await store.write(lambda connection: fill(connection, other))
    return rows.workspace


async def first(store: Store, table: str, workspace: str) -> str:
    rows = tables.metadata.tables[table]
    query = select(func.min(rows.c.id)).where(rows.c.workspace_id == workspace)
    return await store.read(lambda connection: str(connection.execute(query).scalar()))


async def walked(store: Store, page: Callable[..., Any], workspace: str, wanted: Wanted) -> list[Any]:
    """Return all rows, three pages' worth at a time; every one must look at an index alone."""
    found: list[Any] = []
    after: After | None = None
    while rows := await store.read(planned, page, workspace, wanted, after):
        found += [getattr(row, "post", row) for _, row in rows]
        after = rows[-1][0]
    return found


def planned(connection: Connection, page: Callable[..., Any], *arguments: Any) -> Any:
    """Read a page, and look at the plans of what was asked: no table is read as a whole."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    rows = page(connection, *arguments, 50)
    event.remove(connection, "before_cursor_execute", note)
    if connection.dialect.name == "postgresql":  # it reads a small table as a whole unless it is told not to
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    for statement, values in asked:
        for plan in plans(connection, statement, values):
            assert [line for line in plan if WHOLE.search(line)] == [], plan
    return rows


def plans(connection: Connection, statement: str, values: tuple[Any, ...]) -> Iterator[list[str]]:
    """Give the plan of a statement; on PostgreSQL also the one for all values, which serves what is asked often."""
    if connection.dialect.name == "sqlite":
        yield [str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
        return
    given = ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in values)
    connection.execute(text(f"PREPARE asked AS {statement}".replace(":", "\\:")))
    for mode in ("force_custom_plan", "force_generic_plan"):
        connection.execute(text(f"SET LOCAL plan_cache_mode = {mode}"))
        yield [str(row) for row in connection.execute(text(f"EXPLAIN EXECUTE asked ({given})"))]
    connection.execute(text("DEALLOCATE asked"))


async def test_pages_of_deliveries_give_each_once_newest_first(store: Store, filled: str) -> None:
    rows = await walked(store, listing.delivery_page, filled, Wanted())

    assert len(rows) == ROUTES * ACCOUNTS
    assert [row.id for row in rows] == sorted({row.id for row in rows}, reverse=True)
    assert {row.workspace_id for row in rows} == {filled}


async def test_deliveries_are_narrowed_by_what_is_wanted(store: Store, filled: str) -> None:
    account, mapping = await first(store, "accounts", filled), await first(store, "mappings", filled)
    post, person = await first(store, "posts", filled), await first(store, "people", filled)
    theirs = await store.read(accounts.ids_of, filled, person)
    assert len(theirs) == THEIRS
    narrowed = {
        Wanted(account_id=account): lambda row: row.account_id == account,
        Wanted(person_id=person): lambda row: row.account_id in theirs,
        Wanted(person_id=person, states=("sent",)): lambda row: row.account_id in theirs and row.state == "sent",
        Wanted(person_id=person, account_id=account): lambda row: row.account_id == account,
        Wanted(person_id="nobody"): lambda _row: False,
        Wanted(mapping="m0"): lambda row: row.mapping_id == mapping,
        Wanted(post_id=post): lambda row: row.post_id == post,
        Wanted(account_id=account, mapping="m0"): lambda row: (row.account_id, row.mapping_id) == (account, mapping),
        Wanted(mapping="m0", states=("sent", "rejected")): lambda row: (
            row.mapping_id == mapping and row.state in {"sent", "rejected"}
        ),
        Wanted(since=NOW + timedelta(minutes=50)): lambda row: row.id >= identity("d", 50)[:12],
        Wanted(until=NOW + timedelta(minutes=2), account_id=account): lambda row: (
            row.account_id == account and row.id < identity("d", 2)[:12]
        ),
    } | {Wanted(states=(state.value,)): lambda row, state=state: row.state == state for state in State}
    everything = await walked(store, listing.delivery_page, filled, Wanted())

    for wanted, is_meant in narrowed.items():
        rows = await walked(store, listing.delivery_page, filled, wanted)
        assert [row.id for row in rows if not is_meant(row)] == [], wanted
        assert len(rows) == len({row.id for row in rows}) == sum(map(is_meant, everything)), wanted


async def test_posts_are_narrowed_by_what_is_wanted(store: Store, filled: str) -> None:
    source = await first(store, "sources", filled)
    everything = await walked(store, listing.post_page, filled, Wanted())

    assert [row.id for row in everything] == sorted({row.id for row in everything}, reverse=True)
    assert len(everything) == ROUTES
    for wanted, count in {
        Wanted(states=("routed",)): ROUTES // 2,
        Wanted(states=("seen", "held")): ROUTES // 2,
        Wanted(source_id=source): ROUTES // 2,
        Wanted(source_id=source, states=("routed",)): ROUTES // 4,
        Wanted(mapping="m0"): ROUTES // MAPPINGS,
        Wanted(until=NOW + timedelta(minutes=10)): 10,
        Wanted(mapping="m0", since=NOW + timedelta(minutes=10), until=NOW + timedelta(minutes=10 + 3 * MAPPINGS)): 3,
        Wanted(states=("echo",)): 0,
    }.items():
        rows = await walked(store, listing.post_page, filled, wanted)
        assert len({row.id for row in rows}) == len(rows) == count, wanted


async def test_every_list_is_read_both_ways(store: Store, filled: str) -> None:
    account = await first(store, "accounts", filled)
    source, post = await first(store, "sources", filled), await first(store, "posts", filled)
    person = await first(store, "people", filled)
    for page, wanted in (
        (listing.delivery_page, Wanted()),
        (listing.delivery_page, Wanted(states=("sent", "rejected"))),
        (listing.delivery_page, Wanted(account_id=account)),
        (listing.delivery_page, Wanted(person_id=person)),
        (listing.delivery_page, Wanted(mapping="m0", states=("sent",))),
        (listing.delivery_page, Wanted(post_id=post)),
        (listing.post_page, Wanted()),
        (listing.post_page, Wanted(source_id=source)),
        (listing.post_page, Wanted(mapping="m0")),
    ):
        newest = await walked(store, page, filled, wanted)
        oldest = await walked(store, page, filled, replace(wanted, oldest=True))
        assert [row.id for row in oldest] == [row.id for row in reversed(newest)], wanted
        assert newest
