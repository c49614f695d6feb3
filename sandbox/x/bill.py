"""What a developer account pays: the price list of X, counted in thousandths of a dollar.

Prices since 20 April 2026: xdevplatform/docs, pricing and changelog pages, read on 2026-08-22. What is read twice on a
day (UTC) is charged once.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING, Final

from sandbox.x.problems import no_credits

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sandbox.network import Network

DEVELOPER: Final = "1700000000000000001"
"""The number of the developer account that owns the app."""


class Item(Enum):
    """What is charged for, in thousandths of a dollar each."""

    POST = ("post", 15)
    POST_WITH_LINK = ("post with a link", 200)
    REPOST = ("repost", 15)
    METADATA = ("media metadata", 5)
    POST_READ = ("post read", 5)
    OWNED_READ = ("owned read", 1)
    USER_READ = ("user read", 10)

    def __init__(self, title: str, mills: int) -> None:
        self.title = title
        self.mills = mills


class Bill:
    """What was charged so far, and the most that may be. It stands in the network's facts, as the page shows it."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._read: set[tuple[date, str]] = set()

    @property
    def limit(self) -> int | None:
        """Return how much may be spent in all, in thousandths of a dollar; None for any sum."""
        limit: int | None = self._network.facts.get("bill", {}).get("limit_mills")
        return limit

    @property
    def spent(self) -> int:
        """Return the whole sum, in thousandths of a dollar."""
        return sum(item.mills * count for item, count in self._counts().items())

    def check(self) -> None:
        """Refuse any request when nothing is left."""
        if self.limit is not None and self.spent >= self.limit:
            raise no_credits(DEVELOPER)

    def allow(self, mills: int | None) -> None:
        """Set how much may be spent in all; None for any sum."""
        self._keep(self._counts(), mills)

    def charge(self, item: Item, count: int = 1) -> None:
        """Add something that was done."""
        if count:
            self._keep(self._counts() + Counter({item: count}), self.limit)

    def charge_reads(self, item: Item, resources: Iterable[str], today: date) -> None:
        """Add what was read, leaving out what was read earlier today."""
        self._read = {(day, key) for day, key in self._read if day == today}
        new = {(today, f"{item.title} {resource}") for resource in resources} - self._read
        self._read |= new
        self.charge(item, len(new))

    def _counts(self) -> Counter[Item]:
        lines = self._network.facts.get("bill", {}).get("lines", [])
        return Counter({Item[line["item"]]: line["count"] for line in lines})

    def _keep(self, counts: Counter[Item], limit: int | None) -> None:
        lines = [
            {"item": item.name, "title": item.title, "count": counts[item], "each": dollars(item.mills)}
            for item in Item
            if counts[item]
        ]
        spent = dollars(sum(item.mills * count for item, count in counts.items()))
        most = None if limit is None else dollars(limit)
        self._network.put("bill", {"spent": spent, "limit": most, "limit_mills": limit, "lines": lines})
        self._network.changed()


def dollars(mills: int) -> str:
    """Return a sum as it is written."""
    return f"${mills / 1000:.3f}"
