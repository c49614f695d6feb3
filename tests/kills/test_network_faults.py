"""Every fault of Facebook, LinkedIn and X, with the engine's own deliverer and over real connections.

Nothing is lost. Nothing is there twice where that is promised; where nobody can know whether it is there, nothing is
sent again, and a person is asked in a sentence. What is there is asked of the networks themselves.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.linkedin.member_sink import Config as LinkedInConfig
from connectors.linkedin.member_sink import LinkedInMember
from engine.ids import new_id
from engine.model.delivery import Doubt
from engine.run.core import RunSettings
from tests.kills.connected import TEXT

if TYPE_CHECKING:
    from tests.kills.connected import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMPATIENT = RunSettings(send_timeout=timedelta(seconds=1))
"""Only for silence, which lasts so long in real seconds; all other times are the fake clock's."""
UNCLEAR: dict[str, dict[str, Any]] = {
    "silence, and it is there after a minute": {"kind": "delay", "delay": 60},
    "reset before it is there": {"kind": "reset", "commit": False},
    "reset after it is there": {"kind": "reset"},
    "500 before it is there": {"kind": "status", "status": 500, "commit": False},
    "500 after it is there": {"kind": "status", "status": 500},
    "its own trouble after it is there": {"kind": "error", "error": "trouble"},
    "an error page before it is there": {"kind": "html", "commit": False},
    "an error page after it is there": {"kind": "html"},
    "no HTTP before it is there": {"kind": "garbage", "commit": False},
    "no HTTP after it is there": {"kind": "garbage"},
    "a 200 of nonsense before it is there": {"kind": "nonsense", "commit": False},
    "a 200 of nonsense after it is there": {"kind": "nonsense"},
    "half an answer before it is there": {"kind": "half", "commit": False},
    "half an answer after it is there": {"kind": "half"},
}
REFUSED: dict[str, dict[str, Any]] = {
    "429 with a header": {"kind": "limit", "retry_after": 90, "commit": False},
    "429 without": {"kind": "limit", "commit": False},
    "its own limit": {"kind": "error", "error": "limit", "commit": False},
}


@pytest.mark.parametrize("name", UNCLEAR)
async def test_an_unclear_outcome_loses_nothing_and_doubles_nothing(stage: Stage, name: str) -> None:
    fault = UNCLEAR[name]
    if fault["kind"] == "delay":
        stage.world.core.settings = IMPATIENT
    delivery = await stage.world.delivery(stage.account.id, TEXT)
    await stage.fault(**fault)
    row = await stage.settled(delivery)

    if stage.place.sink.doubtful is Doubt.ASK:
        assert row["state"] == "check_needed", row["detail"]
        assert row["detail"].endswith("look at the account, then confirm.")
        assert len(stage.networks.asked) == 1, "it was sent again, and nobody could know that it may be"
        stage.networks.clock.advance(timedelta(minutes=2))
        await stage.networks.steer("linkedin", method="GET")  # what was late is there when this is answered
        assert len(await stage.there()) == int(fault.get("commit", True))
    else:
        assert row["state"] == "sent", row["detail"]
        assert await stage.there() == [row["remote_id"]]
        assert len(stage.networks.asked) == (1 if fault.get("commit", True) else 2)
        assert len({asked.sha256 for asked in stage.networks.asked}) == 1, "it was sent again in another form"


@pytest.mark.parametrize("stage", ["linkedin_member"], indirect=True)
@pytest.mark.parametrize("name", [name for name, fault in UNCLEAR.items() if fault["kind"] != "delay"])
async def test_a_probe_that_an_operator_allows_tells_whether_a_post_is_there(stage: Stage, name: str) -> None:
    sink = LinkedInMember(LinkedInConfig(unanswered="probe"))
    stage.world.sink = sink  # type: ignore[assignment]
    delivery = await stage.world.delivery(stage.account.id, TEXT)
    await stage.fault(**UNCLEAR[name])

    row = await stage.settled(delivery)

    assert row["state"] == "sent", row["detail"]
    assert await stage.there() == [row["remote_id"]]
    assert row["url"].endswith(f"{row['remote_id']}/")
    assert len(stage.networks.asked) == 2
    assert len({asked.sha256 for asked in stage.networks.asked}) == 1


