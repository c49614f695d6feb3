"""The six errors a connector may raise, each named by what happens next.

ChappeError
├── TransientError      nothing reached the platform       → planned again, later; counts as an attempt
├── RateLimitedError    asked to wait                      → planned again at the given time; does not count
├── DoubtfulError       it may have been published         → doubtful, settled by the sink's class
├── RejectedError       this post never                    → rejected, with the reason
├── AccountLostError    the permission is gone             → every delivery of the account is blocked
└── MappingError        the graph or a setting is wrong    → the mapping is not used; a person mends it

Two more are not a connector's: `NotFoundError` (a name that a person gave does not exist) and `ConflictError`
(the thing changed meanwhile, or the move is not allowed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime, timedelta

Scope = Literal["account", "platform", "workspace"]


class ChappeError(Exception):
    """Root of every error that Chappe raises on purpose; its text is a sentence for a person."""


class TransientError(ChappeError):
    """Nothing reached the platform; the same request may be made again later."""


class RateLimitedError(ChappeError):
    """The platform asked us to wait; not an attempt.

    `until` is an aware time when the platform names one, `wait` a duration when it names that; with neither the
    engine backs off. `scope` says which bucket is held: this account, the whole platform, or the workspace.
    """

    def __init__(
        self,
        message: str,
        *,
        until: datetime | None = None,
        wait: timedelta | None = None,
        scope: Scope = "account",
    ) -> None:
        super().__init__(message)
        self.until = until
        self.wait = wait
        self.scope = scope


class DoubtfulError(ChappeError):
    """The request went out and no usable answer came back: it may have been published."""


class RejectedError(ChappeError):
    """The platform refuses this content for good; `code` is its structured code, never a text that we parsed.

    A refusal as duplicate may name the `original`: the id of the post that says the same, and its `url`.
    """

    def __init__(self, message: str, *, code: str, original: str = "", url: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.original = original
        self.url = url


class AccountLostError(ChappeError):
    """The account's permission is gone (revoked, expired, suspended); its owner must reconnect it."""


class MappingError(ChappeError):
    """The graph or a setting of it is wrong; a person mends the mapping."""


class NotFoundError(ChappeError):
    """What a person named does not exist in this workspace."""


class ConflictError(ChappeError):
    """The thing has changed meanwhile, or is in a state that does not allow this."""
