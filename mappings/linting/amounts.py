"""How much comes to a sink in the long run, against what owners allow and what the month's money buys."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.model.post import Content
from mappings.linting.piling import coming, count
from mappings.linting.ways import Ways
from mappings.rules import workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.contract.sink import Sink
    from mappings.known import Known
    from mappings.linting.wiring import Sketch
    from mappings.reading.loaded import Loaded

_DAYS: Final = 7
_WEEKS_OF_A_MONTH: Final = Fraction(30, 7)
_SHORTEST: Final = Content(text="-")
"""What costs least: a text without a link or a picture."""


class _Amount(NamedTuple):
    """So many posts a week come to a sink from a tank or times; `accounts` are those that it publishes for."""

    name: str
    sink: Sink[Any]
    feed: str
    weekly: Fraction
    accounts: tuple[str, ...]


def remark_amounts(loaded: Loaded, sketch: Sketch, known: Known) -> None:
    """Remark on sinks to which more comes than is allowed or paid for; only on arrows without flaws."""
    if not known.day_caps and known.money is None:
        return
    for amount in _amounts(sketch, known):
        if sketch.data[amount.name].get("approval", "none") == "none":
            _caps(loaded, sketch, known, amount)
        if known.money is not None:
            _money(loaded, sketch, known.money, amount)


def _amounts(sketch: Sketch, known: Known) -> Iterator[_Amount]:
    ways = Ways(sketch)
    for name in sketch.of("sinks"):
        sink: Any = sketch.nodes.get(name)
        found = coming(sketch, ways, name) if sink is not None else None
        if found is not None:
            platform = sink.account_kind or ""
            groups = [(known.members or {}).get((group, platform), ()) for _, group in sketch.texts(name, "audience")]
            named = [account for key in ("account", "accounts") for _, account in sketch.texts(name, key)]
            yield _Amount(name, sink, *found, tuple(dict.fromkeys((*named, *chain.from_iterable(groups)))))


def _caps(loaded: Loaded, sketch: Sketch, known: Known, amount: _Amount) -> None:
    caps = [known.day_caps[account] for account in amount.accounts if account in known.day_caps]
    fewer = [cap for cap in caps if cap * _DAYS < amount.weekly]
    if fewer:
        whose = "1 account" if len(fewer) == 1 else f"{len(fewer)} accounts"
        most = f"at most {max(fewer) * _DAYS}" if len(set(fewer)) == 1 else f"{max(fewer) * _DAYS} or fewer"
        posts = f"Up to {count(amount.weekly)} posts a week come from `{amount.feed}`"
        sentence = f"{posts}; the owners of {whose} allow {most}."
        loaded.add(workspace.OVER_CAPS, sketch.path(amount.name), sentence, key=True)


def _money(loaded: Loaded, sketch: Sketch, money: Decimal, amount: _Amount) -> None:
    each = amount.sink.cost(_SHORTEST)
    if not each or not amount.accounts:
        return
    posts = amount.weekly * _WEEKS_OF_A_MONTH * len(amount.accounts)
    cost = Decimal(posts.numerator) / Decimal(posts.denominator) * each
    if cost > money:
        whom = "1 account" if len(amount.accounts) == 1 else f"{len(amount.accounts)} accounts"
        posts_said = f"Up to {count(amount.weekly)} posts a week come from `{amount.feed}`, for {whom}"
        sentence = f"{posts_said}: at ${each} each or more, ${cost:.2f} in 30 days. The month's money is ${money:.2f}."
        loaded.add(workspace.OVER_MONEY, sketch.path(amount.name), sentence, key=True)
