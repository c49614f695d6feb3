"""Pairs of files: what a sink is given, and the publishing body that it makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.contract.context import Attempt
from engine.model.post import Content

if TYPE_CHECKING:
    from pathlib import Path

    from engine.contract.account import Account
    from engine.contract.sink import Sink

ATTEMPT = Attempt("0197attempt", 1, "0197delivery", datetime(2026, 1, 5, 9, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Given:
    """What stands in a file: settings, content, and what `prepare` left."""

    config: dict[str, Any]
    content: Content
    prepared: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> Given:
        """Read a file."""
        said = json.loads(path.read_text("utf-8"))
        return cls(said.get("config", {}), Content.model_validate(said["content"]), said.get("prepared", {}))

    def body(self, kind: type[Sink[Any]], account: Account) -> bytes:
        """Return the publishing body."""
        sink = kind(kind.Config.model_validate(self.config))
        return sink.wire(self.content, account, ATTEMPT, self.prepared)


def given_in(folder: Path) -> list[Path]:
    """Return the files that have what is given."""
    return sorted(path for path in folder.glob("*.json") if not path.name.endswith(".wire.json"))
