"""Who may do what at X, how often, and whether it can be paid: every request to its API passes here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.responses import JSONResponse, Response

from sandbox.forms import bearer_of
from sandbox.misbehaviour import played
from sandbox.people import COMPANY_ON_X
from sandbox.x.bill import DEVELOPER, Bill
from sandbox.x.media import Media
from sandbox.x.problems import CONTENT_TYPE, ProblemError, duplicate, forbidden, invalid, no_credits, plain
from sandbox.x.sign_in import granted
from sandbox.x.windows import LIMITS, QUARTER, Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request

    from sandbox.network import Network
    from sandbox.oauth import Token

OWNER: Final = COMPANY_ON_X
"""Who owns the app: what is their own costs less to read."""

READS: Final = ("tweet.read", "users.read")
WRITES: Final = ("tweet.read", "tweet.write", "users.read")
UPLOADS: Final = ("media.write",)


@dataclass(frozen=True, slots=True)
class Operation:
    """What may be asked: its name for faults, its address with its limit, and the scopes it needs."""

    name: str
    address: str
    scopes: tuple[str, ...]


TWEETS: Final = Operation("tweets", "POST /2/tweets", WRITES)
RETWEETS: Final = Operation("retweets", "POST /2/users/:id/retweets", WRITES)
TIMELINE: Final = Operation("timeline", "GET /2/users/:id/tweets", READS)
ME: Final = Operation("me", "GET /2/users/me", READS)
INITIALIZE: Final = Operation("initialize", "POST /2/media/upload/initialize", UPLOADS)
APPEND: Final = Operation("append", "POST /2/media/upload/:id/append", UPLOADS)
FINALIZE: Final = Operation("finalize", "POST /2/media/upload/:id/finalize", UPLOADS)
STATUS: Final = Operation("status", "GET /2/media/upload", UPLOADS)
METADATA: Final = Operation("metadata", "POST /2/media/metadata", UPLOADS)


class Gate:
    """X as its API has it: the network with its media, its windows and its bill."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.media = Media(network)
        self.windows = Windows()
        self.bill = Bill(network)
        self.errors: dict[str, Callable[[], ProblemError]] = {
            "400": lambda: invalid(("The request was made invalid by a fault.", {})),
            "401": lambda: plain(HTTPStatus.UNAUTHORIZED),
            "402": lambda: no_credits(DEVELOPER),
            "403": forbidden,
            "403/duplicate": duplicate,
            "429/reset": self._throttled,
            "503": lambda: plain(HTTPStatus.SERVICE_UNAVAILABLE),
        }

    def error(self, name: str) -> Response:
        """Return X's own error of a name."""
        return problem_answer(self.errors.get(name, self.errors["503"])())

    async def answered(
        self, request: Request, operation: Operation, do: Callable[[Token], tuple[int, dict[str, Any]]]
    ) -> Response:
        """Let a request through and answer it, well or as the next fault says; `do` returns status and body."""

        async def well() -> Response:
            headers: dict[str, str] = {}
            try:
                token = granted(self.network, bearer_of(request))
                if not set(operation.scopes) <= set(token.scopes):
                    raise forbidden()
                headers = self._counted(operation, token.account)
                self.bill.check()
                status, body = do(token)
            except ProblemError as problem:
                return problem_answer(problem, headers)
            return JSONResponse(body, status, headers)

        await request.body()
        token = self.network.authority.tokens.get(bearer_of(request))
        return await played(self.network, request, operation.name, token.account if token else "", well)

    def _counted(self, operation: Operation, account: str) -> dict[str, str]:
        told, limit = self.network.facts.get("windows", {}), LIMITS[operation.address]
        user, app = told.get(operation.name, limit.user), told.get(f"{operation.name}/app", limit.app)
        limit = replace(limit, user=user, app=app)
        return self.windows.call(operation.address, account, self.network.clock.now(), limit)

    def _throttled(self) -> ProblemError:
        reset = int((self.network.clock.now() + QUARTER).timestamp())
        headers = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}
        return plain(HTTPStatus.TOO_MANY_REQUESTS, headers=headers)


def problem_answer(problem: ProblemError, headers: dict[str, str] | None = None) -> Response:
    """Return the answer that says no."""
    return JSONResponse(problem.body, problem.status, {**(headers or {}), **problem.headers}, media_type=CONTENT_TYPE)