@pytest.mark.parametrize("name", REFUSED)
async def test_what_was_refused_for_now_is_sent_later_and_is_there_once(stage: Stage, name: str) -> None:
    delivery = await stage.world.delivery(stage.account.id, TEXT)
    await stage.fault(**REFUSED[name])
    row = await stage.settled(delivery)

    assert row["state"] == "sent", row["detail"]
    assert await stage.there() == [row["remote_id"]]
    assert len(stage.networks.asked) == 2


async def test_a_token_that_is_revoked_keeps_the_post_until_the_account_is_connected_again(stage: Stage) -> None:
    stage.networks.clock.advance(timedelta(minutes=10))
    delivery = await stage.world.delivery(stage.account.id, TEXT)
    await stage.fault(kind="revoke")
    row = await stage.settled(delivery)
    assert (row["state"], row["reason"]) == ("blocked", "account"), row["detail"]
    assert row["detail"].endswith(".")
    assert await stage.there() == []

    assert await stage.desk.reconnect(stage.place, stage.account) == 1
    row = await stage.settled(delivery)
    assert row["state"] == "sent", row["detail"]
    assert await stage.there() == [row["remote_id"]]


@pytest.mark.parametrize("stage", ["x_post"], indirect=True)
async def test_an_access_token_that_died_alone_is_renewed_and_the_post_goes_out(stage: Stage) -> None:
    authority = stage.networks.world.networks["x"].authority
    for token in list(authority.tokens.values()):
        if token.kind == "access":
            authority.keep_token(token.model_copy(update={"dead": "revoked"}))
    stage.networks.clock.advance(timedelta(minutes=10))
    row = await stage.settled(await stage.world.delivery(stage.account.id, TEXT))

    assert row["state"] == "sent", row["detail"]
    assert await stage.there() == [row["remote_id"]]


@pytest.mark.parametrize("stage", ["facebook_page", "x_post"], indirect=True)
async def test_a_network_that_cannot_be_read_for_an_hour_is_a_question_to_a_person(stage: Stage) -> None:
    delivery = await stage.world.delivery(stage.account.id, TEXT)
    await stage.fault(kind="status", status=503, operation="", times=None)
    row = await stage.settled(delivery)

    assert row["state"] == "check_needed"
    assert "could not be read back for an hour" in row["detail"]
    assert row["detail"].endswith("look at the account, then confirm.")
    assert len(await stage.there()) == 1
    assert len(stage.networks.asked) == 1


@pytest.mark.parametrize("stage", ["facebook_page", "x_post"], indirect=True)
async def test_what_is_published_after_two_looks_is_seen_to_have_been_sent_twice(stage: Stage) -> None:
    """The promise ends here, and the test sees it: only the networks' own refusal of duplicates keeps it from two."""
    stage.world.core.settings = IMPATIENT
    delivery = await stage.world.delivery(stage.account.id, TEXT)
    await stage.fault(kind="delay", delay=600)
    row = await stage.settled(delivery)
    stage.networks.clock.advance(600)
    await stage.networks.steer(stage.place.network, method="GET")

    assert row["state"] == "sent", row["detail"]
    assert [asked.sha256 for asked in stage.networks.asked] == [stage.networks.asked[0].sha256] * 2
    assert row["remote_id"] in await stage.there()


async def test_deliveries_that_follow_are_not_held_up_by_one_that_is_in_doubt(stage: Stage) -> None:
    first = await stage.world.delivery(stage.account.id, TEXT)
    await stage.fault(kind="reset")
    second = await stage.world.delivery(stage.account.id, f"Another {new_id()}")
    await stage.world.drain(stage.account.id)
    states = [(await stage.world.state(one))["state"] for one in (first, second)]
    assert states[0] in {"doubtful", "check_needed"}
    assert states[1] == "sent"
