"""A real SMTP server on loopback (aiosmtpd), in the test's own loop, that answers as the script says."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any, cast

from aiosmtpd.smtp import SMTP, AuthResult

from engine.mailer import Mailer
from engine.model.address import read_sender
from engine.model.mail_server import MailServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, LoginPassword, Session

TAKEN = "250 2.0.0 Ok: queued as 4Xy"


@dataclass
class PostOffice:
    """What came in, each with whether it came encrypted; `answers` and `refusals` are said first, one a mail.

    `stalls` makes it take a mail and never answer.
    """

    port: int = 0
    answers: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    stalls: bool = False
    taken: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # the same
        del server
        answer = self.answers.pop(0) if self.answers else TAKEN
        if answer.startswith("2"):
            content = cast("bytes", envelope.content)
            self.mails.append(message_from_bytes(content, policy=default))
            self.encrypted.append(session.ssl is not None)
            self.taken.set()
        if self.stalls:
            await asyncio.Event().wait()
        return answer

    def mailer(self, url: str = "smtp://127.0.0.1:{port}", **options: Any) -> Mailer:
        """Return a mailer that hands in here."""
        server = MailServer.parse(url.format(port=self.port))
        return Mailer(server, read_sender("Acme <chappe@acme.example>"), **options)


def lets_in(server: Any, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword) -> AuthResult:
    """Let `acme` in with the password `s:e/c`."""
    del server, session, envelope, mechanism
    return AuthResult(success=(login.login, login.password) == (b"acme", b"s:e/c"), handled=False)


@asynccontextmanager
async def post_office(tls: ssl.SSLContext | None = None, *, signs_in: bool = False) -> AsyncIterator[PostOffice]:
    """Open a server at any free port, and close it."""
    office = PostOffice()
    options: dict[str, Any] = {"hostname": "mx.acme.example", "tls_context": tls, "require_starttls": tls is not None}
    if signs_in:
        options |= {"authenticator": lets_in, "auth_required": True, "auth_require_tls": tls is not None}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(office, loop=loop, **options), "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
