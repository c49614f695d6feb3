"""What a platform says, in an answer's headers, of how much more it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from engine.errors import Scope


@dataclass(frozen=True, slots=True)
class Usage:
    """How much is left: `left` requests, or `percent` used of what is allowed.

    `until` is an aware time, `wait` a duration from now, after which there is room again; None where it is not said.
    `scope` is who runs out: this account, everybody on the platform, or the workspace.
    """

    left: int | None = None
    percent: float | None = None
    until: datetime | None = None
    wait: timedelta | None = None
    scope: Scope = "account"
