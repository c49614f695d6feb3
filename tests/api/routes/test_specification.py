"""The OpenAPI document, held to what the API does: documented and made-up requests for every route.

Each is answered as the document says (status, media type, headers, shape), whether it is right or wrong, and never by
an error that nobody foresaw. `make soak` makes up far more requests, and goes on from answer to answer.
"""

from __future__ import annotations

import asyncio
import warnings
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import httpx
import jsonschema
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import NonInteractiveExampleWarning, Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.definitions import OPENAPI_31

from api import credentials
from api.examples import sample
from api.problem_list import FAILED, INTERNAL
from engine.store import sessions, users
from engine.store.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemathesis import Case
    from schemathesis.schemas import APIOperation
    from sqlalchemy import Connection

    from tests.api.routes.conftest import World

    Request = Callable[[APIOperation[Any, Any, Any, Any], dict[str, Any], dict[str, Any]], Case[Any]]

CHECKS: Final[list[Any]] = [
    status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
ENDLESS: Final = {"stream_events", "tap_mapping", "tap_node", "follow_operation"}
"""What goes on until somebody leaves: it has tests of its own."""
HERE: Final = {"path_parameters": {"workspace": "acme"}}
LEFT_OUT: Final = {
    "delete_user", "change_user", "change_member", "remove_member", "delete_workspace", "suspend_workspace",
    "test_webhook", "preview_sync", "sync_repository",
}  # fmt: skip
"""What would keep the one who asks out, and what calls others, which no test may."""

OURS: Final = {INTERNAL.kind, FAILED.kind}
"""The problems that no request may lead to."""


@dataclass(frozen=True)
class Asker:
    """Sends requests as the owner of the workspace `acme`, who administers the instance."""

    world: World
    runner: asyncio.Runner
    client: httpx.AsyncClient
    names: Iterator[int]

    def signed_in(self) -> dict[str, str]:
        """Return the headers of a new session: some routes end those that there are."""
        token, now = f"made-up-{next(self.names)}", self.world.clock.now()

        def begin(connection: Connection) -> None:
            owner = next(one for one in users.listed(connection, after="", most=200) if one.admin)
            end = now + timedelta(days=30)
            sessions.begin(connection, Session(credentials.hash_of(token), owner.id, "password", now, now, end))

        self.runner.run(self.world.store.write(begin))
        return {"cookie": f"{credentials.COOKIE}={token}", credentials.CSRF: credentials.csrf_of(token)}

    def ask(self, case: Case[Any], shown: dict[str, str]) -> httpx.Response:
        """Send a request with these headers."""
        request = case.as_transport_kwargs(base_url="https://chappe")
        made = {**(request["headers"] or {})}
        headers = {name: str(made[name]).encode("latin-1", "replace") for name in made if name.lower() not in shown}
        data = request.get("data")
        body = {"content": data} if isinstance(data, bytes | str) else {"data": data}
        self.client.cookies.clear()
        built = self.client.build_request(
            request["method"], request["url"], params=request.get("params"), json=request.get("json"), **body,
            headers={**headers, **{name: value.encode() for name, value in shown.items()}},
        )  # fmt: skip
        return self.runner.run(self.client.send(built))

    def wrong(self, case: Case[Any], shown: dict[str, str]) -> list[str]:
        """Send a request, and return what is wrong with its answer."""
        answer = self.ask(case, shown)
        return told(case, answer)


def told(case: Case[Any], answer: httpx.Response) -> list[str]:
    """Return what is wrong with an answer."""
    request = f"{case.method} {case.formatted_path} {answer.request.content[:300]!r} {answer.status_code}"
    if any(kind in answer.text for kind in OURS):
        return [f"{request}: {answer.text[:500]}"]
    try:
        case.validate_response(answer, checks=CHECKS)
    except BaseExceptionGroup as group:
        return [f"{request}: {str(error)[:300]}" for error in group.exceptions]
    return []


@pytest.fixture(scope="module")
def asker(world: World) -> Iterator[Asker]:
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield Asker(world, runner, httpx.AsyncClient(transport=transport, trust_env=False), count())


@pytest.fixture(scope="module")
def document(world: World) -> dict[str, Any]:
    return world.app.openapi()


@pytest.fixture(scope="module")
def schema(document: dict[str, Any]) -> Any:
    return schemathesis.openapi.from_dict(document).exclude(operation_id=sorted(ENDLESS))


@pytest.fixture(scope="module")
def operations(schema: Any) -> list[APIOperation[Any, Any, Any, Any]]:
    return [one.ok() for one in schema.get_all_operations()]


def test_the_document_is_one_of_openapi(document: dict[str, Any]) -> None:
    errors = jsonschema_rs.validator_for(OPENAPI_31).iter_errors(document)

    assert [f"{error.instance_path}: {error.message[:200]}" for error in errors] == []


def test_every_operation_says_who_may_and_under_which_tag(document: dict[str, Any]) -> None:
    found = [one for path in document["paths"].values() for one in path.values()]
    tags = {tag["name"] for tag in document["tags"]}

    assert [one["operationId"] for one in found if "security" not in one] == []
    assert [one["operationId"] for one in found if not tags.issuperset(one.get("tags") or [""])] == []
    assert tags == {tag for one in found for tag in one["tags"]} | {"hooks"}
    assert len({one["operationId"] for one in found}) == len(found)


def test_every_example_is_of_its_shape(document: dict[str, Any]) -> None:
    wrong = []
    for path in document["paths"].values():
        for one in path.values():
            for place, content in _contents(one):
                whole = {**content.get("schema", {}), "components": document["components"]}
                errors = jsonschema.Draft202012Validator(whole).iter_errors(content["example"])
                wrong += [f"{one['operationId']} {place} {error.json_path}: {error.message[:200]}" for error in errors]

    assert "\n".join(wrong) == ""


def test_each_documented_request_is_answered_as_documented(
    asker: Asker, operations: list[APIOperation[Any, Any, Any, Any]], document: dict[str, Any]
) -> None:
    wrong: list[str] = []
    for one in operations:
        wrong += asker.wrong(_documented(one, document), asker.signed_in())

    assert "\n".join(wrong) == ""


def test_made_up_requests_are_answered_as_documented(
    asker: Asker, operations: list[APIOperation[Any, Any, Any, Any]]
) -> None:
    """A few routes, always the same; `make soak` takes all of them."""
    wrong: list[str] = []
    for one in operations[::30]:
        wrong += _made_up(asker, one, GenerationMode.POSITIVE, 2)

    assert "\n".join(wrong) == ""


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_many_made_up_requests_are_answered_as_documented(
    asker: Asker, operations: list[APIOperation[Any, Any, Any, Any]]
) -> None:
    wrong: list[str] = []
    for one in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            wrong += _made_up(asker, one, mode, 20)

    assert "\n".join(wrong) == ""


def test_what_follows_from_lists_is_answered_as_documented(
    asker: Asker, operations: list[APIOperation[Any, Any, Any, Any]], document: dict[str, Any]
) -> None:
    asker.world.cli.arrive("We are hiring")
    wrong, followed = _follow(asker, operations, document, _documented)

    assert "\n".join(wrong) == ""
    assert len(followed) > 30


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_what_follows_from_made_up_things_is_answered_as_documented(
    asker: Asker, operations: list[APIOperation[Any, Any, Any, Any]], document: dict[str, Any]
) -> None:
    def made_up(operation: APIOperation[Any, Any, Any, Any], _: dict[str, Any], known: dict[str, Any]) -> Case[Any]:
        with warnings.catch_warnings(action="ignore", category=NonInteractiveExampleWarning):
            return operation.as_strategy(path_parameters=HERE["path_parameters"] | known).example()

    for _ in range(20):
        wrong, _followed = _follow(asker, operations, document, made_up)

        assert "\n".join(wrong) == ""


def _follow(
    asker: Asker, operations: list[APIOperation[Any, Any, Any, Any]], document: dict[str, Any], request: Request
) -> tuple[list[str], set[str]]:
    """Make things and list them, then ask for all that the links of the answers name, what removes them last.

    Return what is wrong, and the operations that were followed.
    """
    by_id = {one.definition.raw["operationId"]: one for one in operations}
    by_id = {name: one for name, one in by_id.items() if name not in LEFT_OUT}
    wrong, followed, found = [], set[str](), []
    for one in sorted(operations, key=lambda each: each.method != "post"):
        links: dict[str, Any] = next(
            (answer["links"] for answer in one.definition.raw["responses"].values() if "links" in answer), {}
        )
        if not links or one.path.count("{") > 1:
            continue
        case = request(one, document, {})
        answer = asker.ask(case, asker.signed_in())
        wrong += told(case, answer)
        found += [(name, each["parameters"], answer) for name, each in links.items() if name in by_id]
    for name, parameters, answer in sorted(found, key=lambda each: by_id[each[0]].method == "delete"):
        known = _known(parameters, answer)
        if known is not None:
            case = request(by_id[name], document, known)
            wrong += asker.wrong(case, asker.signed_in())
            followed.add(name)
    return wrong, followed


def _known(parameters: dict[str, str], answer: httpx.Response) -> dict[str, Any] | None:
    """Return the values that a link names, None where the answer does not have them."""
    known: dict[str, Any] = {}
    for name, expression in parameters.items():
        if not expression.startswith("$response.body#"):
            continue
        value: Any = answer.json()
        for part in expression.removeprefix("$response.body#/").split("/"):
            value = value[int(part)] if isinstance(value, list) and value else value.get(part) if value else None
        if value is None:
            return None
        known[name] = value
    return known


def _contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, body in (("request", operation.get("requestBody") or {}), *operation["responses"].items()):
        for content in (body.get("content") or {}).values():
            if "example" in content:
                yield place, content


def _documented(
    operation: APIOperation[Any, Any, Any, Any], document: dict[str, Any], known: dict[str, Any] | None = None
) -> Case[Any]:
    """Return the request that the document shows, in the workspace `acme`."""
    raw = operation.definition.raw
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in raw.get("parameters", ()):
        if parameter.get("required"):
            value = sample(parameter["schema"] | {"examples": parameter["schema"].get("examples")}, document)
            places[parameter["in"]][parameter["name"]] = value
    places["path"] |= HERE["path_parameters"] if "workspace" in places["path"] else {}
    places["path"] |= known or {}
    media = {kind: one for kind, one in raw.get("requestBody", {}).get("content", {}).items() if "example" in one}
    body = {"body": next(iter(media.values()))["example"]} if media else {}
    return operation.Case(
        path_parameters=places["path"], query=places["query"], headers=places["header"],
        media_type=next(iter(media), None), **body,
    )  # fmt: skip


def _made_up(
    asker: Asker, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, examples: int
) -> list[str]:
    """Return what is wrong with answers to made-up requests, right ones or wrong ones."""
    wrong: list[str] = []
    shown = asker.signed_in()
    fixed: dict[str, Any] = HERE if "{workspace}/" in operation.path else {}

    @seed(0)
    @settings(
        max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode, **fixed))
    def run(case: Case[Any]) -> None:
        wrong.extend(asker.wrong(case, shown))

    try:
        run()
    except Unsatisfiable:  # there is no wrong request for it
        assert mode is GenerationMode.NEGATIVE
    return wrong
