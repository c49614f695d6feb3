"""How much comes to a sink in the long run, against what owners and networks allow and what the month's money buys."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.contract.source import Source
from engine.model.post import Content
from mappings.known import Load
from mappings.linting.lateness import remark_late, seldom
from mappings.linting.piling import WEEK, coming, count, rates_of
from mappings.linting.together import WEEKS_OF_A_MONTH
from mappings.rules import sense, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.contract.sink import Sink, Window
    from mappings.known import Known
    from mappings.linting.piling import Coming
    from mappings.linting.ways import Ways
    from mappings.linting.wiring import Sketch
    from mappings.reading.loaded import Loaded

_SHORTEST: Final = Content(text="-")
"""What costs least: a text without a link or a picture."""


class _Amount(NamedTuple):
    """So many posts a week come to a sink; `accounts` are those that it publishes for, as far as they are known."""

    name: str
    sink: Sink[Any]
    comes: Coming
    accounts: tuple[str, ...]


def remark_amounts(loaded: Loaded, ways: Ways, known: Known) -> Iterator[Load]:
    """Remark on sinks to which more comes than is allowed or paid for, and on what comes too late to go out.

    Gives how much comes to each on the way. Only on arrows without flaws.
    """
    sketch = ways.sketch
    mapping = str((loaded.data or {}).get("mapping"))
    rates = rates_of(sketch, known)
    seldom(loaded, sketch)
    for amount in _amounts(sketch, ways, known, rates):
        yield _load(mapping, ways, amount)
        if known.money is not None:
            _money(loaded, sketch, known.money, amount)
        if _asked(sketch, amount.name):
            continue  # whoever is asked may take some out
        if not _windows(loaded, sketch, amount) and not _caps(loaded, sketch, known, amount):
            allowed = [known.terms[account] for account in amount.accounts if account in known.terms]
            remark_late(loaded, ways, amount.name, allowed, amount.comes)


def _amounts(sketch: Sketch, ways: Ways, known: Known, rates: dict[str, Fraction]) -> Iterator[_Amount]:
    for name in sketch.of("sinks"):
        sink: Any = sketch.nodes.get(name)
        comes = coming(sketch, ways, name, rates) if sink is not None else None
        if comes is not None:
            platform = sink.account_kind or ""
            groups = [(known.members or {}).get((group, platform), ()) for _, group in sketch.texts(name, "audience")]
            named = [account for key in ("account", "accounts") for _, account in sketch.texts(name, key)]
            yield _Amount(name, sink, comes, tuple(dict.fromkeys((*named, *chain.from_iterable(groups)))))


def _load(mapping: str, ways: Ways, amount: _Amount) -> Load:
    sketch, name = ways.sketch, amount.name
    behind = {each.name for feed in ways.fed[name] for each in ways.upstream(feed)} & ways.sources
    takes = [_a_week(window) for window in amount.sink.limits.windows if window.scope == "account"]
    groups = [(group, amount.sink.account_kind or "") for _, group in sketch.texts(name, "audience")]
    named = [("", account) for key in ("account", "accounts") for _, account in sketch.texts(name, key)]
    return Load(
        mapping=mapping,
        sink=name,
        whom=(*groups, *named),
        weekly=amount.comes.weekly,
        origins=frozenset(_origin(sketch, each) for each in behind),
        asked=_asked(sketch, name),
        cost=amount.sink.cost(_SHORTEST) or Decimal(0),
        window=min(takes, default=None),
    )


def _origin(sketch: Sketch, source: str) -> str:
    node = sketch.nodes.get(source)
    return f"{node.identity()} {sketch.data[source].get('account') or ''}" if isinstance(node, Source) else source


def _asked(sketch: Sketch, name: str) -> bool:
    return bool(sketch.data[name].get("approval", "none") != "none")


def _windows(loaded: Loaded, sketch: Sketch, amount: _Amount) -> bool:
    """Remark on the first window of the network that takes fewer; tells whether there is one."""
    for window in amount.sink.limits.windows:
        accounts = max(1, len(amount.accounts)) if window.scope == "app" else 1
        takes = _a_week(window)
        if amount.comes.weekly * accounts > takes:
            whom = "an account" if window.scope == "account" else f"the app, for {accounts} accounts together"
            sentence = f"{amount.comes.said()}; {amount.sink.title} takes at most {count(takes)} of {whom}."
            loaded.add(sense.OVER_WINDOW, sketch.path(amount.name), sentence, key=True)
            return True
    return False


def _a_week(window: Window) -> Fraction:
    return window.cap * Fraction(WEEK) / Fraction(window.period.total_seconds())


def _caps(loaded: Loaded, sketch: Sketch, known: Known, amount: _Amount) -> bool:
    caps = [known.terms[account].per_week for account in amount.accounts if account in known.terms]
    fewer = [cap for cap in caps if cap < amount.comes.weekly]
    if fewer:
        whose = "1 account" if len(fewer) == 1 else f"{len(fewer)} accounts"
        most = f"at most {max(fewer)}" if len(set(fewer)) == 1 else f"{max(fewer)} or fewer"
        sentence = f"{amount.comes.said()}; the owners of {whose} allow {most}."
        loaded.add(workspace.OVER_CAPS, sketch.path(amount.name), sentence, key=True)
    return bool(fewer)


def _money(loaded: Loaded, sketch: Sketch, money: Decimal, amount: _Amount) -> None:
    each = amount.sink.cost(_SHORTEST)
    if not each or not amount.accounts:
        return
    posts = amount.comes.weekly * WEEKS_OF_A_MONTH * len(amount.accounts)
    cost = Decimal(posts.numerator) / Decimal(posts.denominator) * each
    if cost > money:
        whom = "1 account" if len(amount.accounts) == 1 else f"{len(amount.accounts)} accounts"
        posts_said = f"{amount.comes.said()}, for {whom}"
        sentence = f"{posts_said}: at ${each} each or more, ${cost:.2f} in 30 days. The month's money is ${money:.2f}."
        loaded.add(workspace.OVER_MONEY, sketch.path(amount.name), sentence, key=True)
