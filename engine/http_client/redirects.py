"""Where a redirect leads, and what of the request may go there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from yarl import URL

from engine.errors import RejectedError
from engine.http_client.addresses import parse_target, redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.http_client.addresses import Target

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})

# What tells another server nothing about who asks; everything else (authorization, cookies, keys) stays behind.
_HARMLESS = frozenset({"accept", "accept-language", "user-agent", "if-none-match", "if-modified-since"})
_OF_CONTENT = frozenset({"content-type", "content-length", "content-encoding", "content-md5", "digest"})


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a chain of redirects."""

    method: str
    target: Target
    headers: Mapping[str, str]
    content: bytes | None


def follow(hop: Hop, status: int, location: str) -> Hop:
    """Return the request that an answer asks for instead; raise RejectedError when it must not be made."""
    try:
        target = parse_target(str(URL(hop.target.text).join(URL(location))))
    except ValueError:
        raise _refused(hop, "to an address that cannot be read") from None
    if hop.target.scheme == "https" and target.scheme != "https":
        raise _refused(hop, "from https to http, where everybody can read and change what is said")
    following = replace(hop, target=target)
    if status not in _KEEP_METHOD and hop.method != "HEAD" and (status == 303 or hop.method == "POST"):  # noqa: PLR2004
        kept = {name: value for name, value in hop.headers.items() if name.lower() not in _OF_CONTENT}
        following = replace(following, method="GET", content=None, headers=kept)
    if target.origin == hop.target.origin:
        return following
    if following.content is not None:
        raise _refused(hop, "with its content to another server")
    return replace(following, headers={n: v for n, v in following.headers.items() if n.lower() in _HARMLESS})


def _refused(hop: Hop, how: str) -> RejectedError:
    return RejectedError(f"{redact(hop.target.text)} redirects {how}; that is not followed.", code="redirect")
