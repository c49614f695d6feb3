"""Mappings over the API: read, made, changed and ended, as JSON and as YAML, with what the ladder of a change says."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from api.deps import Role
from tests.fixtures.instances import MAPPING

if TYPE_CHECKING:
    import httpx

    from tests.api.routes.conftest import Api, World

YAML = {"content-type": "application/yaml"}
OURS = MAPPING.replace("mapping: news", "mapping: ours  # as we like it").replace(", url:", ", every: 10m, url:")
BROKEN = OURS.replace("from: jobs", "from: jobz", 1)
TESTED = (
    OURS
    + """\
tests:
  - name: a job goes out
    given: {blog: {text: We are hiring}}
    expect: {partners: {text: {contains: hiring}}}
  - name: lunch goes out, which is wrong
    given: {blog: {text: Lunch}}
    expect: {partners: {text: {contains: Lunch}}}
"""
)


def data(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)
    return found


async def put(api: Api, text: str, name: str = "ours", **headers: str) -> httpx.Response:
    return await api.put(f"/mappings/{name}", content=text, headers=YAML | headers)


@pytest.fixture
async def ours(api: Api) -> dict[str, Any]:
    """Let the mapping `ours` run as it is written above, and return it as shown."""
    answer = await put(api, OURS)
    assert answer.status_code == 200, answer.text
    return {**answer.json(), "etag": answer.headers["etag"]}


async def test_one_document_has_one_hash_as_yaml_as_json_and_from_the_command_line(
    api: Api, world: World, ours: dict[str, Any]
) -> None:
    as_json = await api.put("/mappings/ours", json=data(OURS))
    assert (as_json.json()["hash"], as_json.json()["version"]) == (ours["hash"], ours["version"])

    await asyncio.to_thread(world.cli.out, "apply", world.cli.write("ours.yaml", OURS), "-y", "-w", "acme")

    assert (await api.get("/mappings/ours")).json()["hash"] == ours["hash"]


async def test_yaml_comes_back_with_its_comments_and_json_as_data(api: Api, ours: dict[str, Any]) -> None:
    del ours
    text = await api.get("/mappings/ours", headers={"accept": "text/html;q=0.9, application/yaml"})
    assert (text.text, text.headers["content-type"]) == (OURS, "application/yaml")
    assert (await api.get("/mappings/ours")).json()["document"] == data(OURS)
    assert (await api.get("/mappings/ours", headers={"accept": "image/png"})).status_code == 406


async def test_a_mapping_that_came_as_json_is_given_as_yaml_that_says_the_same(api: Api) -> None:
    document = data(OURS) | {"mapping": "from-json", "title": "12:30"}
    made = await api.post("/mappings", json=document)
    assert (made.status_code, made.headers["location"][-19:]) == (201, "/mappings/from-json")
    exported = await api.get("/mapping-documents?name=from-json")
    assert data(exported.json()["items"][0]["text"]) == document
    assert (await api.post("/mappings", json=document)).status_code == 409


async def test_what_is_wrong_is_told_with_its_line_in_yaml_and_by_a_pointer_in_json(api: Api) -> None:
    [from_yaml] = (await put(api, BROKEN)).json()["errors"]
    [from_json] = (await api.put("/mappings/ours", json=data(BROKEN))).json()["errors"]
    assert (from_yaml["line"], from_yaml["pointer"]) == (14, "/sinks/partners/from")
    assert "line" not in from_json
    assert {name: from_json[name] for name in ("code", "pointer", "detail", "remedy")} == {
        name: from_yaml[name] for name in ("code", "pointer", "detail", "remedy")
    }
    assert from_yaml["remedy"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"mapping": "ours", "mapping": "ours"}', "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b"[]", "application/json", 400),
        (b"a: 1\na: 2\n", "application/yaml", 422),
        (b"mapping: ours\nx: " + b"y" * 300_000, "application/yaml", 422),
        (b"mapping: ours", "text/csv", 415),
    ],
)
async def test_a_body_that_is_no_document_is_refused(api: Api, content: bytes, kind: str, status: int) -> None:
    answer = await api.put("/mappings/ours", content=content, headers={"content-type": kind})
    assert answer.status_code == status, answer.text


async def test_whoever_changes_what_another_has_changed_is_told_who(api: Api, ours: dict[str, Any]) -> None:
    other = await put(api, OURS.replace("10m", "11m"), **{"if-match": ours["etag"]})
    assert (other.status_code, other.json()["version"]) == (200, ours["version"] + 1)

    late = await put(api, OURS.replace("10m", "12m"), **{"if-match": ours["etag"]})

    assert late.status_code == 412
    assert "It was changed by owner of acme" in late.json()["detail"]
    assert (await api.get("/mappings/ours/versions?limit=1")).json()["items"][0]["number"] == ours["version"] + 1
    gone = await api.delete("/mappings/ours", headers={"if-match": ours["etag"]})
    assert gone.status_code == 412


async def test_the_path_names_the_mapping(api: Api) -> None:
    assert "the path names other" in (await put(api, OURS, "other")).json()["detail"]


async def test_viewers_read_and_do_not_change(api: Api, ours: dict[str, Any]) -> None:
    viewer = api.as_(Role.VIEWER)
    known = await viewer.get("/mappings/ours", headers={"if-none-match": ours["etag"]})
    assert known.status_code == 304
    assert (await put(viewer, OURS)).status_code == 403
    assert (await api.visiting("beta").get("/mappings/ours")).status_code == 404
    assert (await api.inside("beta").get("/mappings/ours")).status_code == 404


async def test_each_form_of_a_mapping_has_an_etag_of_its_own(api: Api, ours: dict[str, Any]) -> None:
    yaml = {"accept": "application/yaml"}
    read = await api.get("/mappings/ours", headers=yaml)
    seen = {"if-none-match": read.headers["etag"]}

    assert read.headers["etag"] != ours["etag"]
    assert (await api.get("/mappings/ours", headers=yaml | seen)).status_code == 304
    shown = await api.get("/mappings/ours", headers=seen)
    assert (shown.status_code, shown.headers["vary"].split(",")[0].casefold()) == (200, "accept")
    assert (await put(api, OURS, **{"if-match": read.headers["etag"]})).status_code == 200


async def test_mappings_are_listed_page_by_page(api: Api, ours: dict[str, Any]) -> None:
    del ours
    first = (await api.get("/mappings?limit=1")).json()
    second = (await api.get(f"/mappings?limit=200&after={first['next']}")).json()
    names = [one["name"] for one in (*first["items"], *second["items"])]
    assert names == sorted(names)
    assert {"news", "ours"} <= set(names)


async def test_a_paused_mapping_says_so_until_it_is_resumed(api: Api, ours: dict[str, Any]) -> None:
    del ours
    assert (await api.post("/mappings/ours/resume", json={"missed": "skip"})).status_code == 409
    await api.post("/mappings/ours/pause", json={"reason": "on leave"})
    assert (await api.get("/mappings/ours/status")).json()["state"] == "paused"
    listed = (await api.get("/mappings?limit=200")).json()["items"]
    assert {one["state"] for one in listed if one["name"] == "ours"} == {"paused"}
    assert "paused" not in {one["state"] for one in listed if one["name"] != "ours"}
    resumed = (await api.post("/mappings/ours/resume", json={"missed": "run-last"})).json()
    assert resumed == {"was_paused": True, "go_on": 0, "skipped": 0, "still_paused": []}
    status = (await api.get("/mappings/ours/status")).json()
    assert (status["state"], status["nodes"][0]["node"]) == ("active", "blog")
    assert (await api.get("/mappings/ourz/status")).status_code == 404


async def test_versions_are_told_compared_drawn_and_gone_back_to(api: Api, ours: dict[str, Any]) -> None:
    number = ours["version"]
    await put(api, OURS.replace("10m", "15m"))
    told = (await api.get("/mappings/ours/versions")).json()["items"]
    assert (told[0]["number"], told[0]["current"], told[0]["changes"]) == (number + 1, True, "changes sources.blog")
    diff = (await api.get(f"/mappings/ours/diff?old={number}")).json()
    assert diff["nodes"][0]["settings"] == [{"path": "every", "before": "10m", "after": "15m"}]
    drawn = await api.get("/mappings/ours/graph?format=svg")
    assert (drawn.headers["content-type"], drawn.text[:4]) == ("image/svg+xml", "<svg")
    assert "flowchart" in (await api.get(f"/mappings/ours/graph?format=mermaid&version={number}")).text

    back = await api.post("/mappings/ours/rollback", json={"version": number})

    assert back.json()["mappings"][0]["version"] == number + 2
    version = (await api.get(f"/mappings/ours/versions/{number + 2}")).json()
    assert (version["hash"], version["origin"]) == (ours["hash"], f"rollback to version {number}")
    assert (await api.get("/mappings/ours/versions/99999")).status_code == 404


async def test_an_ended_mapping_is_there_no_more(api: Api) -> None:
    assert (await put(api, OURS.replace("mapping: ours", "mapping: short"), "short")).status_code == 200
    assert (await api.delete("/mappings/short")).json() == {"mapping": "short", "dropped": 0, "cancelled": 0}
    assert (await api.delete("/mappings/short")).status_code == 404


async def test_documents_are_linted_and_checked_without_being_stored(api: Api) -> None:
    both = {"documents": {"a.yaml": BROKEN, "b.json": data(BROKEN) | {"mapping": "b"}}}
    found = (await api.post("/mappings/lint", json=both)).json()
    assert [(one["file"], one["line"], one["pointer"]) for one in found["findings"]] == [
        ("a.yaml", 14, "/sinks/partners/from"), ("b.json", None, "/sinks/partners/from"),
    ]  # fmt: skip
    unknown = OURS.replace("acme-hook", "acme-hoook")
    assert (await api.post("/mappings/lint", content=unknown, headers=YAML)).json()["usable"]
    checked = (await api.post("/mappings/check", content=unknown, headers=YAML)).json()
    assert (checked["usable"], checked["findings"][0]["pointer"]) == (False, "/sinks/partners/accounts/0")
    assert (await api.post("/mappings/lint", json={"documentz": {}})).status_code == 422


async def test_tests_are_run_and_reach_no_file(api: Api) -> None:
    found = (await api.post("/mappings/test", content=TESTED, headers=YAML)).json()
    assert [one["passed"] for one in found["tests"]] == [True, False]
    assert found["tests"][1]["missed"][0]["path"] == "tests[1].expect.partners"
    reading = TESTED.replace("{text: Lunch}", "{fixture: news.fixtures.yaml#lunch}")
    missed = (await api.post("/mappings/test", json={"documents": {"/etc/x.yaml": reading}, "only": "lunch"})).json()
    assert (missed["passed"], missed["left_out"]) == (False, 1)


async def test_a_preview_shows_what_each_sink_would_say_with_counts(api: Api) -> None:
    answer = await api.post("/mappings/preview", json={"document": data(OURS), "text": "We are hiring"})
    [shown] = answer.json()["posts"]
    assert (shown["sinks"]["partners"][0]["text"], shown["sinks"]["partners"][0]["length"]) == ("We are hiring", 13)
    unknown = await api.post("/mappings/preview", json={"document": OURS, "text": "x", "sink": "partnerz"})
    assert unknown.status_code == 404


async def test_a_document_is_put_into_the_one_layout(api: Api) -> None:
    answer = await api.post("/mappings/format", content=OURS, headers=YAML)
    assert ("# as we like it" in answer.text, data(answer.text)) == (True, data(OURS))
    assert (await api.post("/mappings/format", json={})).status_code == 415


async def test_a_plan_is_applied_while_it_holds_and_refused_when_it_does_not(api: Api, ours: dict[str, Any]) -> None:
    del ours
    documents = {"ours.yaml": OURS.replace("10m", "20m"), "more.yaml": OURS.replace("mapping: ours", "mapping: more")}
    plan = (await api.post("/mappings/plan", json={"documents": documents})).json()
    assert [(one["mapping"], one["what"]) for one in plan["mappings"]] == [("ours", "changed"), ("more", "new")]

    applied = await api.post("/mappings/apply", json={"plan": plan})

    assert (applied.status_code, applied.json()["plan"]) == (200, plan["plan"]), applied.text
    again = await api.post("/mappings/apply", json={"plan": plan})
    assert (again.status_code, "does not hold any more" in again.json()["detail"]) == (409, True)
    by_name = await api.post("/mappings/apply", json={"plan": plan["plan"], "documents": documents})
    assert by_name.status_code == 409
    assert (await api.post("/mappings/apply", json={"plan": {"format": "x"}})).status_code == 422
    await api.delete("/mappings/more")


async def test_a_replay_is_long_work_whose_result_is_the_plan(api: Api, world: World) -> None:
    answer = await api.post("/mappings/replay", json={"documents": {"a.yaml": OURS}, "since": "2d"})
    assert (answer.status_code, answer.json()["kind"]) == (202, "replay")
    keeper = world.face.running.tasks[answer.json()["id"]].keeper
    assert keeper is not None
    await keeper
    ended = (await api.get(answer.headers["location"])).json()
    assert (ended["state"], ended["result"]["format"]) == ("done", "chappe plan 1")
    assert ended["result"]["mappings"][0]["replay"] is not None
    assert (ended["done"], ended["total"]) == (2, 2)  # its document checked, and its posts travelled
    assert ended["sentence"] == "The posts have travelled both versions of 1 of 1 mappings."
    wrong = await api.post("/mappings/replay", json={"documents": {"a.yaml": OURS}, "since": "soon"})
    assert wrong.status_code == 422


@pytest.mark.parametrize("path", ["check", "plan", "test", "apply"])
async def test_who_would_rather_not_wait_follows_an_operation(api: Api, world: World, path: str) -> None:
    given = {"documents": {"later.yaml": OURS.replace("mapping: ours", "mapping: later")}}
    key = {"prefer": "respond-async", "idempotency-key": f"later-{path}"}
    answer = await api.post(f"/mappings/{path}", json=given, headers=key)
    again = await api.post(f"/mappings/{path}", json=given, headers=key)

    assert (answer.status_code, answer.json()["kind"]) == (202, path)
    assert answer.headers["preference-applied"] == "respond-async"
    assert again.headers["location"] == answer.headers["location"]
    if mine := world.face.running.tasks.get(answer.json()["id"]):
        assert mine.keeper is not None
        await mine.keeper
    ended = (await api.get(answer.headers["location"])).json()
    assert (ended["state"], ended["done"], ended["error"]) == ("done", ended["total"], None)
    assert {"check": "findings", "plan": "format", "test": "passed", "apply": "plan"}[path] in ended["result"]
    assert (await api.get("/mappings/later")).status_code == (200 if path == "apply" else 404)


async def test_a_tap_streams_what_has_passed(api: Api, world: World) -> None:
    await asyncio.to_thread(world.cli.arrive, "We are hiring")
    answer = await api.get("/mappings/news/tap?since=30d&follow=false")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert {"node", "what", "sentence", "title"} <= set(_data(answer)[0])
    one = await api.get("/mappings/news/nodes/jobs/tap?since=30d&follow=false")
    assert {line.get("node") for line in _data(one)} == {"jobs", None}
    assert (await api.get("/mappings/news/nodes/jobz/tap")).status_code == 404


def _data(answer: httpx.Response) -> list[dict[str, Any]]:
    """Return the data of server-sent events; that of the last one, `end`, has no node."""
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/mappings", {}, "/mapping"),
        ("/mappings", {"mapping": "ours", "sources": {"blog": {}}}, "/sources/blog/kind"),
        ("/pauses/pause", {"scope": "mapping"}, "/name"),
        ("/pauses/resume", {"scope": "workspace", "missed": "skip"}, "/missed"),
        ("/library/blog", {"parameters": {"a/b": "?"}}, "/parameters/a~1b"),
        ("/mappings/apply", {}, "/documents"),
        ("/mappings/apply", {"plan": {}}, "/plan"),
        ("/mappings/replay", {"documents": {"a.yaml": MAPPING}, "since": "soon"}, "/since"),
        ("/repositories", {"url": "ftp://acme.example"}, "/url"),
    ],
)
async def test_what_is_wrong_is_named_by_its_place(api: Api, path: str, body: Any, where: str) -> None:
    answer = await api.post(path, json=body)

    assert answer.status_code == 422, answer.text
    assert where in [error["pointer"] for error in answer.json()["errors"]]
    assert "chappe " not in answer.text


async def test_what_to_do_is_said_by_a_route(api: Api) -> None:
    answer = await api.post("/mappings", json={"mapping": "ours", "sources": {"blog": {"kind": "feeds"}}})

    assert "`GET /api/v1/workspaces/{workspace}/catalogue` lists every kind." in answer.text
