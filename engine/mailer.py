"""Hands mails to an SMTP server: the only importer of aiosmtplib, and beside `http_client` a way out.

A server that has taken a mail has promised to bring it, no more: accepted is not delivered. Nobody can tell whether a
server whose answer was lost has taken it, so it is handed over again under the same Message-ID: at least once.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

import aiosmtplib

from engine.errors import AccountLostError, ChappeError, RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from email.headerregistry import Address

    from engine.model.mail_server import MailServer

SECONDS: Final = 30.0
"""How long each step of a mail may take."""
_NEVER: Final = 500
_AUTH: Final = frozenset({530, 534, 535, 538})
"""Codes that say something of our sign-in and nothing of the mail (RFC 4954, section 6)."""
_OURS: Final = (
    aiosmtplib.SMTPAuthenticationError,
    aiosmtplib.SMTPConnectResponseError,
    aiosmtplib.SMTPHeloError,
    aiosmtplib.SMTPSenderRefused,
)
"""Refusals of us, whoever a mail is for."""
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, to whom. `id` makes its Message-ID, which stays when it is handed over again."""

    id: str
    to: Address
    subject: str
    text: str
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def compose(letter: Letter, sender: Address, at: datetime) -> EmailMessage:
    """Return a letter as a message: plain text, and HTML beside it where there is some.

    Raises ValueError where a header would hold more than one line.
    """
    message = EmailMessage(policy=WIRE)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{letter.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text, cte="quoted-printable")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message


class Mailer:
    """Hands messages to one server, each over a connection of its own."""

    def __init__(
        self, server: MailServer, sender: Address, *, tls: ssl.SSLContext | None = None, seconds: float = SECONDS
    ) -> None:
        self.server = server
        self.sender = sender
        self._tls = tls
        self._seconds = seconds

    async def post(self, letter: Letter, at: datetime) -> str:
        """Hand a letter over as `send` does."""
        return await self.send(compose(letter, self.sender, at))

    async def send(self, message: EmailMessage) -> str:
        """Hand a message over to its one recipient, and return what the server answered.

        Raises RejectedError where the server never takes it, AccountLostError where it does not let us in, and
        TransientError where it may take it later.
        """
        to: Address = message["To"].addresses[0]
        try:
            async with self._client() as client:
                _, answer = await client.send_message(message, sender=self.sender.addr_spec, recipients=[to.addr_spec])
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _translated(error, self.server, to.addr_spec) from error
        return " ".join(answer.split())[:_SHOWN]

    async def greet(self, within_s: float) -> str:
        """Connect and sign in as for a mail, hand none over, and return how the server greets us.

        All of it takes `within_s` at most. Raises AccountLostError and TransientError as `send` does.
        """
        try:
            async with asyncio.timeout(within_s), self._client() as client:
                answer = (await client.ehlo()).message
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _translated(error, self.server, self.sender.addr_spec) from error
        return answer.partition("\n")[0].strip()[:_SHOWN]

    def _client(self) -> aiosmtplib.SMTP:
        server = self.server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=self._tls if server.tls != "no" else None,
            local_hostname=self.sender.domain,
            timeout=self._seconds,
        )


def _translated(error: Exception, server: MailServer, to: str) -> ChappeError:
    """Say what an error of the library or of the network means for the mail."""
    where = f"The mail server {server.host}:{server.port}"
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _answered(error, where, to)
    if isinstance(error, aiosmtplib.SMTPNotSupported) or type(error) is aiosmtplib.SMTPException:
        if not to.isascii():
            return RejectedError(f"{where} knows no address like {to}, with other letters.", code="smtp_utf8")
        return AccountLostError(f"{where} lacks what we need: {error.message} Look at CHAPPE_SMTP_URL.")
    if isinstance(error, TimeoutError):
        return TransientError(f"{where} did not answer in time.")
    if isinstance(error.__cause__ or error, ssl.SSLCertVerificationError):
        return AccountLostError(f"{where} shows a certificate that nobody trusts. Look at the host in CHAPPE_SMTP_URL.")
    return TransientError(f"{where} could not be reached ({type(error).__name__}).")


def _answered(error: aiosmtplib.SMTPResponseException, where: str, to: str) -> ChappeError:
    if error.code < _NEVER:
        return TransientError(f"{where} asks us to come again later: {_said(error)}")
    if isinstance(error, _OURS) or error.code in _AUTH:
        return AccountLostError(
            f"{where} does not serve us: {_said(error)} Look at user and password in CHAPPE_SMTP_URL, and at "
            "CHAPPE_MAIL_FROM."
        )
    return RejectedError(f"{where} refuses mail to {to}: {_said(error)}", code=f"smtp_{error.code}")


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    """Quote a server, in one line."""
    words = " ".join(error.message.split())[:_SHOWN].rstrip(".")
    return f"“{error.code} {words}”."
