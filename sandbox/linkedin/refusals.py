"""How LinkedIn says no: the shapes of its error answers, as seen in public issue threads of 2023 to 2026."""

from __future__ import annotations

from typing import Any, Final

DENIED: Final = 100
INVALID_TOKEN, REVOKED_TOKEN, EXPIRED_TOKEN = 65600, 65601, 65602
"""LinkedIn's own numbers for reasons, in `serviceErrorCode`."""

_EXCEPTION: Final = "com.linkedin.content.common.exception.BadRequestResponseException: "


class RefusalError(Exception):
    """An error answer: its HTTP status and its body."""

    def __init__(self, status: int, message: str, *, code: str = "", service: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"status": status, "message": message}
        if service is not None:
            self.body["serviceErrorCode"] = service
        if code:
            self.body["code"] = code


def bad_content(status: int, message: str, code: str, description: str, **place: Any) -> RefusalError:
    """Return the refusal of what a post says: `place` is where in the body, as LinkedIn's `input`."""
    refusal = RefusalError(status, _EXCEPTION + message)
    refusal.body["errorDetailType"] = "com.linkedin.common.error.BadRequest"
    refusal.body["errorDetails"] = {"inputErrors": [{"description": description, "input": place, "code": code}]}
    return refusal


def denied(method: str) -> RefusalError:
    """Return the refusal of a method that the token's scopes do not cover, such as `partnerApiPostsExternal.CREATE`."""
    return RefusalError(403, f"Not enough permissions to access: {method}", code="ACCESS_DENIED", service=DENIED)


def not_yours(field: str) -> RefusalError:
    """Return the refusal of somebody else's URN in a field."""
    message = (
        f"Field Value validation failed in REQUEST_BODY: Data Processing Exception while processing fields [{field}]"
    )
    return RefusalError(403, message, code="ACCESS_DENIED", service=DENIED)


def invalid_token() -> RefusalError:
    """Return the refusal of a token that nobody gave."""
    return RefusalError(401, "Invalid access token", code="INVALID_ACCESS_TOKEN", service=INVALID_TOKEN)


def expired_token() -> RefusalError:
    """Return the refusal of a token whose time is over."""
    message = "The token used in the request has expired"
    return RefusalError(401, message, code="EXPIRED_ACCESS_TOKEN", service=EXPIRED_TOKEN)


def revoked_token() -> RefusalError:
    """Return the refusal of a token that its member took back."""
    message = "The token used in the request has been revoked by the user"
    return RefusalError(401, message, code="REVOKED_ACCESS_TOKEN", service=REVOKED_TOKEN)


def throttled() -> RefusalError:
    """Return the refusal of a member who has used up the day; LinkedIn adds no header that says until when."""
    message = "Resource level throttle MEMBER DAY limit for calls to this resource is reached."
    return RefusalError(429, message, code="TOO_MANY_REQUESTS", service=101)
