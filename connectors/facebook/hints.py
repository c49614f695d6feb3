"""Facebook calls when a page has news (developers.facebook.com/docs/pages-api/webhooks-for-pages, read 2026-11-22)."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VERIFY: Final = "verify_token"
_SIGNATURE: Final = "x-hub-signature-256"


def challenge_of(query: Mapping[str, str], secrets: Mapping[str, str]) -> str | None:
    """Return the challenge of a verification that knows our token."""
    ours, theirs = secrets.get(VERIFY, ""), query.get("hub.verify_token", "")
    asked = query.get("hub.mode") == "subscribe" and query.get("hub.challenge", "").isalnum()
    known = bool(ours) and hmac.compare_digest(ours.encode(), theirs.encode())
    return query["hub.challenge"] if asked and known else None


def pages_in(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> list[str] | None:
    """Return the pages that a call names; None where it is not signed with the app's secret."""
    secret = secrets.get("client_secret", "")
    ours = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    if not secret or not hmac.compare_digest(ours.encode(), headers.get(_SIGNATURE, "").encode()):
        return None
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return []
    entries = said.get("entry") if isinstance(said, dict) and said.get("object") == "page" else None
    found = [str(one.get("id")) for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return list(dict.fromkeys(found))
