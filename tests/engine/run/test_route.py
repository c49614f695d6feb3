"""A post travels its mappings: what arrives is planned, account by account, and everything else is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.content.template import Template
from engine.ids import new_id
from engine.model.consent import Mode, Terms
from engine.model.delivery import State
from engine.model.post import Media
from engine.store import accounts, consents, pauses, routes
from engine.store import tables as t
from engine.store.pauses import Scope
from engine.wake import Kind
from tests.engine.run.routing import FREE, WORKSPACE, Routing
from tests.engine.sample_graph import Board, Hook, Keeps, Note, drops, graph, operator, passes, shouts, sink

if TYPE_CHECKING:
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Routing:
    return Routing(store, clock)


async def test_a_post_that_arrives_is_planned_for_the_account_and_its_lane_is_woken(world: Routing) -> None:
    await world.begin(graph(operator("loud", "page", shouts), sink("board", "loud", accounts=("acme",))))
    account = await world.account("acme")
    post = await world.post("hello")

    await world.route(post)

    now = world.clock.now()
    columns = ("account_id", "post_id", "sink", "state", "due_at", "released_at", "max_age_s", "round")
    assert await world.deliveries(*columns) == [(account, post, "board", "planned", now, now, 86_400, 0)]
    ((content, fingerprint),) = await world.rows(t.contents, "document", "fingerprint")
    assert '"text":"HELLO"' in content
    assert fingerprint
    assert world.woken(Kind.DRAIN) == [account]
    lane = await world.store.read(lambda c: c.execute(t.lanes.select()).mappings().one())
    assert lane["next_due_at"] == now
    assert await world.due_posts() == []


async def test_the_trace_tells_the_way_node_by_node(world: Routing) -> None:
    await world.begin(
        graph(
            operator("jobs", "page", passes), operator("lunch", "page", drops),
            sink("board", "jobs", accounts=("acme",)), sink("other", "lunch", accounts=("acme",)),
        )
    )  # fmt: skip
    await world.account("acme")
    post = await world.post()

    await world.route(post)

    assert await world.told(post) == [
        ("jobs", "passed", "Let through."),
        ("lunch", "dropped", "Nothing in it is about jobs."),
        ("board", "planned", "Planned for 1 of 1 account."),
    ]
    book = await world.ledger()
    assert (book.branches, book.dropped, book.held, book.planned, book.wrong) == (2, 1, 0, 1, ())


async def test_the_trace_tells_how_many_pictures_stay_behind(world: Routing) -> None:
    await world.begin(graph(sink("board", "page", Note, accounts=("acme",))))
    await world.account("acme")
    post = await world.post(media=tuple(Media(url=f"https://acme.example/{number}.png") for number in range(3)))

    await world.route(post)

    assert await world.told(post) == [
        ("board", "pictures", "Takes at most 1 picture of a post: 2 of 3 stay behind."),
        ("board", "planned", "Planned for 1 of 1 account."),
    ]


async def test_a_sink_with_its_own_address_gets_one_account_for_all_its_posts(world: Routing) -> None:
    await world.begin(graph(sink("hook", "page", Hook)))
    for text in ("one", "two"):
        await world.route(await world.post(text))

    assert await world.rows(t.accounts, "name", "platform", "implicit") == [("company-news/hook", "hook", True)]
    assert len(await world.deliveries("id")) == 2


async def test_only_those_who_consented_get_a_delivery_and_the_others_are_counted(world: Routing) -> None:
    await world.begin(graph(sink("board", "page", audience="ambassadors")))
    lea = await world.ambassador("Léa", FREE)
    karim = await world.ambassador("Karim", Terms(mode=Mode.ASK_ME))
    ana = await world.ambassador("Ana", Terms(mode=Mode.TELL_FIRST))
    await world.ambassador("Noor")
    await world.ambassador("Sam", Terms(mode=Mode.POST_FOR_ME, mappings=("other-news",)))
    await world.account("acme")
    post = await world.post()

    await world.route(post)

    assert sorted(await world.deliveries("account_id", "state", "reason")) == sorted(
        [(lea, "planned", ""), (karim, "waiting", "approval"), (ana, "waiting", "telling")]
    )
    sentence = (
        "Planned for 1 of 5 accounts; 1 waiting for an approval; 1 whose owner is told first; 2 without a consent that "
        "covers it."
    )
    assert ("board", "planned", sentence) in await world.told(post)
    book = await world.ledger()
    assert (book.branches, book.planned, book.wrong) == (3, 3, ())
    assert world.woken(Kind.DRAIN) == [lea]


@pytest.mark.parametrize(
    ("approval", "born"), [("none", ["blocked account", "planned "]), ("editor", ["waiting approval"] * 2)]
)
async def test_a_lost_account_is_blocked_and_a_mappings_approval_waits(
    world: Routing, approval: Any, born: list[str]
) -> None:
    await world.begin(graph(sink("board", "page", accounts=("lost", "acme"), approval=approval)))
    lost, acme = await world.account("lost"), await world.account("acme")
    await world.do(accounts.set_state, lost, "lost", note="Revoked.", now=world.clock.now())

    await world.route(await world.post())

    rows = await world.deliveries("account_id", "state", "reason")
    found = {account: f"{state} {reason}" for account, state, reason in rows}
    assert [found[lost], found[acme]] == born
    assert world.woken(Kind.DRAIN) == ([] if approval == "editor" else [acme])


async def test_variants_are_handed_round_and_each_is_rendered_once(world: Routing) -> None:
    variants = tuple(Template(f"{letter} {{{{ post.text }}}}") for letter in "ABC")
    await world.begin(graph(sink("board", "page", audience="ambassadors", variants=variants)))
    await world.audience(5)

    await world.route(await world.post("hello"))

    texts = dict(await world.rows(t.contents, "id", "document"))
    given = [texts[content] for (content,) in await world.deliveries("content_id")]
    assert len(texts) == 3
    assert [next(letter for letter in "ABC" if f'"text":"{letter} hello"' in text) for text in given] == list("ABCAB")


async def test_fewer_accounts_than_variants_need_fewer_contents(world: Routing) -> None:
    variants = tuple(Template(f"{letter} {{{{ post.text }}}}") for letter in "ABC")
    await world.begin(graph(sink("board", "page", accounts=("acme",), variants=variants)))
    await world.account("acme")

    await world.route(await world.post())

    assert len(await world.rows(t.contents, "id")) == 1


async def test_a_template_that_fails_at_one_sink_leaves_the_others_alone(world: Routing) -> None:
    empty = (Template("{% if post.title %}{{ post.text }}{% endif %}"),)
    await world.begin(
        graph(
            sink("bad", "page", accounts=("acme",), variants=empty),
            sink("hook", "page", Hook),
            sink("note", "page", Note),
        )
    )
    await world.account("acme")
    post = await world.post("a" * 50 + " b")

    await world.route(post)

    assert {name for (name,) in await world.deliveries("sink")} == {"hook"}
    told = {node: sentence for node, what, sentence in await world.told(post) if what == "dropped"}
    assert "leaves no text" in told["bad"]
    assert "names no account and no audience" in told["note"]
    book = await world.ledger()
    assert (book.branches, book.dropped, book.planned, book.wrong) == (3, 2, 1, ())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"audience": "nobody"}, "Nobody in the group nobody has an account"),
        ({"accounts": ("acme", "other")}, "There is no account acme or other of this sink's kind"),
    ],
)
async def test_a_sink_that_reaches_nobody_says_so(world: Routing, settings: dict[str, Any], sentence: str) -> None:
    await world.begin(graph(sink("board", "page", **settings)))
    await world.account("acme", platform="elsewhere")
    post = await world.post()

    await world.route(post)

    assert [sentence in line for _, _, line in await world.told(post)] == [True]
    assert await world.deliveries("id") == []


async def test_a_missing_account_is_named_and_the_others_get_it(world: Routing) -> None:
    await world.begin(graph(sink("board", "page", accounts=("acme", "gone"))))
    await world.account("acme")
    post = await world.post()

    await world.route(post)

    assert len(await world.deliveries("id")) == 1
    assert any("There is no account gone" in line for _, _, line in await world.told(post))


async def test_an_account_gets_a_post_once_whatever_leads_to_it(world: Routing) -> None:
    await world.begin(
        graph(sink("board", "page", accounts=("acme",)), sink("again", "page", accounts=("acme", "extra"))),
        graph(sink("late", "page", accounts=("acme",)), mapping="other-news"),
    )
    acme, extra = await world.account("acme"), await world.account("extra")
    post = await world.post()

    await world.route(post)

    rows = await world.deliveries("account_id", "sink")
    assert sorted(account for account, _ in rows) == sorted([acme, extra])
    already = [line for _, what, line in await world.told(post) if what == "already"]
    assert len(already) == 2
    assert all(line.startswith("Already planned by ") and ", sink " in line for line in already)
    assert (await world.ledger()).wrong == ()


async def test_a_spread_staggers_an_audience_evenly(world: Routing) -> None:
    await world.begin(graph(sink("board", "page", audience="ambassadors", spread=timedelta(hours=4))))
    await world.audience(8)
    await world.execute(t.lanes.update().values(next_due_at=None))

    await world.route(await world.post("one"))

    now = world.clock.now()
    planned = sorted(at for (at,) in await world.deliveries("due_at"))
    share = timedelta(minutes=30)
    assert all(now + share * nth <= at < now + share * (nth + 1) for nth, at in enumerate(planned))
    assert all(due == released for due, released in await world.deliveries("due_at", "released_at"))
    lanes = await world.store.read(lambda c: [row.next_due_at for row in c.execute(t.lanes.select())])
    assert sorted(lanes) == planned
    assert len(world.woken(Kind.DRAIN)) == sum(at <= now for at in planned)


async def test_a_post_too_old_when_first_seen_is_not_routed(world: Routing) -> None:
    await world.begin(graph(sink("hook", "page", Hook)))
    old, young = await world.post(age=timedelta(hours=80)), await world.post(age=timedelta(hours=23))

    await world.route(old)
    await world.route(young)

    assert [post for (post,) in await world.deliveries("post_id")] == [young]
    assert await world.told(old) == [
        ("page", "dropped", "It was 3 days old when it was first seen: this mapping takes at most 24 hours.")
    ]
    assert (await world.ledger()).wrong == ()


async def test_a_paused_mappings_route_waits_and_its_lateness_counts(world: Routing) -> None:
    await world.begin(graph(sink("hook", "page", Hook)))
    began, mapping_id = world.clock.now(), world.mapping_ids["company-news"]
    await world.do(pauses.pause, Scope.MAPPING, mapping_id, now=began)
    post = await world.post()

    await world.route(post)

    assert await world.rows(t.routes, "state") == [("new",)]
    assert await world.due_posts() == []
    world.clock.advance(timedelta(hours=2))
    await world.do(pauses.resume, Scope.MAPPING, mapping_id, now=world.clock.now())
    assert await world.due_posts() == [post]
    await world.route(post)
    assert await world.deliveries("released_at") == [(began,)]


@pytest.mark.parametrize(("scope", "workspace"), [(Scope.EVERYTHING, ""), (Scope.WORKSPACE, WORKSPACE)])
async def test_nothing_is_walked_while_everything_or_the_workspace_is_paused(
    world: Routing, scope: Scope, workspace: str
) -> None:
    await world.begin(graph(sink("hook", "page", Hook)))
    await world.store.write(pauses.pause, workspace, scope, now=world.clock.now())
    post = await world.post()

    await world.route(post)

    assert await world.deliveries("id") == []
    assert await world.rows(t.routes, "state") == [("new",)]


async def test_a_held_post_is_kept_as_it_came_there_and_its_node_is_woken(world: Routing) -> None:
    await world.begin(
        graph(operator("loud", "page", shouts), operator("hours", "loud", Keeps()), sink("hook", "hours", Hook))
    )

    await world.route(await world.post("hello"))

    ((document, state, reason, node),) = await world.rows(t.holds, "document", "state", "reason", "node")
    assert '"text":"HELLO"' in document
    assert (state, reason, node) == ("held", "It waits for the word.", "hours")
    assert world.woken(Kind.RELEASE) == [f"{world.mapping_ids['company-news']}:hours"]
    book = await world.ledger()
    assert (book.branches, book.held, book.planned, book.wrong) == (1, 1, 0, ())


async def test_a_source_that_the_mapping_has_no_more_ends_the_route(world: Routing) -> None:
    await world.begin(graph(sink("hook", "page", Hook)))
    mapping_id = world.mapping_ids["company-news"]
    await world.do(pauses.pause, Scope.MAPPING, mapping_id, now=world.clock.now())
    post = await world.post()
    await world.route(post)
    await world.apply(graph(sink("hook", "feed", Hook), sources="feed"))
    await world.do(pauses.resume, Scope.MAPPING, mapping_id, now=world.clock.now())

    await world.route(post)

    assert await world.told(post) == [("page", "dropped", "The mapping has no source page any more.")]
    assert await world.rows(t.routes, "state", "dropped") == [("routed", 1)]


async def test_a_withdrawal_between_two_posts_counts_for_the_second(world: Routing) -> None:
    await world.begin(graph(sink("board", "page", audience="ambassadors")))
    lea = await world.ambassador("Léa", FREE)
    await world.route(await world.post("one"))
    (person,) = [row for (row,) in await world.rows(t.people, "id")]
    await world.do(consents.withdraw, person, lea, world.clock.now())

    await world.route(await world.post("two"))

    assert [state for (state,) in await world.deliveries("state")] == [State.CANCELLED]


async def test_routing_twice_plans_once(world: Routing) -> None:
    await world.begin(graph(sink("board", "page", accounts=("acme",))))
    await world.account("acme")
    post = await world.post()

    await world.route(post)
    before = await world.told(post)
    await world.route(post)

    assert len(await world.deliveries("id")) == 1
    assert await world.told(post) == before


async def test_a_post_that_nobody_reads_or_nobody_knows_is_no_work(world: Routing) -> None:
    await world.begin(graph(sink("board", "page", accounts=("acme",))))

    await world.route("f" * 32)

    assert await world.rows(t.routes, "id") == []
    assert isinstance(world.graphs["document 0"].sinks["board"].sink, Board)


async def test_older_posts_of_a_source_go_first_where_other_processes_route_too(world: Routing) -> None:
    await world.begin(graph(sink("board", "page", accounts=("acme",))))
    await world.account("acme")
    older, other, newer = await world.post("one"), await world.post("two"), await world.post("three")
    await world.store.write(routes.begin, other, world.clock.now(), new_id)  # a process that was killed then

    await world.route(newer)

    planned = [post for (post,) in await world.rows(t.deliveries, "post_id")]
    assert planned == ([newer] if world.store.dialect == "sqlite" else [older, other, newer])
    await asyncio.gather(*(world.route(post) for post in (newer, older, other)))
    assert len(await world.rows(t.deliveries, "post_id")) == 3
