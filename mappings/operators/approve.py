"""`approve`: nothing goes on that an editor has not said yes to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from engine.contract.node import NodeConfig
from engine.contract.operator import Hold, HoldingOperator, Release, Wait
from mappings.fields import SomeTime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext, Verdict
    from engine.model.post import Post

OnTimeout: TypeAlias = Literal["drop", "pass", "wait"]

_LOOK_AGAIN: Final = timedelta(days=30)


class Config(NodeConfig):
    """What the editor is told, and what becomes of posts about which nobody decides."""

    note: str = Field(
        default="", max_length=500, title="Note", description="Shown to the editor, such as what to look at."
    )
    timeout: SomeTime | None = Field(
        default=None, title="Time-out", description="How long an editor has, such as 24h; without it, for ever."
    )
    on_timeout: OnTimeout | None = Field(
        default=None,
        title="On time-out",
        description="What happens then: drop ends the post (so it is where nothing is said), pass lets it go on "
        "undecided, wait goes on waiting and is listed as overdue.",
    )

    @model_validator(mode="after")
    def _a_policy_needs_a_time(self) -> Self:
        if self.on_timeout is not None and self.timeout is None:
            raise ValueError("`on_timeout:` needs a time: say `timeout: 24h`, or leave both out to wait for ever.")
        return self


class Approve(HoldingOperator[Config]):
    """Hold each post until an editor approves or rejects it.

    What is approved goes on at once, in the words that the editor saw, changed by the editor or not; what is rejected
    ends, and its trace says by whom and why. A change at the source after the post came here does not reach it. The
    time of waiting counts as no lateness. A decision is made once; a decision that was made in time counts, even if a
    pause lets it take effect later.
    """

    kind = "approve"
    title = "Approve"
    icon = "stamp"
    asks_person = True
    example: ClassVar = {"note": "Is the salary right?", "timeout": "24h", "on_timeout": "drop"}

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Hold every post."""
        del post, ctx
        return Hold(self.waits)

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Let go what was approved, end what was rejected, and do with the overdue what the settings say."""
        late = {one.id for one in held if one.verdict is None and self._is_over(one, ctx.now)}
        reasons = dict.fromkeys(late, f"Nobody decided within {self.config.timeout}.")
        reasons |= {one.id: told(one.verdict) for one in held if one.verdict is not None}
        passes, drops = (late if self.policy == policy else set[str]() for policy in ("pass", "drop"))
        goes = [one.id for one in held if one.id in passes or (one.verdict is not None and one.verdict.yes)]
        ends = [one.id for one in held if one.id in drops or (one.verdict is not None and not one.verdict.yes)]
        until = self._next(held, ctx.now)
        if goes or ends:
            return Release(tuple(goes), drop=tuple(ends), until=until, reason=self.waits, reasons=reasons)
        return Wait(until, self.waits)

    @property
    def waits(self) -> str:
        """Return what a post that waits shows."""
        note = f" ({self.config.note})" if self.config.note else ""
        return f"Waits for an editor's decision{note}."

    @property
    def policy(self) -> OnTimeout:
        """Return what becomes of a post about which nobody decides in time."""
        return self.config.on_timeout or "drop"

    def deadline(self, since: datetime) -> datetime | None:
        """Return until when an editor has time for a post that came at `since`."""
        return since + self.config.timeout if self.config.timeout is not None else None

    def _is_over(self, one: Held, now: datetime) -> bool:
        end = self.deadline(one.since)
        return end is not None and end <= now

    def _next(self, held: Sequence[Held], now: datetime) -> datetime:
        """Return when the next post is overdue: before that, only a decision changes anything."""
        ends = [self.deadline(one.since) for one in held if one.verdict is None]
        return min((end for end in ends if end is not None and end > now), default=now + _LOOK_AGAIN)


def told(verdict: Verdict) -> str:
    """Say what an editor decided, and who it was."""
    done = "Approved" if verdict.yes else "Rejected"
    return f"{done} by {verdict.by}: {verdict.note}" if verdict.note else f"{done} by {verdict.by}."
