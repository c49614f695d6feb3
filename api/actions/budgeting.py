"""Budgets as people see them: what may be spent in a month, and how full the platforms' windows are."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from api.errors import UsageError
from engine.model.budget import micros, month
from engine.store import budgets, mending

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.budgets import Use
    from engine.store.unit import Store

MOST: Final = Decimal(1_000_000)
NO_LIMIT: Final = "none"


@dataclass(frozen=True, slots=True)
class Money:
    """What a workspace spent this month and may spend, in millionths of a dollar; no limit is None."""

    spent: int
    limit: int | None
    until: datetime


async def money(store: Store, workspace_id: str, now: datetime) -> Money:
    """Return the money of the month that runs now."""
    level = await store.read(budgets.money, workspace_id)
    if level is None:
        return Money(0, None, month(now)[1])
    return Money(level.used if level.ends_at > now else 0, level.cap, month(now)[1])


async def windows(store: Store, workspace_id: str, now: datetime) -> list[Use]:
    """Return the windows of platforms that run now."""
    return await store.read(budgets.uses, workspace_id, now)


async def allow(store: Store, workspace_id: str, amount: str, now: datetime) -> int:
    """Set what may be spent in each month, from this one on; returns how many deliveries go on."""
    return await store.write(mending.allow_money, workspace_id, _micros(amount), month(now), now)


def _micros(amount: str) -> int | None:
    if amount.lower() == NO_LIMIT:
        return None
    try:
        wanted = Decimal(amount.removeprefix("$"))
    except InvalidOperation:
        wanted = Decimal(-1)
    if not wanted.is_finite() or not 0 <= wanted <= MOST:
        message = f"“{amount}” is no budget: write dollars a month, such as 25 or 12.50, or `{NO_LIMIT}` for no limit."
        raise UsageError(message, pointer="/limit")
    return micros(wanted)
