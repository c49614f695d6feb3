"""Every problem that the API answers with, each with the page that its `type` leads to (RFC 9457)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api import errors as api_errors
from api.actions import reading
from api.settings import SettingsError
from engine import errors
from engine.store.unit import StoreError
from engine.vault import VaultLockedError
from mappings.git.process import GitError

PATH: Final = "/api/problems"


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem: `slug` ends its address, `meaning` says when it comes, `remedy` what the caller can do."""

    slug: str
    status: int
    title: str
    meaning: str
    remedy: str

    @property
    def kind(self) -> str:
        """Return its address on this instance, the `type` of the answer."""
        return f"{PATH}/{self.slug}"


BAD_REQUEST: Final = Problem(
    "bad-request", 400, "The request cannot be understood",
    "A parameter or header is not what it must be, or the body is not JSON (not UTF-8, cut off, nested too deeply).",
    "Each entry of `errors` names a place: `pointer` within the body, or the `parameter`. Mend these.",
)  # fmt: skip
UNAUTHENTICATED: Final = Problem(
    "unauthenticated", 401, "Who are you?",
    "No credential came with the request, or one that has expired or was withdrawn.",
    "Send `Authorization: Bearer KEY` with an API key, or sign in.",
)  # fmt: skip
FORBIDDEN: Final = Problem(
    "forbidden", 403, "You may not do this",
    "The caller is a member of the workspace, but their role, or the scopes of the API key, do not reach so far.",
    "Ask an owner of the workspace for the role, or use a key with the scope that `detail` names.",
)  # fmt: skip
NOT_FOUND: Final = Problem(
    "not-found", 404, "There is no such thing",
    "The path, or a name or id in it, does not exist, or belongs to a workspace of which the caller is no member: "
    "both look alike on purpose.",
    "Look at the list of the resource for what there is.",
)  # fmt: skip
METHOD_NOT_ALLOWED: Final = Problem(
    "method-not-allowed", 405, "This path does not take this method",
    "The path exists, but not with this method.",
    "The header `Allow` names the methods that it takes.",
)  # fmt: skip
NOT_ACCEPTABLE: Final = Problem(
    "not-acceptable", 406, "There is no such form of this",
    "None of the media types in `Accept` can be given.",
    "Ask for `application/json`, or leave `Accept` out.",
)  # fmt: skip
TOO_SLOW: Final = Problem(
    "too-slow", 408, "The body did not arrive in time",
    "The request's body was not complete when its time was over.",
    "Send it again, all of it at once.",
)  # fmt: skip
CONFLICT: Final = Problem(
    "conflict", 409, "This is not possible as things stand",
    "The thing is in a state that does not allow this, or something of that name exists already.",
    "`detail` says which. Read the thing again, then decide.",
)  # fmt: skip
IN_PROGRESS: Final = Problem(
    "in-progress", 409, "The first request is still being answered",
    "Another request with the same `Idempotency-Key` has come and has no answer yet.",
    "Wait as long as `Retry-After` says and send the same request again: it gets the stored answer.",
)  # fmt: skip
ACCOUNT_LOST: Final = Problem(
    "account-lost", 409, "The account must be connected again",
    "The platform no longer takes the account's permission: it was revoked, has expired, or the account is suspended.",
    "Its owner connects it again.",
)  # fmt: skip
CHANGED: Final = Problem(
    "changed", 412, "It has changed since you read it",
    "The `ETag` in `If-Match` is not that of the thing as it is now; `detail` says who changed it, and when.",
    "Read it again, look at what has changed, and send the change with the new `ETag`.",
)  # fmt: skip
TOO_LARGE: Final = Problem(
    "too-large", 413, "The body is too large",
    "The request's body has more bytes than are taken.",
    "`detail` names the limit. Send less, or in parts.",
)  # fmt: skip
UNSUPPORTED: Final = Problem(
    "unsupported-media-type", 415, "The body is in a form that is not taken",
    "The media type, the charset or the encoding of the body is none that this path takes.",
    "Send `Content-Type: application/json` in UTF-8, not compressed.",
)  # fmt: skip
INVALID: Final = Problem(
    "invalid", 422, "Some values are not right",
    "The request can be read, but values in it are missing, unknown or out of bounds.",
    "Each entry of `errors` names a place: `pointer` within the body, or the `parameter`. Mend these.",
)  # fmt: skip
MAPPING: Final = Problem(
    "mapping-invalid", 422, "The mapping has errors",
    "The mapping, or a setting of a node in it, is wrong, so it cannot be used.",
    "Each entry of `errors` is a finding with its `code`, its place (`line`, `column`, `pointer`) and what to do.",
)  # fmt: skip
REFUSED: Final = Problem(
    "refused", 422, "This content is refused",
    "The content cannot be sent as it is, now or later.",
    "`detail` says why. Change the content.",
)  # fmt: skip
KEY_REUSED: Final = Problem(
    "key-reused", 422, "This Idempotency-Key belongs to another request",
    "The same `Idempotency-Key` came within a day with another path or body.",
    "Make a new key for each new request; use one again only to repeat the very same request.",
)  # fmt: skip
UNCONDITIONAL: Final = Problem(
    "precondition-required", 428, "Say which version you mean to change",
    "This change is taken only with `If-Match`, so that nobody overwrites what they have not seen.",
    "Read the thing, and send its `ETag` as `If-Match`.",
)  # fmt: skip
TOO_MANY: Final = Problem(
    "too-many-requests", 429, "Too many requests",
    "More requests came from this key, session or address than are allowed in a while.",
    "Wait as long as `Retry-After` says. `RateLimit` and `RateLimit-Policy` tell on every answer how much is left.",
)  # fmt: skip
HEADERS: Final = Problem(
    "headers-too-large", 431, "The headers are too many or too long",
    "The request has more headers, or longer ones, than are taken.",
    "`detail` names the limits. Send fewer headers.",
)  # fmt: skip
INTERNAL: Final = Problem(
    "internal", 500, "Something went wrong here",
    "The service met an error that nobody foresaw. It is in its log, under the id in `instance`.",
    "Try again later; if it stays, tell who runs this instance the id.",
)  # fmt: skip
FAILED: Final = Problem(
    "failed", 500, "This did not work",
    "The service could not do it, for a reason that lies on this side.",
    "`detail` says why; tell who runs this instance.",
)  # fmt: skip
UNREACHABLE: Final = Problem(
    "unreachable", 502, "Another service did not answer",
    "A platform, a feed or a git server could not be reached or did not answer usefully; nothing was changed there.",
    "Try again later.",
)  # fmt: skip
DOUBTFUL: Final = Problem(
    "doubtful", 502, "It may have happened",
    "The request went out to a platform and no usable answer came back.",
    "Look at the platform before you try again.",
)  # fmt: skip
BUSY: Final = Problem(
    "busy", 503, "A platform asks to wait",
    "A platform takes no more requests for a while.",
    "Wait as long as `Retry-After` says, where it stands, and try again.",
)  # fmt: skip
DATABASE: Final = Problem(
    "database", 503, "The database cannot do it now",
    "The database is full, locked, read-only or away. Nothing of the request was kept.",
    "`detail` says which. Try again later, or tell who runs this instance.",
)  # fmt: skip
LOCKED: Final = Problem(
    "locked", 503, "Secrets cannot be opened",
    "The instance runs without its key file, so nothing that is sealed can be read.",
    "Who runs this instance puts the key file back.",
)  # fmt: skip

