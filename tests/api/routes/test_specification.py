"""The OpenAPI document, held to what the API does: documented and made-up requests for every route.

Each is answered as the document says (status, media type, headers, shape), whether it is right or wrong, and never by
an error that nobody foresaw. `make soak` makes up far more requests, and goes on from answer to answer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
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
from hypothesis.errors import Flaky, Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.transport import Response
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
    from collections.abc import Iterator

    from schemathesis import Case
    from schemathesis.schemas import APIOperation
    from sqlalchemy import Connection

    from tests.api.routes.conftest import World

CHECKS: Final[list[Any]] = [
    status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
ENDLESS: Final = {"stream_events"}
"""What goes on until somebody leaves: it has tests of its own."""
HERE: Final = {"path_parameters": {"workspace": "acme"}}
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
    for one in operations[::12]:
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


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_what_follows_from_answers_is_answered_as_documented(asker: Asker, schema: Any) -> None:
    wrong: list[str] = []
    linked: list[str] = []

    class Machine(schema.as_state_machine()):  # type: ignore[misc]  # made at run time of the document
        def call(self, case: Case[Any], **_: Any) -> Response:
            if "workspace" in case.path_parameters:
                case.path_parameters["workspace"] = "acme"
            answer = asker.ask(case, asker.signed_in())
            wrong.extend(told(case, answer))
            linked.append(case.operation.label)
            return Response.from_any(answer)

        def validate_response(self, *_: Any, **__: Any) -> None:
            """It is looked at where it comes in."""

    once = settings(
        max_examples=3, stateful_step_count=12, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    for _ in range(40):
        with suppress(Flaky):  # the same request has another answer later, which hypothesis does not foresee
            Machine.run(settings=once)

    assert "\n".join(wrong) == ""
    assert len(set(linked)) > 20


def _contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, body in (("request", operation.get("requestBody") or {}), *operation["responses"].items()):
        for content in (body.get("content") or {}).values():
            if "example" in content:
                yield place, content


def _documented(operation: APIOperation[Any, Any, Any, Any], document: dict[str, Any]) -> Case[Any]:
    """Return the request that the document shows, in the workspace `acme`."""
    raw = operation.definition.raw
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in raw.get("parameters", ()):
        if parameter.get("required"):
            value = sample(parameter["schema"] | {"examples": parameter["schema"].get("examples")}, document)
            places[parameter["in"]][parameter["name"]] = value
    places["path"] |= HERE["path_parameters"] if "workspace" in places["path"] else {}
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
