"""How X says no: problem details, with the titles and sentences that its answers carry.

Types as in X's own OpenAPI description, version 2.167 of August 2026, and its page on response codes. Sentences for
duplicates, exhausted credits and reposts are those of answers in public issue threads of 2023 to 2026.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES: Final = "https://api.x.com/2/problems/"
CONTENT_TYPE: Final = "application/problem+json"


class ProblemError(Exception):
    """An error answer: its HTTP status, its body, and headers beside the usual ones."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body["detail"])
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})


def invalid(*faults: tuple[str, Mapping[str, list[str]]]) -> ProblemError:
    """Return the refusal of a request; each fault is a sentence and the parameters that it is about."""
    errors = [{"parameters": dict(parameters), "message": message} for message, parameters in faults]
    detail = "One or more parameters to your request was invalid."
    body = {"errors": errors, "title": "Invalid Request", "detail": detail, "type": f"{TYPES}invalid-request"}
    return ProblemError(HTTPStatus.BAD_REQUEST, body)


def plain(status: HTTPStatus, detail: str = "", headers: Mapping[str, str] | None = None) -> ProblemError:
    """Return a problem that its HTTP status says already."""
    body = {"title": status.phrase, "detail": detail or status.phrase, "type": "about:blank", "status": status.value}
    return ProblemError(status, body, headers)


def unauthorized() -> ProblemError:
    """Return the refusal of a token that is missing, unknown, expired or revoked: X does not say which."""
    return plain(HTTPStatus.UNAUTHORIZED)


def forbidden(detail: str = "You are not permitted to perform this action.") -> ProblemError:
    """Return the refusal of something that this token, or anybody, may not do."""
    return plain(HTTPStatus.FORBIDDEN, detail)


def duplicate() -> ProblemError:
    """Return the refusal of the same words again, which does not name the post that has them."""
    return forbidden("You are not allowed to create a Tweet with duplicate content.")


def not_found(kind: str, parameter: str, value: str) -> ProblemError:
    """Return the refusal of what is not there; `kind` is `tweet`, `user` or `media`."""
    return ProblemError(
        HTTPStatus.NOT_FOUND,
        {
            "title": "Not Found Error",
            "detail": f"Could not find {kind} with {parameter}: [{value}].",
            "type": f"{TYPES}resource-not-found",
            "resource_type": kind,
            "resource_id": value,
            "parameter": parameter,
            "value": value,
        },
    )


def no_credits(account: str) -> ProblemError:
    """Return the refusal of every request of a developer account that has nothing left to pay with."""
    detail = f"Your enrolled account [{account}] does not have any credits to fulfill this request."
    body = {"account_id": int(account), "title": "CreditsDepleted", "detail": detail, "type": f"{TYPES}credits"}
    return ProblemError(HTTPStatus.PAYMENT_REQUIRED, body)
