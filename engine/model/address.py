"""E-mail addresses: what one may look like, and nothing that could end a header or name two recipients."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Final

LONGEST: Final = 254
"""An address with its brackets is at most 256 octets (RFC 5321, 4.5.3.1.3)."""
LONGEST_LOCAL: Final = 64
_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*", re.IGNORECASE)
_LOCAL: Final = re.compile(r"[^\s\x00-\x1f\x7f\"(),:;<>@\[\\\].]+(\.[^\s\x00-\x1f\x7f\"(),:;<>@\[\\\].]+)*")


def read_address(text: str) -> str:
    """Return an address as it is written to a server, a domain of other letters in its ASCII form.

    Raises ValueError with a sentence. Quoted local parts, comments and literal addresses are no person's.
    """
    local, at, domain = text.strip().rpartition("@")
    try:
        host = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    fits = len(local.encode()) <= LONGEST_LOCAL and len(f"{local}@{host}".encode()) <= LONGEST
    if not (at and fits and _LOCAL.fullmatch(local) and _HOST.fullmatch(host)):
        message = f"“{text.strip()[:LONGEST]}” is no e-mail address such as lea@example.org."
        raise ValueError(message)
    return f"{local}@{host}"


def read_sender(text: str) -> Address:
    """Return who a mail is from, written `chappe@example.org` or `Acme <chappe@example.org>`; raises ValueError."""
    name, opened, rest = text.strip().partition("<")
    if not opened:
        return named("", text)
    if not rest.endswith(">"):
        message = f"“{text}” is no sender such as Acme <chappe@example.org>."
        raise ValueError(message)
    return named(name.strip().strip('"'), rest[:-1])


def named(name: str, address: str) -> Address:
    """Return an address with its owner's name, in one line; raises ValueError."""
    try:
        return Address(" ".join(name.split()), addr_spec=read_address(address))
    except HeaderParseError as error:
        message = f"“{name}” cannot stand before an e-mail address."
        raise ValueError(message) from error
