"""`slots`: posts wait for a time of the week at which they may go out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Self

from pydantic import AfterValidator, Field, model_validator

from engine.contract.node import NodeConfig
from engine.contract.operator import Hold, HoldingOperator, Release, Wait
from engine.model.slot import HORIZON, Slot, Window, ends, next_opening, next_slot, open_until, time_at
from mappings.calendar_days import Calendar, country, date_span, day_span, time_of_day, time_span
from mappings.fields import OneOrMore, Zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from engine.contract.context import WalkContext
    from engine.contract.operator import Decision, Held, ReleaseContext
    from engine.model.post import Post

GRACE: Final = timedelta(minutes=10)
"""How late a slot may still be used: one that was missed by more, by a pause or a restart, is passed over."""

_LOOK_AGAIN: Final = timedelta(days=1)
_INSTANT: Final = timedelta(microseconds=1)


class Config(NodeConfig):
    """When posts may go out."""

    days: OneOrMore[Annotated[str, AfterValidator(day_span)]] = Field(
        default=("mon-sun",), title="Days", description="Days of the week, such as mon-fri or [tue, thu]."
    )
    between: OneOrMore[Annotated[str, AfterValidator(time_span)]] | None = Field(
        default=None,
        title="Between",
        description="Spans of the day, such as 09:00-12:00, in which posts go out.",
    )
    at: OneOrMore[Annotated[str, AfterValidator(time_of_day)]] | None = Field(
        default=None, title="At", description="Times of the day, such as 12:30: one post goes out at each."
    )
    holidays: OneOrMore[Annotated[str, AfterValidator(country)]] | None = Field(
        default=None,
        title="Holidays",
        description="Countries or regions, such as FR or DE-BY, on whose public holidays nothing goes out.",
    )
    blackout: OneOrMore[Annotated[str, AfterValidator(date_span)]] | None = Field(
        default=None, title="Blackout", description="Days without posts, such as 2026-12-24 or 2026-12-24..2027-01-02."
    )
    timezone: Zone | None = Field(
        default=None, title="Time zone", description="The zone of these times, where it is not the mapping's."
    )

    @model_validator(mode="after")
    def _spans_or_times(self) -> Self:
        if self.between and self.at:
            raise ValueError("`between:` and `at:` exclude each other: posts go out during spans, or one at each time.")
        return self


class Slots(HoldingOperator[Config]):
    """Hold posts until the next free time: a span of the day, or a time that takes one post each.

    With `between:` every post that waits goes out when a span begins, and one that comes within a span at once; put a
    `pace` behind it to spread them. With `at:` each time takes one post, the one that has waited longest; a time that
    was missed by more than ten minutes is passed over. With neither, posts go out on the whole of the allowed days.

    Times are wall times: on the night on which the clocks change, a time that does not exist is taken at the change,
    and one that comes twice is taken the first time. A span that ends before it begins, such as 22:00-02:00, ends on
    the next day, and belongs to the day on which it begins. Posts are delayed, never dropped.
    """

    kind = "slots"
    title = "Slots"
    icon = "calendar-clock"
    example: ClassVar = {"days": ["mon-fri"], "between": ["09:00-12:00", "14:00-18:00"], "holidays": "FR"}
    history_needed = 1

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._days = Calendar(config.days, config.holidays or (), config.blackout or ())

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Hold every post, so that they go out in the order in which they came."""
        del post, ctx
        return Hold("Waits for the next free time.")

    def release(self, held: Sequence[Held], ctx: ReleaseContext) -> Release | Wait:
        """Let go what the time allows, oldest first."""
        zone = self.config.timezone or ctx.zone
        return self._one_at_its_time(held, ctx, zone) if self.config.at else self._all_in_a_span(held, ctx, zone)

    def _all_in_a_span(self, held: Sequence[Held], ctx: ReleaseContext, zone: ZoneInfo) -> Release | Wait:
        spans = map(ends, self.config.between or ("00:00-24:00",))
        windows = [Window(start, end, zone) for start, end in spans]
        if open_until(windows, ctx.now, self._days.free) is not None:
            return Release(tuple(waiting.id for waiting in held))
        return self._wait(next_opening(windows, ctx.now, self._days.free), ctx.now, zone)

    def _one_at_its_time(self, held: Sequence[Held], ctx: ReleaseContext, zone: ZoneInfo) -> Release | Wait:
        slots = [Slot(time_at(text), zone) for text in self.config.at or ()]
        after = max(ctx.now - GRACE, held[0].since - _INSTANT, *ctx.history[-1:])
        found = next_slot(slots, after, self._days.free)
        if found is None or found > ctx.now:
            return self._wait(found, ctx.now, zone)
        following = self._wait(next_slot(slots, ctx.now, self._days.free), ctx.now, zone)
        return Release((held[0].id,), until=following.until if len(held) > 1 else None, reason=following.reason)

    @staticmethod
    def _wait(until: datetime | None, now: datetime, zone: ZoneInfo) -> Wait:
        if until is None:
            return Wait(now + _LOOK_AGAIN, f"There is no free time within {HORIZON} days.")
        return Wait(until, f"Waits for {until.astimezone(zone):%a %-d %b, %H:%M} ({zone}).")
