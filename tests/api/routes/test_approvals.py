"""Posts that wait for an editor, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api

UNKNOWN = "f" * 32


async def test_approvals_are_none_here_and_an_unknown_one_is_not_found(api: Api) -> None:
    assert (await api.get("/approvals")).json() == {"items": [], "next": None}
    assert (await api.post(f"/approvals/{UNKNOWN}/approve", json={})).status_code == 404
    assert (await api.post(f"/approvals/{UNKNOWN}/reject", json={"note": " "})).status_code == 422
