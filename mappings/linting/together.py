"""What several sinks and mappings together let go to one account, and cost, where each alone is within what is allowed.

An account gets a post once, by whichever sink it comes first: so what comes from the same sources counts once, as much
as the sink to which most of it comes.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Final

from mappings.findings import listed
from mappings.linting.piling import count
from mappings.rules import sense, workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mappings.findings import Rule
    from mappings.known import Known, Load, Whom
    from mappings.reading.loaded import Loaded

WEEKS_OF_A_MONTH: Final = Fraction(30, 7)
_NAMED: Final = 4


def remark_together(documents: Mapping[str, Loaded], loads: Sequence[Load], known: Known) -> None:
    """Remark on what sinks let go together; `loads` are those of the documents, by mapping, and of other mappings."""
    alike = _alike(loads, known)
    for whom, accounts in alike.items():
        together = [load for load in loads if not load.asked and not whom.isdisjoint(load.whom)]
        if len(together) > 1:
            _remark(documents, together, accounts, known)
    if known.money is not None:
        _money(documents, loads, alike, Fraction(known.money))


def _alike(loads: Iterable[Load], known: Known) -> dict[frozenset[Whom], list[str]]:
    """Return the accounts for which sinks publish, those together that all of the sinks treat alike."""
    names: dict[str, set[Whom]] = {}
    for one in dict.fromkeys(one for load in loads for one in load.whom):
        for account in (known.members or {}).get(one, ()) if one[0] else (one[1],):
            names.setdefault(account, set()).add(one)
    alike: dict[frozenset[Whom], list[str]] = {}
    for account, ones in names.items():
        alike.setdefault(frozenset(ones), []).append(account)
    return alike


def _remark(documents: Mapping[str, Loaded], loads: Sequence[Load], accounts: Sequence[str], known: Known) -> None:
    weekly = _once(loads, lambda load: load.weekly)
    windows = [load.window for load in loads if load.window is not None]
    whose = "1 account" if len(accounts) == 1 else f"{len(accounts)} accounts"
    comes = f"come to {whose} by {_sinks(loads)} together"
    if windows and max(load.weekly for load in loads) <= min(windows) < weekly:
        _say(documents, loads, sense.OVER_WINDOW, f"{_up_to(weekly)} {comes}; the network takes {count(min(windows))}.")
        return
    caps = [known.terms[account].per_week for account in accounts if account in known.terms]
    fewer = sorted(cap for cap in caps if max(load.weekly for load in loads) <= cap < weekly)
    if fewer:
        allow = f"the owners of {len(fewer)} of them allow" if len(accounts) > 1 else "its owner allows"
        most = f"at most {fewer[0]}" if len(set(fewer)) == 1 else f"{fewer[-1]} or fewer"
        _say(documents, loads, workspace.OVER_CAPS, f"{_up_to(weekly)} {comes}; {allow} {most}.")


def _money(
    documents: Mapping[str, Loaded], loads: Sequence[Load], alike: Mapping[frozenset[Whom], list[str]], money: Fraction
) -> None:
    paid = [load for load in loads if load.cost]
    cost = Fraction(0)
    alone = dict.fromkeys(paid, Fraction(0))
    for whom, accounts in alike.items():
        of = [load for load in paid if not whom.isdisjoint(load.whom)]
        cost += _once(of, _a_month) * len(accounts)
        for load in of:
            alone[load] += _a_month(load) * len(accounts)
    if cost > money >= max(alone.values(), default=cost):
        sentence = f"What comes by {_sinks(paid)} together costs ${float(cost):.2f} in 30 days or more."
        _say(documents, paid, workspace.OVER_MONEY, f"{sentence} The month's money is ${float(money):.2f}.")


def _a_month(load: Load) -> Fraction:
    return load.weekly * WEEKS_OF_A_MONTH * Fraction(load.cost)


def _once(loads: Iterable[Load], much: Callable[[Load], Fraction]) -> Fraction:
    """Return how much it is together, what comes from the same sources counted once, where most of it comes."""
    groups: list[tuple[frozenset[str], Fraction]] = []
    for load in loads:
        near = [group for group in groups if not load.origins.isdisjoint(group[0])]
        origins = load.origins.union(*(group[0] for group in near))
        groups = [*(group for group in groups if group not in near)]
        groups.append((origins, max([much(load), *(group[1] for group in near)])))
    return sum((most for _, most in groups), Fraction(0))


def _say(documents: Mapping[str, Loaded], loads: Sequence[Load], rule: Rule, sentence: str) -> None:
    """Remark at the first of the sinks in each document."""
    for mapping in dict.fromkeys(load.mapping for load in loads if load.mapping in documents):
        sink = next(load.sink for load in loads if load.mapping == mapping)
        documents[mapping].add(rule, ("sinks", sink), sentence, key=True)


def _sinks(loads: Sequence[Load]) -> str:
    ordered = sorted(dict.fromkeys((load.mapping, load.sink) for load in loads))
    if len(ordered) > _NAMED:
        mappings = len({mapping for mapping, _ in ordered})
        return f"{len(ordered)} sinks of {mappings} mapping{'s' if mappings > 1 else ''}"
    return " and ".join(f"{listed([sink for _, sink in sinks])} of `{name}`" for name, sinks in _by_mapping(ordered))


def _by_mapping(ordered: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    return ((name, list(sinks)) for name, sinks in groupby(ordered, key=lambda each: each[0]))


def _up_to(weekly: Fraction) -> str:
    return f"Up to {count(weekly)} posts a week"
