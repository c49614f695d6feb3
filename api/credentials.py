"""What callers show: session cookies, API keys, CSRF tokens; how they are made, and what of them is kept.

All are of 256 random bits, and only their SHA-256 is kept: whoever reads the database can use none of them, and a
look-up by hash tells nothing by its time. The CSRF token is made of the session's own token, so nothing of it is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from api.errors import ForbiddenError

if TYPE_CHECKING:
    from fastapi import Request

COOKIE: Final = "__Host-chappe"
PLAIN_COOKIE: Final = "chappe"
"""The name over plain HTTP on this machine: browsers take `__Host-` and `Secure` only with HTTPS."""

CSRF: Final = "x-csrf-token"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
KEY_PREFIX: Final = "chappe"
CODE_LENGTH: Final = 8
_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is read as another
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A key as it is shown once: the whole of it, and the prefix that people know it by."""

    token: str
    prefix: str


def new_token() -> str:
    """Return a fresh token of 256 bits."""
    return secrets.token_urlsafe(32)


def new_key() -> Shown:
    """Return a fresh API key."""
    prefix = f"{KEY_PREFIX}_{''.join(secrets.choice(_LETTERS) for _ in range(8)).lower()}"
    return Shown(f"{prefix}_{new_token()}", prefix)


def new_code() -> str:
    """Return a fresh code for a mail: 40 bits, which stand for half an hour and five tries."""
    return "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))


def code_hash(request: str, code: str) -> str:
    """Return what is kept of a code: without the request, which is not kept, nobody can guess the code from it."""
    letters = "".join(letter for letter in code.upper() if letter in _LETTERS)
    return hash_of(f"{request}.{letters}")


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def csrf_of(token: str) -> str:
    """Return the CSRF token of a session: who has it has read an answer to that session."""
    return hmac.new(token.encode("utf-8", "surrogateescape"), b"csrf", hashlib.sha256).hexdigest()


def bearer(request: Request) -> str:
    """Return the API key of a request, nothing where it shows none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def cookie(request: Request) -> str:
    """Return the session's token of a request, nothing where it shows none."""
    return request.cookies.get(cookie_name(request), "")


def cookie_name(request: Request) -> str:
    """Return the cookie that this request may carry; a plain one counts only where nothing leaves the machine."""
    return PLAIN_COOKIE if request.url.scheme == "http" and is_local(request) else COOKIE


def is_local(request: Request) -> bool:
    """Tell whether a request came to this machine's own name from this machine."""
    if request.url.hostname not in _LOCAL_NAMES or request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def address(request: Request) -> str:
    """Return where a request comes from, for counting."""
    return counted(request.client.host if request.client else "")


@lru_cache(maxsize=10_000)
def counted(host: str) -> str:
    """Return an address as it is counted: of IPv6 the network of 64 bits, which one customer has."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


def refuse_other_sites(request: Request) -> None:
    """Raise ForbiddenError for what a page of another site makes a browser send."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != request.url.netloc):
        raise ForbiddenError("The request came from a page of another site: a session is used from our own pages only.")


def refuse_forged(request: Request, token: str) -> None:
    """Raise ForbiddenError for an unsafe request by session that does not prove that it is our own page's."""
    if request.method in SAFE:
        return
    refuse_other_sites(request)
    given = request.headers.get(CSRF, "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, csrf_of(token).encode()):
        raise ForbiddenError("The header X-CSRF-Token is missing or not this session's: GET /api/v1/session gives it.")
