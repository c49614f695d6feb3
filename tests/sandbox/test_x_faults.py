"""Whatever goes wrong at X, it is known whether the post stands and whether a refresh token was spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.sandbox.x.conftest import SCOPES, user

if TYPE_CHECKING:
    from tests.sandbox.conftest import Sandbox

PARTS = ("x", "networks")
ERRORS = ("400", "401", "402", "403", "403/duplicate", "429/reset", "503")


@pytest.mark.parametrize("commit", [True, False])
@pytest.mark.parametrize("kind", ["reset", "status", "limit", "html", "garbage", "half", "nonsense"])
async def test_a_fault_comes_before_or_after_the_post(sandbox: Sandbox, kind: str, commit: bool) -> None:
    lea = user(sandbox, "lea")
    fault = {"kind": kind, "commit": commit, "operation": "tweets", "account": "lea"}
    await sandbox.client.post("/networks/x/faults", json=fault)
    try:
        answer: httpx.Response | None = await lea.post("Une fois")
    except httpx.TransportError:
        answer = None

    assert (answer is None) == (kind in {"reset", "garbage", "half"})
    assert answer is None or answer.status_code != 201
    assert len(lea.timeline) == commit
    assert (await lea.post("Une fois")).status_code == (403 if commit else 201)


@pytest.mark.parametrize("name", ERRORS)
async def test_each_error_can_be_asked_for_by_name(sandbox: Sandbox, name: str) -> None:
    lea = user(sandbox, "lea")
    fault: dict[str, Any] = {"kind": "error", "error": name, "commit": False, "operation": "tweets"}
    await sandbox.client.post("/networks/x/faults", json=fault)
    answer = await lea.post()

    assert answer.status_code == int(name[:3])
    assert ("x-rate-limit-reset" in answer.headers) == (name == "429/reset")
    assert lea.timeline == []


@pytest.mark.parametrize("commit", [True, False])
async def test_an_answer_with_new_tokens_can_get_lost(sandbox: Sandbox, commit: bool) -> None:
    network = sandbox.world.networks["x"]
    [client] = network.authority.clients.values()
    account = network.account_of("lea").id
    fields: dict[str, Any] = {"client": client.id, "account": account, "scopes": SCOPES, "family": "f"}
    refresh = network.authority.issue(kind="refresh", **fields).value
    fault = {"kind": "reset", "commit": commit, "operation": "token", "account": "lea"}
    await sandbox.client.post("/networks/x/faults", json=fault)
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    basic = (client.id, client.secret or "")

    with pytest.raises(httpx.TransportError):
        await sandbox.client.post("/x/2/oauth2/token", data=form, auth=basic)
    again = await sandbox.client.post("/x/2/oauth2/token", data=form, auth=basic)
    assert again.status_code == (400 if commit else 200)


async def test_a_token_dies_on_the_way(sandbox: Sandbox) -> None:
    lea, karim = user(sandbox, "lea"), user(sandbox, "karim")
    fault = {"kind": "revoke", "operation": "tweets", "account": "lea", "after": 1}
    await sandbox.client.post("/networks/x/faults", json=fault)

    assert [(await lea.post(f"Nr {number}")).status_code for number in range(2)] == [201, 401]
    assert (await karim.post()).status_code == 201
