"""What the OpenAPI document says in words of its own: tags, headers, ways to sign in, the problems' names."""

from __future__ import annotations

from typing import Any, Final

from api import credentials
from api.problems import IDEMPOTENCY_KEY, SCHEMA

PROBLEM: Final = SCHEMA
KEYLESS: Final = "x-keyless"
"""Marks a route that asks for a session though keys may be let in: what it does belongs to a browser."""

TAGS: Final = [
    {"name": name, "description": description}
    for name, description in {
        "session": "Signing in and out, who one is, and the first user of an instance.",
        "me": "What is one's own, as a person of the workspace: accounts, consent, deliveries.",
        "workspaces": "Workspaces, and for administrators of the instance all of them, and all users.",
        "members": "Who is in a workspace, as what, and the API keys.",
        "mappings": "Mappings: documents, versions, the ladder of a change (lint, plan, replay, apply), what passes.",
        "library": "Ready-made mappings, the kinds of nodes, and the schema of documents.",
        "repositories": "Mappings that are kept in git.",
        "sources": "What is read, and what is held because too much came at once.",
        "posts": "What came in, and what became of it.",
        "deliveries": "One post for one account: found, looked at, decided about.",
        "approvals": "Posts that wait for an editor.",
        "accounts": "Accounts of the company and of people, and how they are connected.",
        "people": "People and groups, and files of them.",
        "consents": "What each person allows.",
        "running": "Pauses, status, ledger, budget, and the state of the instance.",
        "secrets": "Secrets of mappings and apps of platforms; they are never shown.",
        "events": "What happens, as it happens.",
        "operations": "Long work: its progress, its result, its end.",
        "webhooks": "Addresses that are called with what happens.",
        "hooks": "Where platforms and git servers call; they sign what they say.",
        "audit": "Who did what, and when; it is only ever added to.",
        "instance": "The process itself, its settings and its mails.",
    }.items()
]  # fmt: skip

SIGNING: Final[dict[str, Any]] = {
    "key": {"type": "http", "scheme": "bearer", "bearerFormat": "chappe_…", "description": "An API key."},
    "session": {
        "type": "apiKey", "in": "cookie", "name": credentials.COOKIE,
        "description": f"The session that `POST /api/v1/session` opens; `{credentials.PLAIN_COOKIE}` on plain HTTP of "
        "this machine itself.",
    },
    "csrf": {
        "type": "apiKey", "in": "header", "name": credentials.CSRF,
        "description": "The `csrf` of `GET /api/v1/session`, beside the session, wherever something changes.",
    },
}  # fmt: skip

HEADERS: Final[dict[str, Any]] = {
    "ETag": {"description": "Names the state of the thing.", "schema": {"type": "string"}, "example": '"4f1c"'},
    "Link": {"description": 'The next page, where there is one: `<…>; rel="next"`.', "schema": {"type": "string"}},
    "Location": {"description": "Where it stands.", "schema": {"type": "string"}},
    "RateLimit": {"description": 'What is left: `"default";r=599;t=1`.', "schema": {"type": "string"}},
    "RateLimitPolicy": {"description": 'How much is taken: `"default";q=600;w=60`.', "schema": {"type": "string"}},
    "RequestId": {"description": "The id of the request, as in the log.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "string", "pattern": "^[0-9]+$"}},
}  # fmt: skip
ID_HEADERS: Final = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
LIMIT_HEADERS: Final = {
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
}


def located(status: int, *, tagged: bool = False) -> dict[int | str, dict[str, Any]]:
    """Describe an answer that says where the new thing stands, and with `tagged` its ETag."""
    headers = {"Location": {"$ref": "#/components/headers/Location"}}
    headers |= {"ETag": {"$ref": "#/components/headers/ETag"}} if tagged else {}
    return {status: {"headers": headers}}


PARAMETERS: Final = {
    "IdempotencyKey": IDEMPOTENCY_KEY,
    "IfNoneMatch": {
        "name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 2_000},
        "description": "The `ETag` of the thing as you have it: it is sent only where it has changed (304).",
    },
}  # fmt: skip

WORDS: Final = {
    "400": "BadRequest", "401": "Unauthenticated", "403": "Forbidden", "404": "NotFound", "406": "NotAcceptable",
    "408": "TooSlow", "409": "Conflict", "412": "Changed", "413": "TooLarge", "415": "UnsupportedMediaType",
    "422": "Invalid", "428": "PreconditionRequired", "429": "TooManyRequests", "431": "HeadersTooLarge",
    "5XX": "ServerError",
}  # fmt: skip
"""The name of the response of each status that is a problem."""
