"""What holds of every route alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.deps import Role

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api


@pytest.mark.parametrize(
    ("path", "parameter", "advice"),
    [
        ("/deliveries?stat=sent", "stat", "Did you mean `state`?"),
        ("/webhooks?colour=red", "colour", "There is none."),
        ("/api/v1/workspaces?page=2", "page", "There are `limit` and `after`."),
    ],
)
async def test_a_parameter_that_a_route_does_not_have_is_refused(
    api: Api, path: str, parameter: str, advice: str
) -> None:
    answer = await api.get(path)
    [fault] = answer.json()["errors"]

    assert (answer.status_code, fault["parameter"], fault["code"]) == (422, parameter, "unknown_parameter")
    assert fault["detail"] == f"There is no parameter “{parameter}” here. {advice}"


async def test_who_may_not_call_learns_nothing_of_parameters(api: Api) -> None:
    assert (await api.as_(None).get("/deliveries?stat=sent")).status_code == 401
    assert (await api.as_(Role.AMBASSADOR).get("/deliveries?stat=sent")).status_code == 403
