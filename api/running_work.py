"""The long work of this process, by its id: what runs, and what waits for its end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from engine.ids import new_id


@dataclass(slots=True)
class Running:
    """The long work of this process, by its id."""

    owner: str = field(default_factory=new_id)
    tasks: dict[str, Work] = field(default_factory=dict)
    beating: asyncio.Task[None] | None = None
    stopping: bool = False


@dataclass(slots=True)
class Work:
    """What is being done, and what writes down how it ended."""

    work: asyncio.Task[dict[str, Any]]
    keeper: asyncio.Task[None] | None = None
