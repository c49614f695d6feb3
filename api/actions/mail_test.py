"""One mail at once, to try whether mails go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.errors import UsageError
from engine.errors import ConflictError
from engine.ids import new_id
from engine.mailer import Letter
from engine.model.address import named

if TYPE_CHECKING:
    from engine.clock import Clock
    from engine.mailer import Mailer

NO_SERVER: Final = "No mail server is set up: set CHAPPE_SMTP_URL and CHAPPE_MAIL_FROM (docs/mail.md)."


async def try_one(mailer: Mailer | None, address: str, clock: Clock) -> dict[str, str]:
    """Send a mail, and return to whom, by which server, and what it answered: taken is not yet delivered.

    Raises ConflictError without a mail server, UsageError for what is no address, and what the mailer raises.
    """
    if mailer is None:
        raise ConflictError(NO_SERVER)
    try:
        to = named("", address)
    except ValueError as error:
        raise UsageError(str(error), pointer="/address") from None
    letter = Letter(new_id(), to, "Chappe can write to you", "This is a test: mails from Chappe reach this address.\n")
    answer = await mailer.post(letter, clock.now())
    return {"address": to.addr_spec, "server": f"{mailer.server.host}:{mailer.server.port}", "answer": answer}
