"""The ladder of a change: lint, check, test, preview, plan, replay, apply; and the layout of documents."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fastapi import APIRouter, HTTPException, Request, Response, status
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from api import documents, operations
from api.actions import applying, changing, mapping_documents, planning, previewing, testing
from api.deps import TheFace
from api.documents import ANSWER, JSON, YAML, Sent
from api.errors import UsageError
from api.openapi_words import located
from api.routes.mappings import ORIGIN, Editor, Viewer, hands_of
from api.routes.operations import LATER, Later, accepted, now_or_later
from api.shapes import mappings as shapes
from api.shapes.mappings import (
    Applied,
    ApplyIn,
    DocumentsIn,
    Findings,
    PlanIn,
    Previewed,
    PreviewIn,
    ReplayIn,
    Tests,
    TestShown,
    TestsIn,
)
from api.shapes.operations import Operation
from engine.errors import ConflictError
from engine.model.duration import Duration
from mappings.changing.changes import Change, check_all
from mappings.changing.planning import plan
from mappings.findings import has_errors
from mappings.formatting import formatted
from mappings.rehearsal.given import no_fixtures
from mappings.rehearsal.preview import render_preview

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from api.deps import Caller, Face
    from api.operations import Report
    from engine.graph import Graph
    from mappings.document import MappingDocument
    from mappings.findings import Finding

T = TypeVar("T", bound=DocumentsIn)

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["mappings"])

_CHECKED: Final = "Checked {done} of {total} documents."
_TRAVELLED: Final = "The posts have travelled both versions of {done} of {total} mappings."
_TEXT: Final = {"schema": {"type": "string", "description": "One document as YAML."}}


def body_of(shape: type[BaseModel]) -> dict[str, Any]:
    """Describe a body that is one document of YAML, or JSON of that shape."""
    content = {JSON: {"schema": shape.model_json_schema()}, YAML: _TEXT}
    return {"requestBody": {"required": True, "content": content}}


@router.post("/mappings/lint", summary="Lint documents", openapi_extra=body_of(DocumentsIn))
async def lint_mappings(request: Request, face: TheFace, caller: Viewer) -> Findings:
    """Tell everything that is wrong with documents, without looking at the workspace. Nothing is stored."""
    sent, _ = await _sent(request, DocumentsIn)
    change = Change(caller.workspace.id, sent.files, sent.parameters)
    found = await asyncio.to_thread(check_all, change, face.registry, today=face.clock.now().date())
    return _told(sent, [finding for one in found for finding in one.findings])


@router.post("/mappings/check", summary="Check documents", response_model=Findings, responses=LATER,
             openapi_extra=body_of(DocumentsIn))  # fmt: skip
async def check_mappings(request: Request, face: TheFace, caller: Viewer, later: Later) -> Response:
    """Tell what applying documents would remark: as `lint`, and accounts, groups and other mappings are looked up."""
    sent, _ = await _sent(request, DocumentsIn)
    change = Change(caller.workspace.id, sent.files, sent.parameters)

    async def work(report: Report) -> dict[str, Any]:
        with _heard(report, ["Checked {done} of {total} documents."], len(sent.files)) as heard:
            found = await applying.checked(face.store, face.registry, change, face.clock.now(), heard)
        return _told(sent, [finding for one in found for finding in one.findings]).model_dump(mode="json")

    return await now_or_later(face, caller, "check", work, later=later)


@router.post("/mappings/format", summary="Format a document", response_class=Response, responses=ANSWER,
             openapi_extra={"requestBody": {"required": True, "content": {YAML: _TEXT}}})  # fmt: skip
async def format_mapping(request: Request, caller: Viewer) -> Response:
    """Put a document of YAML into the one order and layout. Comments stay, and nothing is said otherwise."""
    del caller
    if documents.kind_of(request) != YAML:
        detail = f"Only YAML has a layout: send it as {YAML}."
        raise HTTPException(status.HTTP_415_UNSUPPORTED_MEDIA_TYPE, detail)
    text = (await request.body()).decode("utf-8-sig", errors="replace")
    return documents.yaml_answer(await asyncio.to_thread(formatted, text))


@router.post("/mappings/test", summary="Run the tests of documents", response_model=Tests, responses=LATER,
             openapi_extra=body_of(TestsIn))  # fmt: skip
async def test_mappings(request: Request, face: TheFace, caller: Viewer, later: Later) -> Response:
    """Run the `tests:` of documents, without the workspace and without a network; fixtures in files are not there."""
    sent, read = await _sent(request, TestsIn)
    files = {name: text if isinstance(text, bytes) else text.encode() for name, text in sent.files.items()}
    asked = testing.Asked(files, sent.parameters, only=read.only if read else "", on_disk=False)

    async def work(report: Report) -> dict[str, Any]:
        return _tests(sent, await _tested(asked, face, report)).model_dump(mode="json")

    return await now_or_later(face, caller, "test", work, later=later)


async def _tested(asked: testing.Asked, face: Face, report: Report) -> testing.Report:
    with _heard(report, ["Tested {done} of {total} documents."], len(asked.files)) as heard:
        return await asyncio.to_thread(testing.run_tests, asked, face.registry, heard)


@contextmanager
def _heard(report: Report, rounds: Sequence[str], documents: int) -> Iterator[Callable[[int, int], None]]:
    """Give what hears in a thread that one document more is done, and tells it in the words of its round.

    The thread ends after the document that it is at where nobody waits for it any more.
    """
    loop, over, calls = asyncio.get_running_loop(), threading.Event(), count()
    total = max(1, documents) * len(rounds)

    def heard(done: int, of: int) -> None:
        if over.is_set():
            raise ConflictError("It was cancelled.")
        nth = next(calls)
        words = rounds[min(nth // max(1, documents), len(rounds) - 1)]
        telling = report(min(nth + 1, total), total, words.format(done=done, total=of))
        asyncio.run_coroutine_threadsafe(telling, loop)

    try:
        yield heard
    finally:
        over.set()


def _tests(sent: Sent, report: testing.Report) -> Tests:
    """Return how tests went, as shown."""
    tests = [
        TestShown.model_validate({
            "file": one.file, "mapping": one.mapping, "name": one.name, "line": one.line, "passed": one.passed,
            "missed": [vars_of(miss) for miss in one.missed],
        }) for one in report.tested
    ]  # fmt: skip
    findings = [shapes.finding(each) for each in sent.placed(report.broken)]
    passed = not report.failed and not has_errors(report.broken)
    return Tests(passed=passed, left_out=report.left_out, tests=tests, findings=findings)


@router.post("/mappings/preview", summary="Preview what a document would publish")
async def preview_mapping(face: TheFace, caller: Viewer, body: PreviewIn) -> Previewed:
    """Show each network's rendering with counts, or why there is nothing. Nothing is sent or stored.

    The post is what is given by `text`, `title` and `link`; else the newest stored posts of its sources, or those of
    its tests.
    """
    sent = await asyncio.to_thread(documents.sent_as, {"mapping": body.document}, body.parameters)
    with sent.telling():
        document, graph = await asyncio.to_thread(
            previewing.compiled, sent.files["mapping"], "mapping", face.registry, body.parameters
        )
    previewing.end_of(graph, body.sink)
    previewing.start_of(graph, body.source)
    samples = await _samples(face, caller, body, document, graph)
    if not samples:
        raise ConflictError("There is no post to show yet: send one by `text`, `title` and `link`.")
    now = face.clock.now()

    def shown() -> list[dict[str, Any]]:
        found = [(each, render_preview(graph, each.post, now, each.source)) for each in samples]
        return [previewing.as_dict(each, preview, body.sink) for each, preview in found]

    return Previewed(posts=await asyncio.to_thread(shown))


@router.post("/mappings/plan", summary="Plan a change", response_model=dict[str, Any], responses=LATER,
             openapi_extra=body_of(PlanIn))  # fmt: skip
async def plan_mappings(request: Request, face: TheFace, caller: Viewer, later: Later) -> Response:
    """Tell what applying documents would change, and change nothing.

    The answer is a plan for `apply`, which holds the documents and a name that stands for all that it holds to be so:
    what they mean, the versions that run, and the accounts that they reach.
    """
    sent, _ = await _sent(request, PlanIn)
    change = Change(caller.workspace.id, sent.files, sent.parameters)

    async def work(report: Report) -> dict[str, Any]:
        with sent.telling(), _heard(report, [_CHECKED], len(sent.files)) as heard:
            made = await plan(face.store, face.registry, face.clock, change, told=heard)
        told: dict[str, Any] = json.loads(planning.written(made))
        return told

    return await now_or_later(face, caller, "plan", work, later=later)


@router.post("/mappings/replay", summary="Plan a change with older posts", status_code=status.HTTP_202_ACCEPTED,
             response_model=Operation, responses=located(202), openapi_extra=body_of(ReplayIn))  # fmt: skip
async def replay_mappings(request: Request, face: TheFace, caller: Editor) -> Response:
    """Begin to plan, and to let the posts of some time travel the versions that run and these documents.

    The result of the operation is the plan, with what would have gone out otherwise, to whom, when and in which words.
    """
    sent, read = await _sent(request, ReplayIn)
    since = read.since if read else "7d"
    try:
        span = Duration.parse(since)
    except ValueError as error:
        raise UsageError(f"`since` takes a time such as 7d: {error}", pointer="/since") from error
    change = Change(caller.workspace.id, sent.files, sent.parameters)
    await applying.checked_files(face.store, face.registry, change)

    async def work(report: Report) -> dict[str, Any]:
        with sent.telling(), _heard(report, [_CHECKED, _TRAVELLED], len(sent.files)) as heard:
            made = await plan(face.store, face.registry, face.clock, change, replay=span, told=heard)
        told: dict[str, Any] = json.loads(planning.written(made))
        return told

    return await accepted(face, caller, "replay", work)


@router.post("/mappings/apply", summary="Apply a plan, or documents", response_model=Applied, responses=LATER)
async def apply_mappings(face: TheFace, caller: Editor, body: ApplyIn, later: Later) -> Response:
    """Save documents as versions and let them run: all of them, or none.

    With a plan, only where what it held to be so still is (409). As an operation it can be cancelled until they are
    saved.
    """
    held_to, sent = await asyncio.to_thread(_to_apply, body)
    hands = hands_of(face, caller)
    change = Change(caller.workspace.id, sent.files, sent.parameters, origin=ORIGIN, by=caller.by)

    async def work(report: Report) -> dict[str, Any]:
        with sent.telling():
            await report(0, 2, "The documents are checked.")
            ready = await changing.prepared(hands, change, held_to=held_to)
            await report(1, 2, "The documents are saved, all of them or none.")
            saving = mapping_documents.applied(hands, face.wake, ready, confirm=body.confirm, force=body.force)
            done = await operations.to_its_end(saving)
        await report(2, 2, "The documents run.")
        shown = shapes.applied(done, [shapes.finding(each) for each in sent.placed(done.findings)])
        return shown.model_dump(mode="json")

    return await now_or_later(face, caller, "apply", work, later=later)


def _to_apply(body: ApplyIn) -> tuple[planning.Kept | str | None, Sent]:
    """Return the plan to hold to and the documents to apply; raises UsageError."""
    if isinstance(body.plan, dict):
        if body.documents:
            raise UsageError(
                "A plan holds its documents: send a plan, or documents and the plan's name.", pointer="/documents"
            )
        kept = planning.kept_of(body.plan)
        if kept is None:
            raise planning.PlanFileError("`plan` is not a plan: send the answer of `plan` as it came.", pointer="/plan")
        return kept, Sent(kept.documents)
    if not body.documents:
        raise UsageError("There is nothing to apply: send a plan, or documents.", pointer="/documents")
    return body.plan, documents.sent_as(body.documents, body.parameters)


def vars_of(told: testing.Told) -> dict[str, Any]:
    """Return what a test has missed for JSON."""
    return {name: getattr(told, name) for name in ("line", "column", "path", "expected", "got")}


def _told(sent: Sent, findings: list[Finding]) -> Findings:
    return Findings(usable=not has_errors(findings), findings=[shapes.finding(each) for each in sent.placed(findings)])


async def _samples(
    face: Face, caller: Caller, body: PreviewIn, document: MappingDocument, graph: Graph
) -> list[previewing.Sample]:
    if any(given is not None for given in (body.text, body.title, body.link)):
        return previewing.typed(graph, body.source, text=body.text or "", title=body.title or "", link=body.link)
    if not body.tests:
        found = await previewing.stored(face.store, caller.workspace.id, graph, body.source, body.limit)
        if found:
            return found
    return previewing.tested(graph, document, body.source, no_fixtures)


async def _sent(request: Request, shape: type[T]) -> tuple[Sent, T | None]:
    """Return the documents of a body: one of YAML, or those of JSON with what else that says."""
    kind, body = documents.kind_of(request), await request.body()
    if kind == YAML:
        return documents.sent(body, kind, "mapping.yaml"), None

    def read() -> tuple[Sent, T]:
        given = shape.model_validate(documents.read_json(body))
        return documents.sent_as(given.documents, given.parameters), given

    try:
        return await asyncio.to_thread(read)
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from error
