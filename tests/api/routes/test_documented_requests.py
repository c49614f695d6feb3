"""Every request that the reference shows does what it says, or meets something that is there already."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from api.example_bodies import YAML
from docs import api_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.routes.conftest import Api, World

SAMPLE_ID: Final = "0196a1b2c3d47e5f8a9b0c1d2e3f4a5b"
LISTS: Final = {
    "account": "/accounts", "person": "/people", "delivery": "/me/deliveries", "post": "/posts", "source": "/sources",
}  # fmt: skip
LEA: Final = {"Léa", "lea-hook"}
ABSENT: Final = {"approval", "operation_id", "call_id", "key", "secret"}
"""What is in no path of the world yet; it is named in a 404."""
ELSEWHERE: Final = re.compile(r"/(webhooks|repositories|library)/\{|/apps/\{|/groups/\{|/accounts/\{account\}/connect$")
"""Things by names that nobody has made in the world before."""
ENDLESS: Final = {"stream_events", "tap_mapping", "tap_node", "follow_operation"}
LEFT_OUT: Final = {
    "sign_out",
    "sign_out_everywhere",
    "change_password",
    "suspend_workspace",
    "try_mail",
    "test_webhook",
}
"""What keeps the one who asks out, and what calls others."""


def requests() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give what is read and changed; nothing is removed, so that each finds what the others need."""
    for path, operations in api_pages.described()["paths"].items():
        for method, one in operations.items():
            if one["security"] and method != "delete" and one["operationId"] not in ENDLESS | LEFT_OUT:
                yield method.upper(), path, one


async def known(api: Api) -> dict[str, str]:
    """Return an id of each kind that the world has."""
    owner = next(one for one in (await api.get("/members")).json()["items"] if one["role"] == "owner")
    await api.put(f"/members/{owner['user_id']}", json={"role": "owner", "person": "Léa"})
    lists = {name: (await api.get(path)).json()["items"] for name, path in LISTS.items()}
    found = {
        name: next((one for one in items if one.get("name") in LEA), items[-1])["id"] for name, items in lists.items()
    }
    members = (await api.get("/members")).json()["items"]
    return found | {"user": next(one["user_id"] for one in members if one["role"] == "viewer")}


async def ask(api: Api, ids: dict[str, str], method: str, path: str, one: dict[str, Any]) -> str:
    """Send a request as it is shown, with ids that there are; return what is wrong with its answer."""
    query = {}
    for each in filter(lambda each: each.get("required"), map(api_pages.parameter_of, one.get("parameters", ()))):
        value = ids.get(each["name"]) or api_pages.shown_as(path, each)
        if each["in"] == "query":
            query[each["name"]] = value
        path = path.replace(f"{{{each['name']}}}", value)
    media = one.get("requestBody", {}).get("content", {})
    given = media.get("application/json", {}).get("example")
    yaml = {} if not media or given is not None else {"content": YAML, "headers": {"content-type": next(iter(media))}}
    if given is not None:
        text = json.dumps(given)
        for name in ("account", "person"):
            text = text.replace(f'"{name}": "{SAMPLE_ID}"', f'"{name}": "{ids[name]}"')
        given = json.loads(text.replace(SAMPLE_ID, ids["person"]))
    answer = await api.call(method, path, params=query, **(yaml or {"json": given}))
    return "" if answer.is_success or answer.status_code == 409 else f"{answer.status_code} {answer.text[:300]}"


@pytest.fixture(scope="module")
def answers(world: World, api: Api) -> dict[str, str]:
    """Give what is wrong with each answer."""
    world.cli.arrive("We are hiring", times=2)

    async def all_of() -> dict[str, str]:
        ids = await known(api)
        return {f"{method} {path}": await ask(api, ids, method, path, one) for method, path, one in requests()}

    return asyncio.run(all_of())


def test_a_request_that_the_reference_shows_is_done(answers: dict[str, str]) -> None:
    absent = {
        name: said
        for name, said in answers.items()
        if said.startswith("404") and (ELSEWHERE.search(name) or any(f"{{{each}}}" in name for each in ABSENT))
    }
    wrong = {name: said for name, said in answers.items() if said and name not in absent}

    assert len(answers) > 100
    assert wrong == {}
