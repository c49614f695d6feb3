"""The kinds that exist: handed in once, looked up by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.contract.account import AccountKind
from engine.contract.operator import Operator
from engine.contract.sink import Sink
from engine.contract.source import Source
from engine.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.contract.node import Node


class Registry:
    """Every node and account kind by name; two of one name are refused."""

    def __init__(self, kinds: Iterable[type[Node[Any] | AccountKind]]) -> None:
        self.sources: dict[str, type[Source[Any]]] = {}
        self.operators: dict[str, type[Operator[Any]]] = {}
        self.sinks: dict[str, type[Sink[Any]]] = {}
        self.accounts: dict[str, type[AccountKind]] = {}
        for kind in kinds:
            self._add(kind)

    def _add(self, kind: type[Node[Any] | AccountKind]) -> None:
        for base, shelf in self.shelves():
            if issubclass(kind, base):
                if kind.kind in shelf:
                    message = f"Two {base.__name__.lower()} kinds are called {kind.kind}."
                    raise MappingError(message)
                shelf[kind.kind] = kind
                return
        message = f"{kind.__name__} is neither a source, an operator, a sink nor an account kind."
        raise MappingError(message)

    def shelves(self) -> tuple[tuple[type, dict[str, Any]], ...]:
        """Return each base class with the kinds under it."""
        return ((Source, self.sources), (Operator, self.operators), (Sink, self.sinks), (AccountKind, self.accounts))

    def nodes(self) -> tuple[type[Node[Any]], ...]:
        """Return every node class: sources, operators, sinks."""
        return (*self.sources.values(), *self.operators.values(), *self.sinks.values())
