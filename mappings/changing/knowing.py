"""What a workspace knows that mappings are checked against, read from its rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.run.apps import public_app
from engine.store import accounts, apps, budgets, circles, people
from engine.store import mappings as rows
from engine.store.mappings import ACTIVE
from mappings.document import ROLES
from mappings.known import Known
from mappings.linting.ways import flows_of
from mappings.linting.wiring import Sketch
from mappings.reading.loading import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.contract.registry import Registry
    from engine.store import Connection
    from mappings.known import Flow

_MICROS: Final = 1_000_000


def known_names(connection: Connection, workspace_id: str, registry: Registry | None = None) -> Known:
    """Return the names that mappings of a workspace may use, and what is known of them.

    With `registry`, also which platforms let people release each post themselves.
    """
    listed = [row for row in accounts.listed(connection, workspace_id) if not row.implicit]
    members: dict[tuple[str, str], list[str]] = {}
    for group, platform, account in circles.lent(connection, workspace_id):
        members.setdefault((group, platform), []).append(account)
    return Known(
        accounts={row.name: row.platform for row in listed},
        audiences=frozenset(group.name for group in people.listed_groups(connection, workspace_id)),
        members={key: tuple(names) for key, names in members.items()},
        lost=frozenset(row.name for row in listed if row.state == accounts.LOST),
        automatic=circles.automatic(connection, workspace_id),
        released=dict(_released(connection, workspace_id, registry)) if registry is not None else {},
        flows=tuple(_flows(connection, workspace_id)),
        day_caps=circles.day_caps(connection, workspace_id),
        money=_money(connection, workspace_id),
    )


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


def _flows(connection: Connection, workspace_id: str) -> Iterator[Flow]:
    """Give what the active mappings carry from account to account; most read no account."""
    for row in rows.listed(connection, workspace_id):
        if row.state == ACTIVE and row.version_id is not None:
            text = rows.document(connection, row.version_id)
            if "account" in text:
                yield from flows_of(sketched(text, row.name), row.name)


def sketched(text: str, mapping: str) -> Sketch:
    """Return a mapping's nodes as they are written, without making them."""
    sketch = Sketch({})
    data = load(text, mapping).data or {}
    for role in ROLES:
        section = data.get(role)
        for name, node in section.items() if isinstance(section, dict) else ():
            sketch.add(role, name, node)
    return sketch
