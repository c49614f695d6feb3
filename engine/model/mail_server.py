"""Where mails are handed in, as the settings write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS: Final = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in. `tls` is `implicit` from the first byte, `starttls` before what matters, or `no`."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str, password: str = "") -> MailServer:
        """Read `smtp://USER:PASSWORD@HOST:PORT` or `smtps://…`; raises ValueError, which never names the password.

        `smtp` means STARTTLS, which must be there, and on this very machine no encryption. `?tls=no` and
        `?tls=starttls` say otherwise. A password is only ever sent encrypted, or within this machine.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in _PORTS or not parts.hostname or port == -1 or parts.path not in {"", "/"}:
            raise ValueError("write smtp://USER:PASSWORD@HOST:PORT, or smtps:// where the port speaks TLS at once")
        near = _is_here(parts.hostname)
        wish = parse_qs(parts.query).get("tls", ["no" if near else "starttls"])[0]
        if wish not in {"no", "starttls"}:
            raise ValueError("?tls= is no or starttls")
        tls = "implicit" if parts.scheme == "smtps" else wish
        user, word = unquote(parts.username or ""), password or unquote(parts.password or "")
        if user and tls == "no" and not near:
            raise ValueError("a password does not go over the network unencrypted: leave ?tls=no out")
        return cls(parts.hostname, port or (25 if near else _PORTS[parts.scheme]), tls, user, word)


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
