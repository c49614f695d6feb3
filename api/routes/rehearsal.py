"""Documents that are not stored, drawn and compared; posts as fixtures; and what findings mean."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Response

from api import documents
from api.actions import capturing, naming, versions
from api.actions.versions import Document
from api.deps import AsUser, Caller, May, Role, TheFace
from api.routes.mapping_versions import DRAWN, drawn_answer
from api.shapes.common import Id
from api.shapes.mappings import DiffShown
from api.shapes.rehearsal import DiffIn, DrawIn, FindingCode, FindingCodes, FindingPage, Fixture
from engine.errors import NotFoundError
from engine.model.post import Post
from mappings.compiling import compile_document
from mappings.findings import did_you_mean
from mappings.linting.reports import page_of
from mappings.rehearsal import fixtures
from mappings.rules import RULES

router: Final = APIRouter()

HERE: Final = "/workspaces/{workspace}"
Viewer = Annotated[Caller, May("mappings:read", Role.VIEWER)]
Reads = Annotated[Caller, May("posts:read", Role.VIEWER)]


@router.post(
    f"{HERE}/mappings/graph", summary="Draw a document", tags=["mappings"], response_class=Response, responses=DRAWN
)
async def draw_document(
    face: TheFace,
    caller: Viewer,
    body: DrawIn,
    drawn_as: Annotated[Literal["json", "mermaid", "dot", "svg"], Query(alias="format")] = "json",
) -> Response:
    """Draw a document that is not stored, from its sources to its sinks."""
    del caller
    sent = await asyncio.to_thread(documents.sent_as, {"mapping": body.document}, body.parameters)
    with sent.telling():
        graph = await asyncio.to_thread(
            compile_document, str(sent.files["mapping"]), face.registry, body.parameters, file="mapping"
        )
    return await drawn_answer(graph, drawn_as)


@router.post(f"{HERE}/mappings/diff", summary="Compare documents", tags=["mappings"])
async def diff_documents(caller: Viewer, body: DiffIn) -> DiffShown:
    """Show what a document says otherwise than another, neither of them stored. Comments and order do not count."""
    del caller
    given = {"old": body.old, "new": body.new}
    sent = await asyncio.to_thread(documents.sent_as, given, {})
    with sent.telling():
        first, second = (Document(name, str(sent.files[name])) for name in given)
        found = await asyncio.to_thread(versions.compared, first, second)
    return DiffShown.model_validate({"old": "old", "new": "new", "same": not found} | found.as_dict())


@router.get(f"{HERE}/posts/{{post}}/fixture", summary="Show a post as a fixture", tags=["posts"])
async def show_fixture(face: TheFace, caller: Reads, post: Id) -> Fixture:
    """Show a stored post as the tests of mappings give it: what readers see of it, without its times."""
    row = await naming.post_of(face.store, caller.workspace.id, post)
    found = Post.model_validate_json(row.document)
    name, given = capturing.named(found), capturing.given_of(found)
    shown = given.model_dump(mode="json", exclude_unset=True)
    return Fixture(name=name, post=shown, text=fixtures.written({name: given}))


@router.get("/findings", summary="List what can be found wrong", tags=["mappings"])
async def list_findings(_: AsUser) -> FindingCodes:
    """List the codes of findings, which all come in one page."""
    return FindingCodes(items=[FindingCode(code=one.code, title=one.title, severity=one.severity) for one in _RULES])


@router.get("/findings/{code}", summary="Tell what a finding means", tags=["mappings"])
async def show_finding(
    _: AsUser, code: Annotated[str, Path(max_length=20, description="The code.", examples=["CH102"])]
) -> FindingPage:
    """Tell what findings of a code mean and what to do, with an example that has one and the same without it."""
    rule = RULES.get(code.upper())
    if rule is None:
        raise NotFoundError(f"There is no finding {code}.{did_you_mean(code, RULES)}")
    return FindingPage(
        code=rule.code, title=rule.title, severity=rule.severity, explanation=rule.explanation, remedy=rule.remedy,
        page=page_of(rule),
    )  # fmt: skip


_RULES: Final = tuple(RULES.values())
