"""The library, the catalogue, the schema and the repositories of mappings over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api, World

ADDRESS = "https://git.example.org/acme/news.git"


async def test_a_ready_made_mapping_becomes_a_document_of_ones_own(api: Api) -> None:
    listed = (await api.get("/library")).json()["items"]
    ready = (await api.get("/library/press-review")).json()
    assert {one["name"]: one["summary"] for one in listed}["press-review"] == ready["summary"]
    values = {one["name"]: one["example"] or one["default"] for one in ready["parameters"]}

    made = (await api.post("/library/press-review", json={"parameters": values})).json()

    assert "parameters" not in yaml.safe_load(made["text"])
    assert (await api.post("/mappings/lint", json={"documents": {"a": made["text"]}})).json()["usable"]
    assert (await api.get("/library/press-revew")).status_code == 404
    refused = await api.post("/library/press-review", json={"parameters": {"NOTHING": "x"}})
    assert refused.status_code == 422


async def test_kinds_are_given_with_their_settings_limits_icon_and_example(api: Api) -> None:
    [card] = [one for one in (await api.get("/catalogue/webhook")).json()["items"] if one["role"] == "sink"]
    assert card["settings"]["properties"]
    assert {"title", "limits", "icon", "example"} <= set(card)
    everything = (await api.get("/catalogue")).json()["items"]
    assert {one["role"] for one in everything} == {"source", "operator", "sink", "account"}
    assert (await api.get("/catalogue/webhok")).status_code == 404


async def test_the_schema_is_that_of_the_command_line(api: Api) -> None:
    schema: dict[str, Any] = (await api.get("/mapping-schema")).json()
    assert {"mapping", "sources", "sinks"} <= set(schema["properties"])


async def test_a_repository_is_added_shown_hooked_and_forgotten(api: Api) -> None:
    added = await api.post("/repositories", json={"url": ADDRESS, "branch": "main"})
    assert (added.status_code, added.json()["name"], added.json()["hook"]) == (201, "news", False)
    assert (await api.post("/repositories", json={"url": ADDRESS})).status_code == 409

    hook = (await api.post("/repositories/news/hook")).json()

    assert hook["path"] == f"/hooks/git/{added.json()['id']}"
    [listed] = (await api.get("/repositories")).json()["items"]
    assert (listed["hook"], hook["secret"] in str(listed)) == (True, False)
    assert (await api.get("/repositories/news")).json()["runs"] == []
    assert (await api.delete("/repositories/news")).json() == {"removed": "news"}
    assert (await api.get("/repositories/news")).status_code == 404


@pytest.mark.parametrize("url", ["/etc", "file:///etc", "git@git.example.org:a/b.git", "https://u:p@git.example.org/a"])
async def test_a_folder_of_the_machine_or_an_address_with_a_password_is_no_repository(api: Api, url: str) -> None:
    assert (await api.post("/repositories", json={"url": url, "name": "wrong"})).status_code == 422


async def test_a_sync_is_long_work_that_tells_why_it_failed(api: Api, world: World) -> None:
    await api.post("/repositories", json={"url": "https://127.0.0.1/a.git", "name": "inner"})
    begun = await api.post("/repositories/inner/sync", json={})
    assert begun.status_code == 202
    keeper = world.face.running.tasks[begun.json()["id"]].keeper
    assert keeper is not None
    await keeper
    ended = (await api.get(begun.headers["location"])).json()
    assert (ended["state"], ended["result"]["state"]) == ("done", "failed"), ended
    assert "127.0.0.1" in ended["result"]["detail"]
    assert (await api.post("/repositories/nobody/sync", json={})).status_code == 404
