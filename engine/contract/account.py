"""An account as a node sees it, and what an account kind declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine.contract.node import NodeConfig

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Account:
    """An identity on a platform, opened for one use.

    `settings` are public (a URL, a handle), `secrets` are the unsealed grant and never shown: they are left out of
    the repr.
    """

    id: str
    name: str
    platform: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    person: str | None = None


class AccountKind:
    """What a platform's accounts need: public settings as a model, and the names of its secrets."""

    kind: ClassVar[str]
    title: ClassVar[str]
    Settings: ClassVar[type[NodeConfig]] = NodeConfig
    secrets: ClassVar[tuple[str, ...]] = ()
    example: ClassVar[dict[str, Any]] = {}
