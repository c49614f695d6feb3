"""Mail: what waits in the outbox goes to the mail server, and who is told first has the time that was agreed.

At least once: a mail is committed, then handed over, then noted as taken. A worker that is killed in between leaves it
waiting, and it is sent again under the same Message-ID; the notice counts from the last time, so nothing ever goes out
earlier than the owner was told.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from engine.errors import AccountLostError, RejectedError, TransientError
from engine.mailer import Letter
from engine.model.address import named
from engine.run.letters import asking, telling
from engine.store import mails, tellings
from engine.store.mails import Fate, MailState
from engine.wake import Kind

if TYPE_CHECKING:
    from engine.run.core import Core
    from engine.run.letters import Office
    from engine.store.mails import Mail
    from engine.store.tellings import Told

log = structlog.get_logger()

FIRST: Final = timedelta(minutes=1)
MOST: Final = timedelta(minutes=30)
NO_SERVER: Final = "No mail server is set up: CHAPPE_SMTP_URL and CHAPPE_MAIL_FROM."

_LETTERS: Final = {tellings.TELL: telling, tellings.ASK: asking}


async def tell(core: Core) -> None:
    """Put into the outbox what owners are to be told, and plan what they said nothing against in time."""
    now = core.clock.now()
    can_tell = core.office is not None and core.office.can_tell
    made = await core.store.write(tellings.gather, now, can_tell=can_tell)
    if made:
        await core.wake.wake(Kind.MAIL, made)
    quiet = await core.store.write(tellings.silence, now)
    if quiet:
        await core.wake.wake(Kind.DRAIN, quiet)


async def ask(core: Core) -> None:
    """Put into the outbox what owners are asked, where their answers can come by the links."""
    if core.office is None or not core.office.can_tell:
        return
    made = await core.store.write(tellings.ask, core.clock.now())
    if made:
        await core.wake.wake(Kind.MAIL, made)


async def send(core: Core, mail_id: str) -> None:
    """Hand a mail that is due to the server, once, and write what became of it."""
    mail = await core.store.write(mails.take, mail_id, core.clock.now())
    if mail is None:
        return
    told_of = await core.store.read(tellings.shown, mail) if mail.kind in _LETTERS else []
    if mail.kind in _LETTERS and not told_of:
        await core.store.write(mails.settle, mail, Fate(MailState.GIVEN_UP, mails.OVER, core.clock.now()))
        return
    fate = await _hand_over(core, mail, told_of)
    done = await core.store.write(tellings.settle, mail, fate, told_of)
    if done and fate.state is not MailState.SENT:
        log.warning("A mail was not taken.", mail=mail.id, kind=mail.kind, state=fate.state.value, why=fate.note)


async def _hand_over(core: Core, mail: Mail, told_of: list[Told]) -> Fate:
    if core.office is None:
        return _later(core, mail, NO_SERVER)
    try:
        answer = await core.office.mailer.post(_letter(core, core.office, mail, told_of), core.clock.now())
    except (RejectedError, ValueError) as error:
        return Fate(MailState.REFUSED, str(error), core.clock.now())
    except (TransientError, AccountLostError) as error:
        return _later(core, mail, str(error))
    return Fate(MailState.SENT, answer, core.clock.now())


def _letter(core: Core, office: Office, mail: Mail, told_of: list[Told]) -> Letter:
    if letter := _LETTERS.get(mail.kind):
        return letter(office, mail, told_of, core.clock.now())
    said = json.loads(mail.document)
    to = named(mail.name, mail.address)
    return Letter(mail.id, to, said["subject"], said["text"], said.get("html", ""), said.get("headers", {}))


def _later(core: Core, mail: Mail, note: str) -> Fate:
    """Try again after 1, 2, 4 … 30 minutes, and not after the mail's end."""
    now = core.clock.now()
    again = now + min(MOST, FIRST * 2 ** min(mail.tries - 1, 10))
    if again >= mail.until:
        return Fate(MailState.GIVEN_UP, note, now)
    return Fate(MailState.WAITING, note, now, again)
