"""Connecting: what is begun is finished once, in time, by who began it, and nobody is saved who was not shown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from api.actions import connecting
from api.actions.connecting import Calls
from engine.contract.hint import HintingKind
from engine.errors import ConflictError, MappingError, NotFoundError, RejectedError
from engine.run.sealing import grant_place
from engine.store import accounts, grants
from engine.store import apps as app_rows
from engine.store.accounts import LIVE, LOST
from tests.api.actions.conftest import Board, BoardSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.actions.connecting import Begun, Desk, Found
    from engine.contract.oauth import OAuthContext, Tokens
    from engine.contract.registry import Registry
    from engine.errors import ChappeError
    from engine.store.accounts import AccountRow
    from engine.testing.fakes import FakeClock
    from tests.peers.oauth_peer import OAuthPeer


async def begun(desk: Desk, **given: Any) -> Begun:
    wanted: dict[str, Any] = {"port": None, "person_id": None, "account": None}
    return await connecting.begin(desk, Board(), **wanted | given)


async def agreed(desk: Desk, peer: OAuthPeer, begun_: Begun) -> Found:
    [found] = await connecting.finish(desk, begun_, connecting.read_redirect(begun_, peer.agree(begun_.address)))
    return found


async def connected(desk: Desk, peer: OAuthPeer) -> AccountRow:
    begun_ = await begun(desk)
    found = await agreed(desk, peer, begun_)
    return await connecting.keep(desk, begun_, found, name="lea", person_id=None)


async def test_who_agreed_is_kept_with_sealed_tokens(desk: Desk, peer: OAuthPeer, clock: FakeClock) -> None:
    row = await connected(desk, peer)
    kept = await desk.store.read(accounts.by_name, desk.workspace.id, "lea")
    assert (kept.remote_id, json.loads(kept.settings)) == ("42", {"handle": "léa martin"})
    grant = await desk.store.read(grants.get, desk.workspace.id, row.id)
    assert grant is not None
    assert (grant.scopes, grant.expires_at) == ("read write", clock.now() + timedelta(hours=2))
    assert grant.renew_at is not None
    opened = desk.vault.open(desk.workspace.data_key, grant.sealed, grant_place(desk.workspace.id, row.id))
    assert set(json.loads(opened.reveal())) == {"access_token", "refresh_token"}


async def test_the_redirect_is_on_this_machine_and_names_the_platform(desk: Desk) -> None:
    assert (await begun(desk)).redirect_uri == "http://127.0.0.1:8591/callback/board_member"
    assert (await begun(desk, port=9000)).redirect_uri == "http://127.0.0.1:9000/callback/board_member"


async def test_an_answer_to_another_try_is_not_taken(desk: Desk, peer: OAuthPeer) -> None:
    first, second = await begun(desk), await begun(desk)
    with pytest.raises(connecting.StrangeAnswerError, match="another try"):
        connecting.read_redirect(second, peer.agree(first.address))


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "http://127.0.0.1:8591/", "http://[", "?code=a&code=b&state=x", "http://127.0.0.1/?state=x"],
)
async def test_what_is_no_answer_is_said(desk: Desk, address: str) -> None:
    with pytest.raises(connecting.StrangeAnswerError):
        connecting.read_redirect(await begun(desk), address)


async def test_a_refusal_is_a_sentence(desk: Desk, peer: OAuthPeer) -> None:
    begun_ = await begun(desk)
    with pytest.raises(ConflictError, match="Board was told no: nothing was connected"):
        connecting.read_redirect(begun_, peer.refuse(begun_.address, "access_denied"))
    with pytest.raises(ConflictError, match=r"refused before it asked: redirect_uri\? is wrong\. Is the redirect"):
        connecting.read_redirect(begun_, peer.refuse(begun_.address, "bad", "redirect_uri?\x1b\n is wrong."))


async def test_a_connecting_is_finished_once(desk: Desk, peer: OAuthPeer) -> None:
    begun_ = await begun(desk)
    await agreed(desk, peer, begun_)
    with pytest.raises(ConflictError, match="was finished already"):
        await agreed(desk, peer, begun_)


async def test_ten_minutes_are_enough_and_eleven_are_too_many(desk: Desk, peer: OAuthPeer, clock: FakeClock) -> None:
    in_time, late = await begun(desk), await begun(desk)
    clock.advance(timedelta(minutes=9, seconds=59))
    await agreed(desk, peer, in_time)
    clock.advance(1)
    with pytest.raises(ConflictError, match="longer than ten minutes"):
        await agreed(desk, peer, late)


async def test_a_code_of_another_try_is_refused_by_the_platform(desk: Desk, peer: OAuthPeer) -> None:
    mine, other = await begun(desk), await begun(desk)
    stolen = connecting.read_redirect(other, peer.agree(other.address))
    with pytest.raises(ConflictError, match="did not take the code"):
        await connecting.finish(desk, mine, stolen)
    assert await desk.store.read(accounts.listed, desk.workspace.id) == []


async def test_a_platform_that_is_away_and_a_permission_that_lacks_are_said(desk: Desk, peer: OAuthPeer) -> None:
    peer.broken = True
    with pytest.raises(ConflictError, match="could not be asked"):
        await agreed(desk, peer, await begun(desk))
    peer.broken, peer.scope = False, "read"
    with pytest.raises(ConflictError, match="was not allowed what is needed: write"):
        await agreed(desk, peer, await begun(desk))


async def test_an_identity_is_connected_once(desk: Desk, peer: OAuthPeer) -> None:
    await connected(desk, peer)
    begun_ = await begun(desk)
    found = await agreed(desk, peer, begun_)
    with pytest.raises(ConflictError, match="is connected already, as lea"):
        await connecting.keep(desk, begun_, found, name="lea-again", person_id=None)


async def test_connecting_again_brings_a_lost_account_back(desk: Desk, peer: OAuthPeer, clock: FakeClock) -> None:
    row = await connected(desk, peer)
    workspace = desk.workspace.id
    await desk.store.write(accounts.set_state, workspace, row.id, LOST, note="Gone.", now=clock.now())
    begun_ = await begun(desk, account=row)
    await connecting.keep_again(desk, begun_, await agreed(desk, peer, begun_), row)
    again = await desk.store.read(accounts.get, workspace, row.id)
    grant = await desk.store.read(grants.get, workspace, row.id)
    assert grant is not None
    assert (again.state, again.note, grant.version) == (LIVE, "", 2)


async def test_connecting_again_as_somebody_else_changes_nothing(desk: Desk, peer: OAuthPeer) -> None:
    row = await connected(desk, peer)
    before = await desk.store.read(grants.get, desk.workspace.id, row.id)
    peer.people = [{"id": "43", "name": "Karim"}]
    begun_ = await begun(desk, account=row)
    found = await agreed(desk, peer, begun_)
    with pytest.raises(ConflictError, match="belongs to another identity on Board than Karim"):
        await connecting.keep_again(desk, begun_, found, row)
    assert await desk.store.read(grants.get, desk.workspace.id, row.id) == before


async def test_without_an_app_the_command_that_sets_one_is_named(desk: Desk) -> None:
    await desk.store.write(app_rows.remove, desk.workspace.id, "board_member")
    with pytest.raises(MappingError, match="chappe apps set board_member"):
        await begun(desk)


def test_a_platform_is_found_by_how_its_kind_begins(kinds: Registry) -> None:
    assert isinstance(connecting.kind_of(kinds, "board"), Board)
    assert isinstance(connecting.kind_of(kinds, "board_member"), Board)
    with pytest.raises(NotFoundError, match="There is no platform bord"):
        connecting.kind_of(kinds, "bord")


class CalledSettings(BoardSettings):
    calls: bool = False


class Called(Board, HintingKind):
    """A board that calls when there is news, unless its `trouble` is set."""

    Settings = CalledSettings
    call_word = "client_secret"
    trouble: ClassVar[ChappeError | None] = None

    def challenge(self, query: Mapping[str, str], secrets: Mapping[str, str]) -> str | None:
        raise AssertionError

    def hinted(self, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> Sequence[str] | None:
        raise AssertionError

    async def ask_calls(self, remote_id: str, tokens: Tokens, ctx: OAuthContext) -> None:
        assert (remote_id, bool(tokens.access), bool(ctx.app.settings.client_id)) == ("42", True, True)
        if self.trouble is not None:
            raise self.trouble


class Refusing(Called):
    trouble = RejectedError("The board calls nobody.", code="no")


class Unset(Called):
    call_word = "verify_token"


@pytest.mark.parametrize(
    ("kind", "calls", "kept"),
    [
        (Called, Calls(on=True), True),
        (Refusing, Calls(on=False, why="The board calls nobody."), False),
        (Unset, None, None),
        (Board, None, None),
    ],
)
async def test_a_platform_is_asked_to_call_where_that_is_set_up_and_a_refusal_is_no_error(
    desk: Desk, peer: OAuthPeer, kind: type[Board], calls: Calls | None, kept: bool | None
) -> None:
    begun_ = replace(await begun(desk), kind=kind())
    found = await agreed(desk, peer, begun_)
    row = await connecting.keep(desk, begun_, found, name="lea", person_id=None)

    assert await connecting.ask_calls(desk, begun_, found, row) == calls

    now = await desk.store.read(accounts.by_name, desk.workspace.id, "lea")
    assert connecting.calls_of(now) == (False if kind is Unset else kept)


async def test_a_name_is_suggested(desk: Desk, peer: OAuthPeer) -> None:
    found = await agreed(desk, peer, await begun(desk))
    assert connecting.suggested_name(found, "board_member") == "lea-martin-board"
