"""What a workspace knows that mappings are checked against, read from its rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from engine.errors import MappingError
from engine.run.apps import public_app
from engine.store import accounts, activity, apps, budgets, circles, people
from engine.store import mappings as rows
from engine.store.mappings import ACTIVE
from mappings.document import ROLES
from mappings.known import Known
from mappings.linting.lint import check
from mappings.linting.ways import flows_of
from mappings.linting.wiring import Sketch
from mappings.reading.loading import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from engine.contract.registry import Registry
    from engine.store import Connection
    from mappings.known import Flow, Load

LATELY: Final = timedelta(days=28)
"""So far back is counted how often a source publishes."""

_WEEK: Final = timedelta(days=7)
_FINE: Final = 10_000
_MICROS: Final = 1_000_000


def known_names(
    connection: Connection, workspace_id: str, registry: Registry | None = None, now: datetime | None = None
) -> Known:
    """Return the names that mappings of a workspace may use, and what is known of them.

    With `registry`, also which platforms let people release each post themselves, and with `now` how often sources have
    published lately.
    """
    listed = [row for row in accounts.listed(connection, workspace_id) if not row.implicit]
    members: dict[tuple[str, str], list[str]] = {}
    for group, platform, account in circles.lent(connection, workspace_id):
        members.setdefault((group, platform), []).append(account)
    known = Known(
        accounts={row.name: row.platform for row in listed},
        audiences=frozenset(group.name for group in people.listed_groups(connection, workspace_id)),
        members={key: tuple(names) for key, names in members.items()},
        lost=frozenset(row.name for row in listed if row.state == accounts.LOST),
        automatic=circles.automatic(connection, workspace_id),
        released=dict(_released(connection, workspace_id, registry)) if registry is not None else {},
        flows=tuple(_flows(connection, workspace_id)),
        terms=circles.terms(connection, workspace_id),
        money=_money(connection, workspace_id),
        rates=dict(_rates(connection, workspace_id, registry, now)) if registry is not None and now is not None else {},
    )
    if registry is None or not (known.terms or known.money is not None):
        return known
    return replace(known, loads=tuple(_loads(connection, workspace_id, registry, known)))


def _money(connection: Connection, workspace_id: str) -> Decimal | None:
    level = budgets.money(connection, workspace_id)
    return Decimal(level.cap) / _MICROS if level is not None and level.cap is not None else None


def _released(connection: Connection, workspace_id: str, registry: Registry) -> Iterator[tuple[str, str]]:
    settings = {row.platform: row.settings for row in apps.listed(connection, workspace_id)}
    for platform, kind in registry.accounts.items():
        if kind.AppSettings is not None:
            why = kind.releases_each(public_app(kind.AppSettings, settings.get(platform, "{}")))
            if why:
                yield platform, why


def _rates(
    connection: Connection, workspace_id: str, registry: Registry, now: datetime
) -> Iterator[tuple[tuple[str, str], Fraction]]:
    """Give how many posts a week came from each source that has been read for a week or longer, in four weeks."""
    for row in activity.published(connection, workspace_id, now - LATELY):
        watched = min(now - row.since, LATELY)
        kind = registry.sources.get(row.kind)
        if kind is None or watched < _WEEK:
            continue
        try:
            identity = kind(kind.Config.model_validate_json(row.settings)).identity()
        except (ValidationError, MappingError):  # its kind takes other settings by now
            continue
        yield (identity, row.account), Fraction(row.posts) * Fraction(_WEEK / watched).limit_denominator(_FINE)


def _flows(connection: Connection, workspace_id: str) -> Iterator[Flow]:
    """Give what the active mappings carry from account to account; most read no account."""
    for name, text in _active(connection, workspace_id):
        if "account" in text:
            yield from flows_of(sketched(text, name), name)


def _loads(connection: Connection, workspace_id: str, registry: Registry, known: Known) -> Iterator[Load]:
    """Give how much comes to the sinks of the active mappings that publish for accounts, where that is known."""
    for name, text in _active(connection, workspace_id):
        if ("account" in text or "audience" in text) and (known.rates or "tank" in text or "slots" in text):
            yield from check(text, name, registry, known=known).loads


def _active(connection: Connection, workspace_id: str) -> Iterator[tuple[str, str]]:
    for row in rows.listed(connection, workspace_id):
        if row.state == ACTIVE and row.version_id is not None:
            yield row.name, rows.document(connection, row.version_id)


def sketched(text: str, mapping: str) -> Sketch:
    """Return a mapping's nodes as they are written, without making them."""
    sketch = Sketch({})
    data = load(text, mapping).data or {}
    for role in ROLES:
        section = data.get(role)
        for name, node in section.items() if isinstance(section, dict) else ():
            sketch.add(role, name, node)
    return sketch
