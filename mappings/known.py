"""What is known of the workspace that a mapping is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from fractions import Fraction

    from engine.model.consent import Terms


@dataclass(frozen=True, slots=True)
class Flow:
    """Posts that a mapping carries from the account that it reads to the account that it publishes for."""

    mapping: str
    source: str
    sink: str


Whom: TypeAlias = tuple[str, str]
"""A group and a platform, or nothing and an account's name."""


@dataclass(frozen=True, slots=True)
class Load:
    """So many posts a week come to a sink, from what `origins` name, for accounts and groups.

    `asked` says that people are asked for each. `cost` is what one post costs for one account at least, in US dollars,
    `window` how many posts a week the network takes of an account, where it sets a bound.
    """

    mapping: str
    sink: str
    whom: tuple[Whom, ...]
    weekly: Fraction
    origins: frozenset[str]
    asked: bool
    cost: Decimal
    window: Fraction | None


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a workspace has, its accounts with the platform of each, and what is known of them.

    `members` are the accounts of a group's people by group and platform, None where nobody looked. `lost` accounts
    must be connected again. `automatic` are those whose owners chose to have posts published for them, `released` the
    platforms where they must release each themselves, with the reason. `flows` are those of the active mappings.
    `terms` are what owners allow whose accounts are lent to every mapping and publish by themselves. `money` is what
    may be spent in a month, in US dollars; None where nobody set it. `rates` are how many posts a week came lately from
    sources, by what they read (`Source.identity`) and the name of the account that reads it. `loads` are those of the
    active mappings.
    """

    accounts: Mapping[str, str] = field(default_factory=dict)
    audiences: frozenset[str] = frozenset()
    members: Mapping[tuple[str, str], tuple[str, ...]] | None = None
    lost: frozenset[str] = frozenset()
    automatic: frozenset[str] = frozenset()
    released: Mapping[str, str] = field(default_factory=dict)
    flows: tuple[Flow, ...] = ()
    terms: Mapping[str, Terms] = field(default_factory=dict)
    money: Decimal | None = None
    rates: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)
    loads: tuple[Load, ...] = ()
