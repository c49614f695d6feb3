"""Meta's error envelope, and the refusals in it by their code, or code and subcode: `190/463`.

The names serve scripted faults too: `{"kind": "error", "error": "368"}`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from fastapi.responses import JSONResponse


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Meta says: HTTP status, message, kind of exception, and words for the person."""

    status: int
    message: str
    kind: str = "OAuthException"
    title: str = ""
    words: str = ""
    transient: bool = False


_DEAD: Final = "Error validating access token: "
_DOCS: Final = "Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api"

REFUSALS: Final[dict[str, Refusal]] = {
    "1": Refusal(500, "An unknown error occurred", transient=True),
    "2": Refusal(503, "(#2) Service temporarily unavailable", transient=True),
    "3": Refusal(400, "(#3) Application does not have the capability to make this API call."),
    "4": Refusal(403, "(#4) Application request limit reached", transient=True),
    "10": Refusal(
        403,
        "(#10) This endpoint requires the 'pages_read_engagement' permission or the 'Page Public Content Access'"
        " feature.",
    ),
    "17": Refusal(400, "(#17) User request limit reached", transient=True),
    "17/2446079": Refusal(400, "(#17) User request limit reached", title="Ad account has too many API calls"),
    "32": Refusal(403, "(#32) Page request limit reached", transient=True),
    "100": Refusal(400, "(#100) Invalid parameter"),
    "100/33": Refusal(
        400,
        "Unsupported request. Object does not exist, cannot be loaded due to missing permissions, or does not support"
        f" this operation. {_DOCS}",
        kind="GraphMethodException",
    ),
    "100/1500": Refusal(400, "Invalid parameter", title="Invalid URL", words="The url you supplied is invalid"),
    "102": Refusal(400, "Session key invalid or no longer valid"),
    "104": Refusal(400, "An access token is required to request this resource."),
    "190": Refusal(400, "Invalid OAuth access token - Cannot parse access token"),
    "190/458": Refusal(400, f"{_DEAD}The user has not authorized application 1928374650192837."),
    "190/459": Refusal(400, f"{_DEAD}The user is enrolled in a blocking, logged-in checkpoint"),
    "190/460": Refusal(
        400,
        f"{_DEAD}The session has been invalidated because the user changed their password or Facebook has changed the"
        " session for security reasons.",
    ),
    "190/463": Refusal(400, f"{_DEAD}Session has expired."),
    "190/464": Refusal(400, f"{_DEAD}Sessions for the user are not allowed because the user is not a confirmed user."),
    "190/467": Refusal(400, f"{_DEAD}The session is invalid because the user logged out."),
    "190/492": Refusal(400, f"{_DEAD}The user does not have a role on the page that the session belongs to."),
    "190/2069032": Refusal(
        400,
        "Invalid OAuth 2.0 Access Token",
        title="User Access Token Is Not Supported",
        words="A Page access token is required for this call for the new Pages experience.",
    ),
    "191": Refusal(400, "Invalid redirect_uri: the URL is not allowed by the application configuration."),
    "197": Refusal(400, "(#197) The post is empty. Please enter a message to share."),
    "200": Refusal(
        403,
        "(#200) If posting to a page, requires both pages_read_engagement and pages_manage_posts as an admin with"
        " sufficient administrative permission",
    ),
    "200/metadata": Refusal(403, "(#200) Requires pages_manage_metadata permission to manage the object"),
    "200/engagement": Refusal(403, "(#200) Requires pages_manage_engagement permission to manage the object"),
    "210": Refusal(403, "(#210) A page access token is required to request this resource."),
    "324": Refusal(400, "(#324) Missing or invalid image file"),
    "341": Refusal(403, "(#341) Feed action request limit reached"),
    "368": Refusal(
        403,
        "The action attempted has been deemed abusive or is otherwise disallowed",
        title="You’re temporarily blocked",
        words="We limit how often you can post, comment or do other things to help protect the community from spam.",
    ),
    "506": Refusal(
        400,
        "Duplicate status message",
        title="Duplicate status update",
        words="This status update is identical to the last one you posted.",
    ),
    "613": Refusal(403, "(#613) Calls to this api have exceeded the rate limit."),
    "1609005": Refusal(
        400, "(#1609005) The link could not be scraped", title="Couldn’t read the link", words="Try another link."
    ),
    "2500": Refusal(400, "An active access token must be used to query information about the current user."),
    "2635": Refusal(
        400, "(#2635) You are calling a deprecated version of the API. Please update to the latest version: v26.0."
    ),
    "80001": Refusal(
        403, "(#80001) There have been too many calls to this Page account. Wait a bit and try again.", transient=True
    ),
}

DEATHS: Final = {
    "expired": "190/463", "password": "190/460", "removed": "190/458", "revoked": "190/458", "role": "190/492",
    "checkpoint": "190/459", "unconfirmed": "190/464", "invalid": "190/467",
}  # fmt: skip
"""Of what a token died, and how Meta says so."""


class GraphError(Exception):
    """A refusal by its name; `message` says it more exactly where Meta would."""

    def __init__(self, name: str, message: str = "") -> None:
        super().__init__(message or name)
        self.name = name
        self.message = message


def envelope(name: str, message: str = "") -> JSONResponse:
    """Return a refusal as Meta sends it; names that are not known are sent as codes with a status of 400."""
    refusal = REFUSALS.get(name, Refusal(400, f"(#{name}) Error"))
    code, _, subcode = name.partition("/")
    error: dict[str, Any] = {
        "message": message or refusal.message,
        "type": refusal.kind,
        "code": int(code) if code.isdigit() else 1,
    }
    if subcode.isdigit():
        error["error_subcode"] = int(subcode)
    if refusal.transient:
        error["is_transient"] = True
    if refusal.title:
        error |= {"error_user_title": refusal.title, "error_user_msg": refusal.words}
    headers = {"www-authenticate": f'OAuth "Facebook Platform" "invalid_token" "{error["message"]}"'}
    return JSONResponse(
        {"error": {**error, "fbtrace_id": "A" + secrets.token_urlsafe(16)}},
        refusal.status,
        headers if code == "190" else None,
    )
