"""A module that is loaded when it is first used, so that only who publishes waits for a platform's library to load."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Lazy:
    """Stand for a module by its full name.

    Import the module itself under `if TYPE_CHECKING`, and give this the same name in the `else` of it.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """Return what the module has."""
        return getattr(import_module(self._name), attribute)
