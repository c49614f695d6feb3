"""Changes: all files together or none, the same again changes nothing, and what is read follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, func, select

from engine.graph import FirstRun
from engine.ids import new_id
from engine.model.budget import month
from engine.model.consent import Mode, Terms
from engine.store import accounts, budgets, consents, holds, joins, mappings, people, sources, tables, workspaces
from engine.store.accounts import AccountRow, ImplicitSink
from engine.store.holds import HoldRow
from engine.store.workspaces import Workspace
from mappings.changing.changes import Change, apply
from mappings.changing.knowing import known_names
from mappings.compiling import compile_document
from mappings.findings import FindingsError
from mappings.known import Known

if TYPE_CHECKING:
    from datetime import datetime

    from engine.contract.registry import Registry
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock
    from mappings.changing.changes import Outcome

GOOD = (Path(__file__).parents[1] / "samples" / "good.yaml").read_text()
SMALL = """\
mapping: blog
sources:
  feed: {kind: feed, url: https://example.org/feed, every: 20m}
operators:
  later: {kind: delay, from: feed, for: 1h}
sinks:
  hook: {kind: webhook, from: later, url: https://hooks.example.org/in}
"""


@pytest.fixture
async def workspace(store: Store, clock: FakeClock) -> str:
    """Give a workspace with two accounts and a group."""
    made = new_id()
    await store.write(workspaces.create, Workspace(made, "acme", "sealed key", clock.now()))
    for name, platform in (("acme-page", "facebook"), ("acme-linkedin", "linkedin")):
        await store.write(accounts.add, AccountRow(new_id(), made, name, platform, clock.now()))
    await store.write(people.add_group, made, "ambassadors-fr")
    return made


async def rows(store: Store, table: Any) -> int:
    def count(connection: Connection) -> int:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)

    return await store.read(count)


async def test_files_become_active_mappings_that_read_their_sources(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    change = Change(workspace, {"news.yaml": GOOD, "blog.yaml": SMALL.encode()})
    outcome = await apply(store, registry, clock, change)

    assert [(one.mapping, one.file, one.what, one.version) for one in outcome.mappings] == [
        ("company-news", "news.yaml", "new", 1),
        ("blog", "blog.yaml", "new", 1),
    ]
    news, blog = outcome.mappings
    assert (news.sources, news.operators, news.sinks) == (1, 4, 1)
    assert (news.joined, news.left, news.waiting) == (("page",), (), ())
    assert len(outcome.source_ids) == 2
    row = await store.read(mappings.by_name, workspace, "blog")
    assert (row.id, row.version_id, row.state, row.title) == (blog.mapping_id, blog.version_id, "active", "blog")
    assert [finding.code for finding in outcome.findings] == ["CH306"]  # nobody of the group has an account yet


async def test_a_source_is_read_with_its_account_as_often_as_asked(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    outcome = await apply(store, registry, clock, Change(workspace, {"news.yaml": GOOD}))

    def source(connection: Connection) -> tuple[Any, ...]:
        found = tables.sources.c
        names = (found.name, found.kind, found.every_s, found.account_id, found.settings, found.next_poll_at)
        return tuple(connection.execute(select(*names)).one())

    page = await store.read(accounts.by_name, workspace, "acme-page")
    read = await store.read(source)
    assert read == ("page", "facebook_page", 300, page.id, '{"reels":false}', clock.now())
    joined = await store.read(joins.of_mapping, workspace, outcome.mappings[0].mapping_id)
    assert joined == {"page": outcome.source_ids[0]}


async def test_the_same_again_changes_nothing(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    change = Change(workspace, {"blog.yaml": SMALL})
    first = await apply(store, registry, clock, change)
    clock.advance(60)
    again = await apply(store, registry, clock, replace(change, files={"blog.yaml": f"# more\n{SMALL}"}))

    assert again.mappings == (replace(first.mappings[0], what="unchanged", joined=()),)
    assert await rows(store, tables.mapping_versions) == 1
    assert await rows(store, tables.sources) == 1


async def test_a_change_is_a_new_version_and_says_what_is_joined_and_left(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL}))
    other = SMALL.replace("example.org/feed", "example.org/other").replace(
        "operators:", "  more: {kind: feed, url: https://example.org/more}\noperators:"
    )
    outcome = await apply(store, registry, clock, Change(workspace, {"blog.yaml": other}))

    changed = outcome.mappings[0]
    assert (changed.what, changed.version) == ("changed", 2)
    assert (changed.joined, changed.left) == (("feed", "more"), ("feed",))
    assert [finding.code for finding in outcome.findings] == ["CH203"]


async def test_nothing_is_applied_when_one_file_has_an_error(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    files = {"a.yaml": SMALL, "b.yaml": GOOD.replace("24h", "24 h").replace("from: page", "from: pag"), "c.yaml": "]"}
    with pytest.raises(FindingsError) as caught:
        await apply(store, registry, clock, Change(workspace, files))

    assert [(finding.file, finding.code) for finding in caught.value.findings] == [
        ("b.yaml", "CH108"),
        ("b.yaml", "CH201"),
        ("b.yaml", "CH306"),
        ("c.yaml", "CH003"),
    ]
    assert await rows(store, tables.mappings) == 0
    assert await rows(store, tables.sources) == 0


async def test_names_are_looked_up_in_the_workspace(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    text = GOOD.replace("acme-page", "acme-pages").replace("ambassadors-fr", "ambassadors")
    with pytest.raises(FindingsError) as caught:
        await apply(store, registry, clock, Change(workspace, {"news.yaml": text}))
    assert [(finding.line, finding.code, finding.sentence) for finding in caught.value.findings] == [
        (9, "CH301", "There is no account “acme-pages”. Did you mean `acme-page`?"),
        (37, "CH302", "There is no group “ambassadors”. Did you mean `ambassadors-fr`?"),
    ]


async def test_two_files_of_one_mapping_are_refused(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    with pytest.raises(FindingsError) as caught:
        await apply(store, registry, clock, Change(workspace, {"a.yaml": SMALL, "b.yaml": SMALL}))
    assert str(caught.value) == (
        "b.yaml:1:10  CH304  mapping  a.yaml is the mapping `blog` too. Give one of them another name."
    )


async def test_a_version_holds_its_parameters(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    text = SMALL.replace("https://example.org/feed", '"${FEED}"')
    change = Change(workspace, {"blog.yaml": text}, {"FEED": "https://acme.example/feed"}, origin="git 1a2b")
    outcome = await apply(store, registry, clock, change)

    document = await store.read(mappings.document, outcome.mappings[0].version_id)
    assert compile_document(document, registry).sources["feed"].source.identity().count("acme.example") == 1
    assert (await store.read(mappings.versions, workspace, outcome.mappings[0].mapping_id))[0].origin == "git 1a2b"
    other = await apply(store, registry, clock, replace(change, parameters={"FEED": "https://acme.example/other"}))
    assert (other.mappings[0].what, other.mappings[0].left) == ("changed", ("feed",))


async def test_posts_that_wait_are_told_of_and_asked_about_anew(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    first = await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL}))
    mapping = first.mappings[0].mapping_id
    await store.write(hold, workspace, first, ["later", "later", "gone"], clock.now())
    outcome = await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL.replace("for: 1h", "for: 2h")}))

    assert [(at.node, at.posts, at.stays) for at in outcome.mappings[0].waiting] == [
        ("gone", 1, False),
        ("later", 2, True),
    ]
    assert outcome.release_keys == (f"{mapping}:gone", f"{mapping}:later")
    assert await store.read(holds.due, clock.now(), 10) == [f"{mapping}:gone", f"{mapping}:later"]


def hold(connection: Connection, workspace: str, first: Outcome, nodes: list[str], now: datetime) -> None:
    """Keep a waiting post at each node, to be asked about tomorrow."""
    applied, post_id, route_id = first.mappings[0], new_id(), new_id()
    post = {
        "workspace_id": workspace, "id": post_id, "source_id": first.source_ids[0], "key": "k", "content_hash": "h",
        "fingerprint": "f", "document": "{}", "state": "routed", "seen_at": now, "changed_at": now,
    }  # fmt: skip
    connection.execute(tables.posts.insert().values(post))
    route = {
        "workspace_id": workspace, "id": route_id, "post_id": post_id, "mapping_id": applied.mapping_id,
        "version_id": applied.version_id, "node": "feed", "state": "routed", "held": len(nodes), "created_at": now,
    }  # fmt: skip
    connection.execute(tables.routes.insert().values(route))
    came = (workspace, route_id, post_id, applied.mapping_id, applied.version_id)
    made = [HoldRow(new_id(), *came, node, "{}", "Waits.", now) for node in nodes]
    holds.add(connection, made)
    holds.wait(connection, [row.id for row in made], now + timedelta(days=1), "")


async def test_a_removed_mapping_is_new_again_and_goes_on_counting(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    first = await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL}))
    await store.write(mappings.remove, workspace, first.mappings[0].mapping_id, clock.now())
    again = await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL}))

    assert (again.mappings[0].what, again.mappings[0].version) == ("new", 1)
    assert again.mappings[0].joined == ("feed",)


async def test_only_what_people_named_may_be_named(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    outcome = await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL}))
    sink = accounts.ImplicitSink(workspace, outcome.mappings[0].mapping_id, "blog", "hook", "webhook")
    await store.write(accounts.implicit, sink, clock.now())
    assert await store.read(known_names, workspace) == Known(
        {"acme-page": "facebook", "acme-linkedin": "linkedin"}, frozenset({"ambassadors-fr"}), members={}
    )


async def test_what_owners_allow_in_a_day_is_known_of_accounts_lent_to_every_mapping(
    store: Store, clock: FakeClock, workspace: str
) -> None:
    person = new_id()
    await store.write(people.add, people.Person(person, workspace, "Lea", clock.now()))
    for name, lent in (("lea", None), ("lea-blog", ("blog",)), ("lea-asked", None)):
        account = new_id()
        row = AccountRow(account, workspace, name, "linkedin", clock.now(), person_id=person)
        await store.write(accounts.add, row)
        mode = Mode.ASK_ME if name == "lea-asked" else Mode.POST_FOR_ME
        terms = Terms(mode=mode, mappings=lent, max_per_day=3)
        await store.write(consents.give, workspace, person, account, terms, clock.now())
    known = await store.read(known_names, workspace)

    assert {name: terms.max_per_day for name, terms in known.terms.items()} == {"lea": 3}
    assert known.automatic == {"lea", "lea-blog"}
    assert known.money is None


async def test_the_money_of_the_month_is_known(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    await store.write(budgets.set_money, workspace, 12_500_000, month(clock.now()))

    assert (await store.read(known_names, workspace, registry)).money == Decimal("12.5")


async def test_what_a_mapping_takes_of_older_posts_is_kept_with_its_join(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    outcome = await apply(store, registry, clock, Change(workspace, {"news.yaml": GOOD}))
    joined = await store.read(read_joins, outcome.source_ids[0])
    assert joined == [FirstRun(last=3)]


def read_joins(connection: Connection, source_id: str) -> list[FirstRun]:
    return [join.first_run for join in sources.joins(connection, source_id)]


async def _lose(store: Store, workspace: str, name: str, clock: FakeClock) -> None:
    row = await store.read(mappings.by_name, workspace, "blog")
    sink = ImplicitSink(workspace, row.id, "blog", name, "webhook")
    account = await store.write(accounts.implicit, sink, clock.now())
    await store.write(accounts.set_state, workspace, account, "lost", note="It answered 410.", now=clock.now())


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("hooks.example.org/in", "hooks.example.org/moved", "live"),
        ("url: https://hooks", "receiver: deduplicates, url: https://hooks", "live"),
        ("for: 1h", "for: 2h", "lost"),
        ("from: later", "from: feed", "lost"),
    ],
)
async def test_a_lost_sink_comes_back_with_other_settings_of_its_own(
    store: Store, registry: Registry, clock: FakeClock, workspace: str, *, old: str, new: str, state: str
) -> None:
    await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL}))
    await _lose(store, workspace, "hook", clock)
    await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL}))
    assert (await store.read(accounts.by_name, workspace, "blog/hook")).state == "lost"

    await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL.replace(old, new)}))
    assert (await store.read(accounts.by_name, workspace, "blog/hook")).state == state


RENAMED = SMALL.replace("later", "after").replace("feed: {", "blog: {").replace("from: feed", "from: blog")


async def test_what_has_moved_takes_its_posts_and_its_source_with_it(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    first = await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL}))
    await store.write(hold, workspace, first, ["later"], clock.now())
    before = await store.read(joins.of_mapping, workspace, first.mappings[0].mapping_id)
    moved = f"{RENAMED}moved:\n  - {{from: feed, to: blog}}\n  - {{from: later, to: after}}\n"
    outcomes = [await apply(store, registry, clock, Change(workspace, {"blog.yaml": moved})) for _ in range(2)]

    [mapping] = outcomes[-1].mappings
    assert (mapping.version, mapping.joined, mapping.left) == (2, (), ())
    assert [(at.node, at.posts, at.stays) for at in mapping.waiting] == [("after", 1, True)]
    assert await store.read(joins.of_mapping, workspace, mapping.mapping_id) == {"blog": before["feed"]}
    [row] = await store.read(holds.waiting, mapping.mapping_id, "after", 10)
    assert row.version_id == mapping.version_id


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        ("{from: old, to: hook}", "`hook` is no source or operator of this mapping"),
        ("{from: later, to: feed}", "`later` still stands in this mapping"),
    ],
)
def test_only_what_is_gone_moves_and_only_to_what_is_there(registry: Registry, moved: str, said: str) -> None:
    with pytest.raises(FindingsError, match=said):
        compile_document(f"{SMALL}moved: {moved}\n", registry)


async def test_who_sent_a_version_is_kept_with_it(
    store: Store, registry: Registry, clock: FakeClock, workspace: str
) -> None:
    outcome = await apply(store, registry, clock, Change(workspace, {"blog.yaml": SMALL}, by="Ada"))
    [version] = await store.read(mappings.versions, workspace, outcome.mappings[0].mapping_id)
    assert (version.made_by, version.origin) == ("Ada", "blog.yaml")
