"""Posts: found, and told what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from api.actions import calling_off, explaining, naming
from api.deps import Caller, May, Role, TheFace
from api.given import Given
from api.paging import Fields, Listed, ListedFields, Order, Sort, Sparse, ThePage
from api.shapes import posts as shapes
from api.shapes.common import Id, Moment, Name
from api.shapes.posts import CalledOff, CallOffIn, PostBrief, StoryShown
from engine.store.listing import After, Wanted

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["posts"])

Reads = Annotated[Caller, May("posts:read", Role.VIEWER)]
Decides = Annotated[Caller, May("deliveries:write", Role.APPROVER)]
State = Annotated[
    str, Query(pattern="^(new|held|seen|stale|echo|derived|routed)$", description="Only this state.", examples=["held"])
]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of posts may be narrowed to."""

    state: State | None = None
    source: Annotated[Id | None, Query(description="Only this source.")] = None
    mapping: Annotated[Name | None, Query(description="Only what went into this mapping, by name.")] = None
    since: Annotated[Moment | None, Query(description="Only what came in at this time or after it.")] = None
    until: Annotated[Moment | None, Query(description="Only what came in before this time.")] = None
    sort: Sort = Order.NEWEST


@router.get("/posts", summary="List posts", response_model=Listed[PostBrief] | ListedFields)
async def list_posts(
    face: TheFace,
    caller: Reads,
    page: ThePage,
    filters: Annotated[Filters, Given(Filters)],
    fields: Annotated[Sparse, Fields(PostBrief)],
) -> Response:
    """List posts, newest first unless `sort` says otherwise, each with how many deliveries it has by state."""
    here = caller.workspace.id
    wanted = Wanted(
        states=(filters.state,) if filters.state else (), source_id=filters.source or "",
        mapping=filters.mapping or "", since=filters.since, until=filters.until,
        oldest=filters.sort is Order.OLDEST,
    )  # fmt: skip
    name = f"posts {filters.sort} first"
    after = page.after(name, width=2)
    pairs = await explaining.page(face.store, here, wanted, After(*after) if after else None, page.most)
    body = page.body(name, pairs, lambda pair: shapes.listed(pair[1]), lambda pair: tuple(pair[0]))
    return fields.answer(page, body)


@router.get("/posts/{post}", summary="Show a post")
async def show_post(face: TheFace, caller: Reads, post: Id) -> PostBrief:
    """Show a post, and how many deliveries it has by state."""
    return shapes.brief(await explaining.brief(face.store, caller.workspace.id, post))


@router.get("/posts/{post}/explain", summary="Tell why a post went out, and why not")
async def explain_post(face: TheFace, caller: Reads, post: Id) -> StoryShown:
    """Tell a post's story: node by node through every mapping, then account by account."""
    row = await naming.post_of(face.store, caller.workspace.id, post)
    return shapes.story(await explaining.explain(face.store, row, face.registry, face.clock.now()))


@router.post("/posts/{post}/cancel", summary="Call a post off")
async def cancel_post(face: TheFace, caller: Decides, post: Id, given: CallOffIn) -> CalledOff:
    """Plan nothing more of a post, drop what nodes hold of it, and end its deliveries that have not gone out."""
    here = caller.workspace.id
    row = await naming.post_of(face.store, here, post)
    return shapes.called_off(await calling_off.post(face.desk(), here, row.id, caller.by, given.mapping))
