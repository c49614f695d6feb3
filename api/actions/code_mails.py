"""Codes for signing in, handed to whatever sends mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.users import User

_log = structlog.get_logger(__name__)


async def unsent(user: User, code: str, until: datetime) -> None:
    """Send nothing, since no mail server is configured, and say so in the log; the code stands nowhere."""
    del code, until
    _log.warning("A code for signing in was asked for, and no mail server is configured to send it.", user_id=user.id)
