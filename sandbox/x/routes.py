"""X's addresses, below `/x`: `/2/tweets`, `/2/users/...`, `/2/media/...`, `/2/oauth2/token`, `/i/oauth2/authorize`.

Operations for faults: `tweets`, `retweets`, `timeline`, `me`, `initialize`, `append`, `finalize`, `status`, `metadata`,
`token`, `revoke`. Errors for faults of the kind `error`: `400`, `401`, `402`, `403`, `403/duplicate`, `429/reset`,
`503`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.consent import consent_routes
from sandbox.forms import form_of
from sandbox.x import gate as at
from sandbox.x.bill import Item
from sandbox.x.bodies import NewMetadata, NewPost, NewRepost, NewUpload, segment_of, taken
from sandbox.x.posts import publish, repost
from sandbox.x.problems import forbidden, invalid
from sandbox.x.reading import user_told, wanted
from sandbox.x.sign_in import revoke_answer, token_answer
from sandbox.x.timeline import page_of

if TYPE_CHECKING:
    from sandbox.oauth import Token
    from sandbox.world import World

Answer = tuple[int, dict[str, Any]]


def x_routes(world: World) -> APIRouter:
    """Return X over a world."""
    gate = at.Gate(world.networks["x"])
    gate.network.error = gate.error
    router = APIRouter()
    router.include_router(consent_routes(gate.network, "/i/oauth2/authorize"))
    _posts(router, gate)
    _users(router, gate)
    _uploads(router, gate)
    _media(router, gate)

    @router.post("/2/oauth2/token")
    async def token(request: Request) -> Response:
        return await token_answer(gate.network, request)

    @router.post("/2/oauth2/revoke")
    async def revoke(request: Request) -> Response:
        return await revoke_answer(gate.network, request)

    return router


def _posts(router: APIRouter, gate: at.Gate) -> None:
    @router.post("/2/tweets")
    async def create(request: Request) -> Response:
        raw, kind = await request.body(), request.headers.get("content-type", "")

        def do(token: Token) -> Answer:
            made, item = publish(gate.network, gate.media, token.account, token.client, taken(NewPost, raw, kind))
            gate.bill.charge(item)
            return 201, {"data": {"id": made.id, "text": made.details["told"]}}

        return await gate.answered(request, at.TWEETS, do)

    @router.post("/2/users/{user}/retweets")
    async def share(user: str, request: Request) -> Response:
        raw, kind = await request.body(), request.headers.get("content-type", "")

        def do(token: Token) -> Answer:
            asked = taken(NewRepost, raw, kind)
            if user != token.account:
                raise forbidden("The user id in the address is not the one of the token.")
            made = repost(gate.network, token.account, token.client, asked)
            gate.bill.charge(Item.REPOST)
            return 200, {"data": {"retweeted": True, "rest_id": made.reshares}}

        return await gate.answered(request, at.RETWEETS, do)


def _users(router: APIRouter, gate: at.Gate) -> None:
    network = gate.network

    @router.get("/2/users/me")
    async def me(request: Request) -> Response:
        def do(token: Token) -> Answer:
            told = user_told(network.accounts[token.account], wanted(request.query_params).user)
            item = Item.OWNED_READ if token.account == at.OWNER else Item.USER_READ
            gate.bill.charge_reads(item, [token.account], network.clock.now().date())
            return 200, {"data": told}

        return await gate.answered(request, at.ME, do)

    @router.get("/2/users/{user}/tweets")
    async def timeline(user: str, request: Request) -> Response:
        def do(token: Token) -> Answer:
            page, read = page_of(network, user, request.query_params)
            item = Item.OWNED_READ if user == token.account == at.OWNER else Item.POST_READ
            gate.bill.charge_reads(item, read, network.clock.now().date())
            return 200, page

        return await gate.answered(request, at.TIMELINE, do)


def _uploads(router: APIRouter, gate: at.Gate) -> None:
    @router.post("/2/media/upload/initialize")
    async def initialize(request: Request) -> Response:
        raw, kind = await request.body(), request.headers.get("content-type", "")

        def do(token: Token) -> Answer:
            return 200, {"data": gate.media.initialize(token.account, taken(NewUpload, raw, kind))}

        return await gate.answered(request, at.INITIALIZE, do)

    @router.post("/2/media/upload/{number}/append")
    async def append(number: str, request: Request) -> Response:
        form = await form_of(request)

        def do(token: Token) -> Answer:
            return 200, {"data": gate.media.append(token.account, number, segment_of(form))}

        return await gate.answered(request, at.APPEND, do)

    @router.post("/2/media/upload/{number}/finalize")
    async def finalize(number: str, request: Request) -> Response:
        def do(token: Token) -> Answer:
            return 200, {"data": gate.media.finalize(token.account, number)}

        return await gate.answered(request, at.FINALIZE, do)


def _media(router: APIRouter, gate: at.Gate) -> None:
    @router.get("/2/media/upload")
    async def status(request: Request) -> Response:
        query = request.query_params

        def do(token: Token) -> Answer:
            if query.get("command", "STATUS") != "STATUS" or not query.get("media_id"):
                raise invalid(("The `command` query parameter is STATUS, with a `media_id`.", {}))
            return 200, {"data": gate.media.status(token.account, query["media_id"])}

        return await gate.answered(request, at.STATUS, do)

    @router.post("/2/media/metadata")
    async def describe(request: Request) -> Response:
        raw, kind = await request.body(), request.headers.get("content-type", "")

        def do(token: Token) -> Answer:
            told = gate.media.describe(token.account, taken(NewMetadata, raw, kind))
            gate.bill.charge(Item.METADATA)
            return 200, {"data": told}

        return await gate.answered(request, at.METADATA, do)
