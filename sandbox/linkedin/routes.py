"""LinkedIn's addresses, below `/linkedin`: `/rest/posts`, `/rest/images`, `/v2/userinfo`, `/oauth/v2/...`.

Operations for faults: `posts`, `posts.get`, `posts.delete`, `images`, `images.get`, `upload`, `userinfo`, `token`.
Errors for faults of the kind `error`: the keys of `ERRORS`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from sandbox.consent import consent_routes
from sandbox.forms import bearer_of
from sandbox.linkedin import refusals
from sandbox.linkedin.images import begin_upload, upload
from sandbox.linkedin.posts import publish
from sandbox.linkedin.refusals import RefusalError
from sandbox.linkedin.sign_in import REFUSED, granted, token_answer
from sandbox.linkedin.versions import check
from sandbox.misbehaviour import played

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.network import Network
    from sandbox.oauth import Token
    from sandbox.world import World

PER_DAY: Final = 150
"""Requests of one member in a day (UTC): learn.microsoft.com, share-on-linkedin, "Rate limits"."""

ERRORS: Final[dict[str, Callable[[], RefusalError]]] = {
    "401/invalid": refusals.invalid_token,
    "401/expired": refusals.expired_token,
    "401/revoked": refusals.revoked_token,
    "403": lambda: refusals.denied("partnerApiPostsExternal.CREATE"),
    "409": lambda: RefusalError(409, "Conflict while writing; the request may be sent again", code="CONFLICT"),
    "426": lambda: RefusalError(426, "Requested version 20250101 is not active", code="NONEXISTENT_VERSION"),
    "429": refusals.throttled,
    "500": lambda: RefusalError(500, "Internal Server Error", code="INTERNAL_SERVER_ERROR"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What may be asked: its name for faults, LinkedIn's name, the scopes it needs, whether it belongs to the API."""

    name: str
    method: str
    scopes: tuple[str, ...] = ("w_member_social",)
    versioned: bool = True


CREATE: Final = Operation("posts", "partnerApiPostsExternal.CREATE")
DELETE: Final = Operation("posts.delete", "partnerApiPostsExternal.DELETE")
IMAGE: Final = Operation("images", "images.ACTION-initializeUpload")
UPLOAD: Final = Operation("upload", "images.UPLOAD", versioned=False)
USERINFO: Final = Operation("userinfo", "userinfo.GET.NO_VERSION", ("openid", "profile"), versioned=False)
CLOSED: Final = {
    "/rest/posts": Operation("posts.get", "partnerApiPostsExternal.FINDER-author"),
    "/rest/posts/{urn}": Operation("posts.get", "partnerApiPostsExternal.GET"),
    "/rest/images/{urn}": Operation("images.get", "images.GET"),
}
"""What is there, but not for apps of members: reading their posts, and looking how an image is doing."""


class Gate:
    """Who may do what at LinkedIn, and how often; every request to its API passes here."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._day = date.min
        self._calls: Counter[str] = Counter()

    async def answered(self, request: Request, operation: Operation, do: Callable[[Token], Response]) -> Response:
        """Let a request through and answer it, well or as the next fault says."""

        async def well() -> Response:
            try:
                return do(self._admitted(request, operation))
            except RefusalError as refusal:
                return answer_of(refusal)

        await request.body()
        token = self.network.authority.tokens.get(bearer_of(request))
        return await played(self.network, request, operation.name, token.account if token else "", well)

    async def closed(self, request: Request, operation: Operation) -> Response:
        """Refuse what members' apps may not do, once the request is otherwise in order."""

        def refuse(_token: Token) -> Response:
            raise refusals.denied(operation.method)

        return await self.answered(request, operation, refuse)

    def _admitted(self, request: Request, operation: Operation) -> Token:
        token = granted(self.network, bearer_of(request))
        if operation.versioned:
            today = self.network.clock.now().date()
            check(request.headers, today)
            self._count(token.account, today)
        if not set(operation.scopes) <= set(token.scopes):
            raise refusals.denied(operation.method)
        return token

    def _count(self, account: str, today: date) -> None:
        if today != self._day:
            self._day = today
            self._calls.clear()
        self._calls[account] += 1
        most = self.network.facts.get("limits", {}).get("per_day")
        if self._calls[account] > (PER_DAY if most is None else most):
            raise refusals.throttled()


def linkedin_routes(world: World) -> APIRouter:
    """Return LinkedIn over a world."""
    network = world.networks["linkedin"]
    network.error = lambda name: answer_of(ERRORS.get(name, ERRORS["500"])())
    gate = Gate(network)
    router = APIRouter()
    router.include_router(consent_routes(network, "/oauth/v2/authorization", REFUSED))
    _posts(router, gate)
    _images(router, gate)
    for path, operation in CLOSED.items():
        router.add_api_route(path, _closed(gate, operation), methods=["GET"])

    @router.post("/oauth/v2/accessToken")
    async def token(request: Request) -> Response:
        return await token_answer(network, request)

    @router.get("/v2/userinfo")
    async def userinfo(request: Request) -> Response:
        return await gate.answered(request, USERINFO, lambda token: _who(network, token))

    return router


def _posts(router: APIRouter, gate: Gate) -> None:
    network = gate.network

    @router.post("/rest/posts")
    async def create(request: Request) -> Response:
        raw = await request.body()

        def do(token: Token) -> Response:
            made = publish(network, token.account, token.client, raw)
            return Response(status_code=201, headers={"x-restli-id": made.id})

        return await gate.answered(request, CREATE, do)

    @router.delete("/rest/posts/{urn}")
    async def remove(urn: str, request: Request) -> Response:
        def do(token: Token) -> Response:
            known = network.publications.get(urn)
            if known is not None and known.account != token.account:
                raise refusals.denied(DELETE.method)
            if known is not None and not known.deleted:
                network.remove(urn)
            return Response(status_code=204)

        return await gate.answered(request, DELETE, do)


def _images(router: APIRouter, gate: Gate) -> None:
    network = gate.network

    @router.post("/rest/images")
    async def initialize(request: Request) -> Response:
        raw = await request.body()

        def do(token: Token) -> Response:
            if request.query_params.get("action") != "initializeUpload":
                message = "Images are made by the action initializeUpload alone"
                raise RefusalError(400, message, code="ILLEGAL_ARGUMENT")
            return JSONResponse(begin_upload(network, token.account, raw, f"{request.base_url}linkedin"))

        return await gate.answered(request, IMAGE, do)

    @router.put("/dms-uploads/{key}/uploaded-image/0")
    async def receive(key: str, request: Request) -> Response:
        data = await request.body()

        def do(token: Token) -> Response:
            upload(network, token.account, key, data)
            return Response(status_code=201)

        return await gate.answered(request, UPLOAD, do)


def _closed(gate: Gate, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        return await gate.closed(request, operation)

    return handle


def answer_of(refusal: RefusalError) -> Response:
    """Return the answer that says no."""
    return JSONResponse(refusal.body, refusal.status, {"x-restli-error-response": "true"})


def _who(network: Network, token: Token) -> Response:
    account = network.accounts[token.account]
    given, _, family = account.name.partition(" ")
    who: dict[str, Any] = {
        "sub": account.id.rpartition(":")[2],
        "name": account.name,
        "given_name": given,
        "family_name": family,
        "locale": {"country": "FR", "language": "fr"},
    }
    if "email" in token.scopes:
        who |= {"email": f"{account.person or 'info'}@acme.example", "email_verified": True}
    return JSONResponse(who)
