"""What a platform's rules change in a plan: words that no two accounts may share, and people who release each post."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from engine.content.template import Template
from engine.contract.account import AccountKind
from engine.contract.node import NodeConfig
from engine.contract.registry import Registry
from engine.errors import ConflictError
from engine.model.delivery import State
from engine.run import person
from engine.store import apps
from engine.store import tables as t
from engine.store.apps import AppRow
from tests.engine.run.routing import FREE, WORKSPACE, Routing
from tests.engine.sample_graph import Board, graph, sink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


class Sole(Board):
    """A board on which no two accounts may say the same."""

    kind = "sole"
    account_kind = "board"
    distinct = True


class Repeats(Sole):
    """The same board, with settings under which nobody says anything."""

    kind = "repeats"

    @property
    def words_alone(self) -> bool:
        return False


class AppSettings(NodeConfig):
    """The app of a platform that asks."""

    permission: str = ""


class BoardAccount(AccountKind):
    """An account of a platform that asks for each post."""

    kind = "board"
    title = "Board"
    AppSettings = AppSettings
    example: ClassVar = {}

    @classmethod
    def releases_each(cls, app: Mapping[str, Any]) -> str:
        """Ask until there is a permission."""
        return "" if app["permission"] else "The board wants each post released."


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Routing:
    return Routing(store, clock)


def variants(*letters: str) -> tuple[Template, ...]:
    return tuple(Template(f"{letter} {{{{ post.text }}}}") for letter in letters)


async def said(world: Routing) -> dict[str, tuple[str, str, str]]:
    """Return what each account says, with the state and the reason of its delivery."""
    texts = {key: json.loads(document)["text"] for key, document in await world.rows(t.contents, "id", "document")}
    rows = await world.deliveries("account_id", "content_id", "state", "reason")
    return {account: (texts[content], state, reason) for account, content, state, reason in rows}


async def test_each_account_gets_words_of_its_own_and_who_gets_none_is_blocked(world: Routing) -> None:
    await world.begin(graph(sink("x", "page", Sole, audience="ambassadors", variants=variants("A", "B", "a"))))
    people = await world.audience(3)
    silent = await world.ambassador("Noor")
    post = await world.post("hello")

    await world.route(post)

    found = await said(world)
    assert silent not in found
    assert set(found) == set(people)
    assert sorted(state for _, state, _ in found.values()) == ["blocked", "planned", "planned"]
    assert [reason for _, state, reason in found.values() if state == "blocked"] == ["no_distinct_text"]
    planned = [text for text, state, _ in found.values() if state == "planned"]
    assert sorted(planned) == ["A hello", "B hello"], "the same words in other letters are the same"
    sentence = "blocked, since no text is left that no other account says"
    assert sentence in {node: told for node, _, told in await world.told(post)}["x"]


async def test_all_may_repeat_what_is_nobodys_own_words(world: Routing) -> None:
    await world.begin(graph(sink("x", "page", Repeats, audience="ambassadors")))
    await world.audience(3)

    await world.route(await world.post("hello"))

    assert [state for _, state, _ in (await said(world)).values()] == ["planned"] * 3


async def test_another_mapping_does_not_give_the_same_words_to_another_account(world: Routing) -> None:
    one = graph(sink("x", "page", Sole, accounts=("one",)), mapping="first")
    two = graph(sink("x", "page", Sole, accounts=("two",)), mapping="second")
    await world.begin(one, two)
    first, second = await world.account("one"), await world.account("two")

    await world.route(await world.post("hello"))

    states = {account: state for account, (_, state, _) in (await said(world)).items()}
    assert sorted(states.values()) == ["blocked", "planned"]
    assert set(states) == {first, second}


async def test_other_words_by_hand_let_a_blocked_one_go_on_and_the_same_are_refused(world: Routing) -> None:
    await world.begin(graph(sink("x", "page", Sole, audience="ambassadors")))
    await world.audience(2)
    await world.route(await world.post("hello"))
    ((blocked,),) = [row[:1] for row in await world.deliveries("id", "state") if row[1] == "blocked"]

    row = await person.find(world.core, WORKSPACE, blocked)
    with pytest.raises(ConflictError, match="Another account says exactly this"):
        await person.edit(world.core, row, "Ada", "Hello!")
    with pytest.raises(ConflictError, match="Another account says exactly this"):
        await person.retry(world.core, row, "Ada")
    assert await person.edit(world.core, row, "Ada", "Bonjour") is State.PLANNED

    assert sorted(text for text, _, _ in (await said(world)).values()) == ["Bonjour", "hello"]


async def test_words_by_hand_are_not_those_of_another_account(world: Routing) -> None:
    await world.begin(graph(sink("x", "page", Sole, audience="ambassadors", variants=variants("A", "B"))))
    await world.audience(2)
    await world.route(await world.post("hello"))
    ((planned,),) = [(key,) for key, account in await world.deliveries("id", "account_id")][:1]

    row = await person.find(world.core, WORKSPACE, planned)
    for text in ("A hello", "b HELLO!"):
        mine = (await said(world))[row.account_id][0].lower()[0] == text.lower()[0]
        if mine:
            assert await person.edit(world.core, row, "Ada", text) is State.PLANNED
        else:
            with pytest.raises(ConflictError):
                await person.edit(world.core, row, "Ada", text)


async def test_nothing_goes_out_where_nobody_can_tell_what_the_sink_asks_for(world: Routing) -> None:
    await world.begin(graph(sink("x", "page", Sole, audience="ambassadors")))
    await world.audience(2)
    await world.route(await world.post("hello"))
    ((blocked,),) = [row[:1] for row in await world.deliveries("id", "state") if row[1] == "blocked"]

    row = (await person.find(world.core, WORKSPACE, blocked))._replace(sink="gone")
    for move in (person.retry(world.core, row, "Ada"), person.edit(world.core, row, "Ada", "Bonjour")):
        with pytest.raises(ConflictError, match="can no longer be read as it was when this was planned"):
            await move
    assert await person.cancel(world.core, row, "Ada") is State.CANCELLED


@pytest.mark.parametrize(
    ("permission", "state"), [("", "waiting"), ("By letter of 1 May 2026.", "planned")], ids=["without", "with"]
)
async def test_people_release_each_post_until_the_platform_permits_otherwise(
    world: Routing, permission: str, state: str
) -> None:
    world.core.registry = Registry([BoardAccount])
    await world.begin(graph(sink("board", "page", Sole, audience="ambassadors")))
    row = AppRow(WORKSPACE, "board", json.dumps({"permission": permission}), None, world.clock.now())
    await world.store.write(apps.put, row)
    await world.ambassador("Léa", FREE)

    await world.route(await world.post())

    ((found, detail),) = await world.deliveries("state", "detail")
    assert found == state
    assert detail == ("" if permission else "The board wants each post released.")
