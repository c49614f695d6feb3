"""An app is checked as a whole when it is set; what is not named stays, and its secrets are sealed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from api.actions import apps as actions
from engine.contract.account import AccountKind
from engine.contract.node import NodeConfig
from engine.contract.registry import Registry
from engine.errors import ConflictError, NotFoundError
from engine.run.apps import opened_app, public_app
from engine.store import apps, workspaces
from tests.api.actions.conftest import Board, BoardApp
from tests.engine.run.routing import FREE, Routing
from tests.engine.sample_graph import NOW, graph, sink
from tests.engine.sample_graph import Board as Sheets
from tests.peers.oauth_peer import SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.actions.connecting import Desk
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock


class Permission(NodeConfig):
    """The app of a platform that asks for each post, until there is a permission."""

    permission: str = ""


class Asking(AccountKind):
    """Accounts there."""

    kind = "board"
    title = "Board"
    AppSettings = Permission
    example: ClassVar = {}

    @classmethod
    def releases_each(cls, app: Mapping[str, Any]) -> str:
        """Ask until there is a permission."""
        return "" if app["permission"] else "The board wants each post released."


class Sheet(Sheets):
    """A sink of such accounts."""

    kind = "sheet"
    account_kind = "board"


async def change(desk: Desk, secrets: dict[str, str] | None = None, **settings: str) -> tuple[int, bool]:
    now = desk.clock.now()
    return await actions.change(
        desk.store, lambda: desk.vault, desk.workspace, Board, settings=settings, secrets=secrets or {}, now=now
    )


async def test_what_is_not_named_stays_and_an_empty_value_brings_the_default_back(desk: Desk) -> None:
    await change(desk, client_id="others", redirect="https://acme.example/back")
    await change(desk, redirect="")
    app = await opened_app(
        desk.store, desk.vault, Board(), workspace_id=desk.workspace.id, data_key=desk.workspace.data_key
    )
    assert (app.settings.client_id, app.settings.redirect) == ("others", None)
    assert app.secrets == {"client_secret": SECRET}
    assert SECRET not in repr(app)


async def test_defaults_are_not_kept_and_are_seen(desk: Desk) -> None:
    row = await desk.store.read(apps.get, desk.workspace.id, Board.kind)
    assert row is not None
    assert "authorize" not in json.loads(row.settings)
    assert SECRET not in (row.sealed or "")
    shown = public_app(BoardApp, '{"client_id": "us", "api": "https://api.board.example/"}')
    assert shown == {
        "client_id": "us",
        "redirect": None,
        "authorize": "https://board.example/agree",
        "api": "https://api.board.example",
    }


async def test_what_makes_no_app_is_refused_with_a_sentence(desk: Desk) -> None:
    with pytest.raises(ConflictError, match="Did you mean `client_id`"):
        await change(desk, clientid="us")
    with pytest.raises(ConflictError, match="It needs `client_id`"):
        await change(desk, client_id="")
    with pytest.raises(ConflictError, match="has no secret secret: it knows `client_secret`"):
        await change(desk, {"secret": "x"})


def test_a_platform_whose_accounts_need_no_app_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="There is no platform board"):
        actions.kind_of(Registry([]), "board")


async def test_who_takes_the_permission_back_lets_what_is_planned_wait_for_a_yes(
    store: Store, clock: FakeClock
) -> None:
    world = await Routing(store, clock).begin(graph(sink("board", "page", Sheet, audience="ambassadors")))
    world.core.registry = Registry([Asking])
    workspace = await store.read(workspaces.by_name, "acme")

    async def permit(sentence: str) -> None:
        settings = {"permission": sentence}
        await actions.change(store, lambda: world.core.vault, workspace, Asking, settings=settings, secrets={}, now=NOW)

    await permit("By letter of 1 May 2026.")
    await world.ambassador("Léa", FREE)
    await world.route(await world.post())
    assert await world.deliveries("state") == [("planned",)]

    await permit("By letter of 2 May 2026.")
    assert await world.deliveries("state") == [("planned",)]
    await permit("")
    assert await world.deliveries("state", "detail") == [("waiting", "The board wants each post released.")]
