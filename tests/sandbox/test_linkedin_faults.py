"""Whatever goes wrong at LinkedIn, it is known whether the post stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.linkedin.routes import ERRORS
from tests.sandbox.linkedin.conftest import member

if TYPE_CHECKING:
    from tests.sandbox.conftest import Sandbox

PARTS = ("linkedin", "networks")


@pytest.mark.parametrize("commit", [True, False])
@pytest.mark.parametrize("kind", ["reset", "status", "limit", "html", "garbage", "half", "nonsense"])
async def test_a_fault_comes_before_or_after_the_post(sandbox: Sandbox, kind: str, commit: bool) -> None:
    lea = member(sandbox, "lea")
    fault = {"kind": kind, "commit": commit, "operation": "posts", "account": "lea"}
    await sandbox.client.post("/networks/linkedin/faults", json=fault)
    try:
        answer: httpx.Response | None = await lea.post("Une fois")
    except httpx.TransportError:
        answer = None

    assert (answer is None) == (kind in {"reset", "garbage", "half"})
    assert answer is None or "x-restli-id" not in answer.headers
    assert len(lea.timeline) == commit
    assert (await lea.post("Une fois")).status_code == (422 if commit else 201)


@pytest.mark.parametrize("name", ERRORS)
async def test_each_error_can_be_asked_for_by_name(sandbox: Sandbox, name: str) -> None:
    lea = member(sandbox, "lea")
    fault: dict[str, Any] = {"kind": "error", "error": name, "commit": False, "operation": "posts"}
    await sandbox.client.post("/networks/linkedin/faults", json=fault)
    answer = await lea.post()

    assert answer.status_code == answer.json()["status"] == int(name[:3])
    assert lea.timeline == []


async def test_a_token_dies_on_the_way(sandbox: Sandbox) -> None:
    lea, karim = member(sandbox, "lea"), member(sandbox, "karim")
    fault = {"kind": "revoke", "operation": "posts", "account": "lea", "after": 1}
    await sandbox.client.post("/networks/linkedin/faults", json=fault)

    assert [(await lea.post(f"Nr {number}")).status_code for number in range(2)] == [201, 401]
    assert (await karim.post()).status_code == 201
