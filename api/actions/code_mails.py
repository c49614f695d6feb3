"""Codes for signing in, put into the outbox of mails."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from engine.ids import new_id
from engine.store import mails
from engine.store.mails import Mail
from engine.wake import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from engine.run.core import Core
    from engine.store.users import User

KIND = "code"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CodeMails:
    """Mails codes; where no mail server is set up it says so in the log, never the code."""

    core: Core

    async def __call__(self, user: User, code: str, until: datetime) -> None:
        """Put the mail into the outbox, and have it sent at once."""
        if self.core.office is None:
            _log.warning("A code for signing in was asked for, and no mail server is set up.", user_id=user.id)
            return
        now, mail_id = self.core.clock.now(), new_id()
        mail = Mail(mail_id, "", KIND, f"{KIND} {mail_id}", user.email, now, until, now, user.name, _document(code))
        await self.core.store.write(mails.add, mail)
        await self.core.wake.wake(Kind.MAIL, [mail_id])


def _document(code: str) -> str:
    text = (
        f"Your code for Chappe: {code[:4]} {code[4:]}\n\n"
        "It is good for half an hour, once, in the window that asked for it. Whoever asks you for it wants to sign in "
        "as you: tell it nobody. If you did not ask for it, do nothing.\n"
    )
    return json.dumps({"subject": "Your code for Chappe", "text": text})