PROBLEMS: Final = (
    BAD_REQUEST, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, TOO_SLOW, CONFLICT,
    IN_PROGRESS, ACCOUNT_LOST, CHANGED, TOO_LARGE, UNSUPPORTED, INVALID, MAPPING, REFUSED, KEY_REUSED, UNCONDITIONAL,
    TOO_MANY, HEADERS, INTERNAL, FAILED, UNREACHABLE, DOUBTFUL, BUSY, DATABASE, LOCKED,
)  # fmt: skip

BY_SLUG: Final = {problem.slug: problem for problem in PROBLEMS}

BY_STATUS: Final = {
    problem.status: problem
    for problem in (
        BAD_REQUEST, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, TOO_SLOW, CONFLICT,
        CHANGED, TOO_LARGE, UNSUPPORTED, INVALID, UNCONDITIONAL, TOO_MANY, INTERNAL, UNREACHABLE,
    )
}  # fmt: skip
"""What an answer that names only a status means."""

OF: Final[dict[type[errors.ChappeError], Problem]] = {
    errors.TransientError: UNREACHABLE,
    errors.RateLimitedError: BUSY,
    errors.DoubtfulError: DOUBTFUL,
    errors.RejectedError: REFUSED,
    errors.AccountLostError: ACCOUNT_LOST,
    errors.MappingError: MAPPING,
    errors.NotFoundError: NOT_FOUND,
    errors.ConflictError: CONFLICT,
    StoreError: DATABASE,
    VaultLockedError: LOCKED,
    GitError: UNREACHABLE,
    SettingsError: FAILED,
    reading.FileReadError: INVALID,
    api_errors.UsageError: INVALID,
    api_errors.UnauthenticatedError: UNAUTHENTICATED,
    api_errors.ForbiddenError: FORBIDDEN,
    api_errors.TooManyTriesError: TOO_MANY,
    api_errors.BadRequestError: BAD_REQUEST,
    api_errors.UnprocessableError: INVALID,
    api_errors.ChangedError: CHANGED,
    api_errors.UnconditionalError: UNCONDITIONAL,
    api_errors.KeyReusedError: KEY_REUSED,
    api_errors.InProgressError: IN_PROGRESS,
}
"""The problem of each error; one that derives from another has that one's, unless it stands here itself."""


def problem_of(error: errors.ChappeError) -> Problem:
    """Return what an error is to a caller: its own problem, or that of the nearest error it derives from."""
    return next((OF[kind] for kind in type(error).__mro__ if kind in OF), FAILED)
