"""The message and its headers as Standard Webhooks 1.0.0 has them (see limits.py). Pure."""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from pydantic import AwareDatetime, BaseModel
from standardwebhooks import Webhook

from engine.errors import AccountLostError
from engine.model.post import Content

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CHUNK = "[A-Za-z0-9+/]"
FORM: Final = "it must be whsec_ and the base64 of 24 to 64 random bytes"
"""What a signing secret looks like, in words (see limits.py)."""

TOLERANCE: Final = timedelta(minutes=5)
"""How old or new a message may be, by its own time."""

_SECRET = re.compile(f"(?:whsec_)?(?:{_CHUNK}{{4}}){{8,21}}(?:{_CHUNK}{{2}}(?:==)?|{_CHUNK}{{3}}=?)?")


class Message(BaseModel, frozen=True):
    """One event: `timestamp` says when it happened, which is the same at every try."""

    type: Literal["post.published"] = "post.published"
    timestamp: AwareDatetime
    data: Content


def body_of(content: Content, happened: datetime) -> bytes:
    """Return the message as minified JSON in UTF-8."""
    message = Message(timestamp=happened.astimezone(UTC), data=content)
    return message.model_dump_json(  # a webhook takes no comments
        exclude={"data": {"variant": True, "comment": True, "media": {"__all__": {"key"}}}}
    ).encode()


def headers_of(body: bytes, *, key: str, now: datetime, secrets: Iterable[str]) -> dict[str, str]:
    """Return the headers of one try: the key stays, the time and with it the signatures are this try's own."""
    now = now.astimezone(UTC).replace(microsecond=0)
    headers = {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    signatures = " ".join(_signer(secret).sign(key, now, body.decode()) for secret in secrets)
    return headers | ({"webhook-signature": signatures} if signatures else {})


def is_signed(body: bytes, headers: Mapping[str, str], *, now: datetime, secret: str) -> bool:
    """Tell whether a message shows that its sender knows the secret, and is not older or newer than some minutes."""
    stated = headers.get("webhook-timestamp", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) < 12):  # noqa: PLR2004  # as a time in seconds may be
        return False
    sent = datetime.fromtimestamp(int(stated), UTC)
    try:
        expected = _signer(secret).sign(headers.get("webhook-id", ""), sent, body.decode())
    except UnicodeDecodeError:
        return False
    shown = [each.encode() for each in headers.get("webhook-signature", "").split(" ")]
    return abs(now - sent) <= TOLERANCE and any(hmac.compare_digest(each, expected.encode()) for each in shown)


def is_formed(secret: str) -> bool:
    """Tell whether a signing secret has the right form; the prefix may be left out."""
    return _SECRET.fullmatch(secret) is not None


def _signer(secret: str) -> Webhook:
    if not is_formed(secret):
        raise AccountLostError(
            f"The webhook's signing secret has the wrong form: {FORM}. Store one that has, here and at the receiver, "
            "then reconnect the account."
        )
    return Webhook(secret)
