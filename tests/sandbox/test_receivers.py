"""Receivers keep what arrived whole and signed, as often as their kind says, and misbehave as they are told."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from standardwebhooks import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Sandbox

PARTS = ("home", "receivers")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = json.dumps({"type": "post.published", "data": {"text": "Bonjour"}})


def signed(*secrets: str, key: str = "msg_1", body: str = BODY, age: timedelta = timedelta(0)) -> dict[str, str]:
    at = datetime.now(UTC) - age
    signatures = " ".join(Webhook(secret).sign(key, at, body) for secret in secrets)
    return {"webhook-id": key, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signatures}


async def configured(sandbox: Sandbox, **settings: Any) -> None:
    answer = await sandbox.client.put("/receivers/lea", json=settings)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("secrets", [[SECRET], [OTHER, SECRET]])
async def test_a_message_signed_with_the_secret_is_published(sandbox: Sandbox, secrets: list[str]) -> None:
    await configured(sandbox, title="Léa", secret=SECRET)
    answer = await sandbox.client.post("/receivers/lea", content=BODY, headers=signed(*secrets))
    account = await sandbox.account("lea")

    assert (answer.status_code, answer.json()) == (200, {"id": "msg_1", "published": True})
    assert [message["content"] for message in account["messages"]] == [{"text": "Bonjour"}]
    assert SECRET not in json.dumps(account)


@pytest.mark.parametrize(
    "made",
    [
        lambda: {"webhook-id": "msg_1"},
        lambda: signed(OTHER),
        lambda: signed(SECRET, body="something else"),
        lambda: signed(SECRET, age=timedelta(minutes=6)),
        lambda: signed(SECRET, age=timedelta(minutes=-6)),
        lambda: signed(SECRET) | {"webhook-id": "msg_2"},
        lambda: signed(SECRET) | {"webhook-signature": "v1;garbage"},
        lambda: signed(SECRET) | {"webhook-timestamp": "yesterday"},
    ],
    ids=["unsigned", "other secret", "other body", "old", "ahead", "other id", "garbage", "no time"],
)
async def test_a_message_that_is_not_signed_with_the_secret_is_refused(
    sandbox: Sandbox, made: Callable[[], dict[str, str]]
) -> None:
    headers = made()  # signed when it is sent, however long ago the tests were collected
    await configured(sandbox, secret=SECRET)
    answer = await sandbox.client.post("/receivers/lea", content=BODY, headers=headers)
    account = await sandbox.account("lea")

    assert answer.status_code == 401
    assert (account["messages"], account["refused"]) == ([], 1)


@pytest.mark.parametrize(("mode", "times"), [("dedupe", 1), ("readback", 2), ("plain", 2)])
async def test_a_repeated_message_stands_as_often_as_the_kind_of_receiver_says(
    sandbox: Sandbox, mode: str, times: int
) -> None:
    await configured(sandbox, mode=mode)
    first, second = await sandbox.post("lea", "msg_1"), await sandbox.post("lea", "msg_1")
    account = await sandbox.account("lea")

    assert first.json()["published"]
    assert (second.status_code, second.json()["published"]) == (200, times == 2)
    assert (account["published"], account["distinct"], account["repeats"]) == (times, 1, 2 - times)


async def test_only_a_receiver_that_can_be_read_back_tells_what_it_has(sandbox: Sandbox) -> None:
    for mode in ("readback", "plain", "dedupe"):
        await sandbox.client.put(f"/receivers/{mode}", json={"mode": mode})
        await sandbox.post(mode, "msg_1")
    looks = {
        (mode, key): (await sandbox.client.get(f"/receivers/{mode}/messages/{key}")).status_code
        for mode in ("readback", "plain", "dedupe")
        for key in ("msg_1", "msg_2")
    }

    assert looks.pop(("readback", "msg_1")) == 200
    assert looks.pop(("readback", "msg_2")) == 404
    assert set(looks.values()) == {501}


async def test_a_receiver_comes_into_being_with_its_first_message(sandbox: Sandbox) -> None:
    assert (await sandbox.client.get("/receivers/lea")).status_code == 404
    await sandbox.post("lea", "msg_1")

    assert (await sandbox.account("lea"))["mode"] == "dedupe"
    assert [account["name"] for account in (await sandbox.client.get("/receivers")).json()] == ["lea"]


async def test_settings_that_make_no_sense_are_refused(sandbox: Sandbox) -> None:
    for settings in ({"mode": "twice"}, {"secret": "whsec_"}, {"sekret": SECRET}, {"secret": "whsec_é"}):
        assert (await sandbox.client.put("/receivers/lea", json=settings)).status_code == 422
    assert (await sandbox.client.put("/receivers/L%C3%A9a", json={})).status_code == 422


@pytest.mark.parametrize("body", [b"", b"Bonjour", b"[1]", b'"x"', b"\xff\xfe", b'{"data": 3}', b'{"text": "x"}'])
async def test_whatever_comes_is_kept_somehow(sandbox: Sandbox, body: bytes) -> None:
    answer = await sandbox.client.post("/receivers/lea", content=body)

    assert answer.status_code == 200
    assert len((await sandbox.account("lea"))["messages"]) == 1


@pytest.mark.parametrize(
    "part",
    [
        b"content-length: 100\r\n\r\n" + BODY.encode(),
        b"transfer-encoding: chunked\r\n\r\n5\r\nBonjo\r\n",
        b"content-length: 5\r\n",
    ],
)
async def test_a_message_that_never_came_whole_is_none(sandbox: Sandbox, part: bytes) -> None:
    _, writer = await sandbox.connect()
    writer.write(b"POST /receivers/lea HTTP/1.1\r\nhost: x\r\nwebhook-id: msg_1\r\n" + part)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await sandbox.post("other", "msg_1")  # by then the server has seen the end of the first connection

    receiver = sandbox.world.receivers.get("lea")
    assert receiver is None or not receiver.messages


async def test_a_message_that_came_whole_counts_though_its_sender_has_gone(sandbox: Sandbox) -> None:
    _, writer = await sandbox.connect()
    head = f"POST /receivers/lea HTTP/1.1\r\nhost: x\r\nwebhook-id: msg_1\r\ncontent-length: {len(BODY)}\r\n\r\n"
    writer.write(head.encode() + BODY.encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await sandbox.post("other", "msg_1")

    assert [message.id for message in sandbox.world.receivers["lea"].messages] == ["msg_1"]


async def test_two_messages_on_one_connection_are_two(sandbox: Sandbox) -> None:
    reader, writer = await sandbox.connect()
    for key in ("msg_1", "msg_2"):
        writer.write(
            f"POST /receivers/lea HTTP/1.1\r\nhost: x\r\nwebhook-id: {key}\r\ncontent-length: 2\r\n\r\n{{}}".encode()
        )
        await reader.readuntil(b"}")
    writer.close()

    assert (await sandbox.account("lea"))["distinct"] == 2


async def script(sandbox: Sandbox, **fault: Any) -> None:
    answer = await sandbox.client.post("/receivers/lea/faults", json=fault)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("commit", [True, False])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", httpx.ReadError),
        ("garbage", httpx.RemoteProtocolError),
        ("half", httpx.RemoteProtocolError),
    ],
)
async def test_a_connection_is_broken_before_or_after_the_message_is_published(
    sandbox: Sandbox, kind: str, error: type[Exception], *, commit: bool
) -> None:
    await script(sandbox, kind=kind, commit=commit)
    with pytest.raises(error):
        await sandbox.post("lea", "msg_1")

    assert (await sandbox.account("lea"))["published"] == int(commit)
    assert (await sandbox.post("lea", "msg_2")).status_code == 200


@pytest.mark.parametrize("commit", [True, False])
@pytest.mark.parametrize(
    ("fault", "status", "header"),
    [
        ({"kind": "status"}, 503, None),
        ({"kind": "status", "status": 410}, 410, None),
        ({"kind": "limit"}, 429, None),
        ({"kind": "limit", "retry_after": 20}, 429, "20"),
        ({"kind": "html"}, 502, None),
    ],
)
async def test_an_answer_refuses_whether_or_not_the_message_is_published(
    sandbox: Sandbox, fault: dict[str, Any], status: int, header: str | None, *, commit: bool
) -> None:
    await script(sandbox, **fault, commit=commit)
    answer = await sandbox.post("lea", "msg_1")

    assert (answer.status_code, answer.headers.get("retry-after")) == (status, header)
    assert answer.headers["content-type"].startswith("text/html") == (fault["kind"] == "html")
    assert (await sandbox.account("lea"))["published"] == int(commit)


async def test_a_late_answer_waits_by_the_clock(sandbox: Sandbox) -> None:
    await script(sandbox, kind="delay", delay=30)
    sending = asyncio.create_task(sandbox.post("lea", "msg_1"))
    await sandbox.clock.asleep.wait()
    assert sandbox.world.receivers["lea"].messages == []
    sandbox.clock.advance(30)

    assert (await sending).json()["published"]


async def test_faults_have_their_turn_in_order_and_so_often(sandbox: Sandbox) -> None:
    await script(sandbox, kind="status", status=500, times=2)
    await script(sandbox, kind="limit")
    statuses = [(await sandbox.post("lea", f"msg_{number}")).status_code for number in range(4)]

    assert statuses == [500, 500, 429, 200]


async def test_a_fault_without_an_end_lasts_until_it_is_taken_away(sandbox: Sandbox) -> None:
    await script(sandbox, kind="status", times=None)
    statuses = [(await sandbox.post("lea", f"msg_{number}")).status_code for number in range(3)]
    assert len((await sandbox.account("lea"))["faults"]) == 1
    assert (await sandbox.client.delete("/receivers/lea/faults")).status_code == 204

    assert statuses == [503, 503, 503]
    assert (await sandbox.post("lea", "msg_9")).status_code == 200


async def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox) -> None:
    for fault in (
        {"kind": "fire"},
        {"kind": "delay"},
        {"kind": "status", "status": 200},
        {"kind": "reset", "times": 0},
    ):
        assert (await sandbox.client.post("/receivers/lea/faults", json=fault)).status_code == 422
