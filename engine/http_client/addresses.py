"""Where a request may go: which URLs are well formed, and which addresses behind them are admitted.

Chappe fetches what strangers name (feeds, pictures, webhooks, Mastodon servers), so it must not become a door into the
network that it runs in. Every address that a name leads to must be a public one, on port 80 or 443, unless the
operator admitted it by `CHAPPE_ALLOW_PRIVATE`. Addresses that carry another one inside (IPv4-mapped, NAT64, 6to4,
Teredo) are judged by what they carry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from yarl import URL

from engine.errors import MappingError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IPAddress = IPv4Address | IPv6Address
SETTING = "CHAPPE_ALLOW_PRIVATE"
PUBLIC_PORTS = frozenset({80, 443})

# IANA's registries of special-purpose addresses (iana.org/assignments/iana-ipv4-special-registry and
# iana-ipv6-special-registry, read 2026-11-22) and of multicast; `ipaddress.is_global` alone lets several of them pass
# (multicast, 192.88.99.0/24, fec0::/10, 3fff::/20) and differs between releases of Python.
_CLOSED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")))
_V4_AT_THE_END = tuple(map(IPv6Network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96")))

_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_.])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL: `text` as it is requested (ASCII, without fragment), and where it leads.

    `literal` is the address when the host is one; a name is resolved when the connection is made.
    """

    text: str
    scheme: str
    host: str
    port: int
    literal: IPAddress | None

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must be equal for two URLs to belong to the same server."""
        return self.scheme, self.host, self.port


@lru_cache(maxsize=4096)
def parse_target(url: str) -> Target:
    """Return the checked URL, or raise `RejectedError(code="invalid_url")` with the reason.

    It is read by the same parser that aiohttp connects with, so that there are no two readings of one text.
    """
    parsed = _read(url)
    host, port = parsed.raw_host, parsed.port
    if parsed.scheme not in {"http", "https"} or not host or not port:
        raise _invalid(url, "is not an address of the form https://host/path")
    if parsed.raw_user is not None or parsed.raw_password is not None:
        raise _invalid(url, "holds a user name or a password, which belong in an account, not in an address")
    text = str(parsed.with_fragment(None))
    if URL(text) != parsed.with_fragment(None):
        raise _invalid(url, "can be read in two ways")
    return Target(text, parsed.scheme, host, port, _literal(url, host))


def redact(url: str) -> str:
    """Return the URL as it may be shown: scheme, host and port.

    The path goes too: at Slack, Discord, Telegram and others it is the secret.
    """
    try:
        parsed = URL(url)
        shown = str(parsed.origin())
    except ValueError:
        return "an address that cannot be read"
    return f"{shown}/…" if parsed.raw_path_qs != "/" else shown


class AddressPolicy:
    """Which addresses a request may reach.

    `allow` holds networks (`10.0.0.0/8`, `::1`), host names (`mastodon.internal`) or `*`; what it names is admitted on
    every port. Everything else must be public, on port 80 or 443.
    """

    def __init__(self, allow: Sequence[str] = ()) -> None:
        self._everything = "*" in allow
        self._networks: list[IPv4Network | IPv6Network] = []
        self._hosts: set[str] = set()
        for entry in allow:
            self._add(entry.strip().lower())

    def check(self, host: str, port: int, address: IPAddress) -> None:
        """Return when `address`, which `host` leads to, is admitted; else raise RejectedError.

        Its code is `private_address` or `port`.
        """
        if self._everything or host in self._hosts or self._admitted(address):
            return
        ends = tuple(unwrap(address))
        if all(map(self._admitted, ends)):
            return
        remedy = f"To allow it, add {host} to {SETTING}."
        if not all(is_public(end) or self._admitted(end) for end in ends):
            raise RejectedError(
                f"{_lead(host, address)}, which is not a public address: Chappe does not reach into private networks. "
                f"{remedy}",
                code="private_address",
            )
        if port not in PUBLIC_PORTS:
            raise RejectedError(
                f"{host} is asked for on port {port}: Chappe reaches public addresses on ports 80 and 443 only. "
                f"{remedy}",
                code="port",
            )

    def _add(self, entry: str) -> None:
        if entry == "*":
            return
        try:
            self._networks.append(ip_network(entry, strict=False))
        except ValueError:
            if not _NAME.fullmatch(entry) or _is_numeric(entry):
                raise MappingError(
                    f"{SETTING} holds {entry!r}, which is neither a network such as 10.0.0.0/8, nor a host name, "
                    "nor *. Mend the setting and start again."
                ) from None
            self._hosts.add(entry)

    def _admitted(self, address: IPAddress) -> bool:
        return any(address.version == network.version and address in network for network in self._networks)


def is_public(address: IPAddress) -> bool:
    """Say whether an address, itself and not what it carries, is reachable by everybody and meant to be."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _GLOBAL_UNICAST and not any(address in network for network in _CLOSED_V6)


def unwrap(address: IPAddress) -> Iterator[IPAddress]:
    """Yield the addresses that a packet to `address` may end at: itself, or those that it carries."""
    if isinstance(address, IPv4Address):
        yield address
    elif any(address in network for network in _V4_AT_THE_END) and int(address) > 1:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    else:
        yield address


def _read(url: str) -> URL:
    if url != url.strip() or not url.isprintable():
        raise _invalid(url, "holds characters that an address cannot hold")
    try:
        return URL(url)
    except ValueError:
        raise _invalid(url, "cannot be read") from None


def _literal(url: str, host: str) -> IPAddress | None:
    if ":" not in host and not _is_numeric(host):
        if not _NAME.fullmatch(host) or ".." in host:
            raise _invalid(url, "has a host name that cannot exist")
        return None
    try:
        if "%" not in host:
            return ip_address(host)
    except ValueError:
        pass
    raise _invalid(url, "writes its host as a number in an unusual form; write it as 203.0.113.9 or as a name")


def _is_numeric(host: str) -> bool:
    """Say whether systems would take the name for an IPv4 address: its last label is a number, in whatever base."""
    return _NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None


def _lead(host: str, address: IPAddress) -> str:
    return f"{host} leads to {address}" if host != str(address) else f"The request is for {address}"


def _invalid(url: str, reason: str) -> RejectedError:
    return RejectedError(f"The address {redact(url)} {reason}.", code="invalid_url")
