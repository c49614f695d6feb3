"""Every kind of node and account that this installation has: ours, and those of installed packages."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from connectors import shipped
from engine.contract.registry import Registry
from mappings import operators

PLUGINS = "chappe.connectors"
"""The entry-point group in which a package of its own offers node and account kinds."""


@cache
def registry() -> Registry:
    """Return every kind there is; what is installed does not change while a process runs."""
    plugins = [point.load() for point in entry_points(group=PLUGINS)]
    return Registry([*shipped.ALL, *operators.ALL, *plugins])
