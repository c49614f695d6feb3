"""Documents that nobody has stored are drawn and compared; posts become fixtures; findings say what they mean."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import yaml

from tests.api.cli.test_approvals import MAPPING

if TYPE_CHECKING:
    from tests.api.routes.conftest import Api, World


async def test_a_document_is_drawn_without_being_stored(api: Api) -> None:
    data = await api.post("/mappings/graph", json={"document": MAPPING})
    drawn = await api.post("/mappings/graph?format=mermaid", json={"document": yaml.safe_load(MAPPING)})
    wrong = await api.post("/mappings/graph", json={"document": MAPPING.replace("from: gate", "from: gat")})

    assert [node["name"] for node in data.json()["nodes"]] == ["blog", "gate", "signed", "partners"]
    assert (drawn.headers["content-type"].partition(";")[0], "gate" in drawn.text) == ("text/vnd.mermaid", True)
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "CH201")


async def test_documents_are_compared_setting_by_setting(api: Api) -> None:
    given = {"old": MAPPING, "new": yaml.safe_load(MAPPING.replace("24h", "12h"))}
    told = (await api.post("/mappings/diff", json=given)).json()
    alike = (await api.post("/mappings/diff", json=given | {"new": MAPPING + "# nothing new\n"})).json()

    assert (told["old"], told["new"], told["same"]) == ("old", "new", False)
    assert [(node["name"], node["what"]) for node in told["nodes"]] == [("gate", "changed")]
    assert alike["same"]
    assert (await api.post("/mappings/diff", json=given | {"new": "a: ["})).status_code == 422


async def test_a_stored_post_is_a_fixture_for_tests(api: Api, world: World) -> None:
    end = await asyncio.to_thread(world.cli.arrive, "We are hiring two people")
    [post] = [item for item in (await api.get("/posts")).json()["items"] if item["id"].endswith(end)]
    told = (await api.get(f"/posts/{post['id']}/fixture")).json()

    assert (told["name"], told["post"]["text"]) == ("we-are-hiring-two-people", "We are hiring two people")
    assert yaml.safe_load(told["text"]) == {"fixtures": {told["name"]: told["post"]}}


async def test_a_finding_says_what_it_means(api: Api) -> None:
    told = (await api.get("/api/v1/findings/ch102")).json()
    codes = [item["code"] for item in (await api.get("/api/v1/findings")).json()["items"]]
    unknown = await api.get("/api/v1/findings/CH10")

    assert (told["code"], told["severity"], told["title"] in told["page"]) == ("CH102", "error", True)
    assert "CH102" in codes
    assert (unknown.status_code, "Did you mean" in unknown.json()["detail"]) == (404, True)
