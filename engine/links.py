"""Links that carry their own permission, for mails: signed, for one purpose, with an end.

The only importer of itsdangerous. What is signed can be read by whoever has the link, so it holds ids alone. The keys
come from the key file, so a link of another installation, or of a key that was retired, is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from itsdangerous import BadData, URLSafeSerializer

from engine.errors import NotFoundError

if TYPE_CHECKING:
    from engine.vault import Vault

_SALT: Final = "chappe links 1"


class Purpose(StrEnum):
    """What a link is for: it does this and nothing else."""

    NO = "no"
    NOW = "now"
    LATER = "later"
    PAUSE = "pause"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Pass:
    """What a link allows: a purpose, for one person, about one mail."""

    purpose: Purpose
    workspace_id: str
    person_id: str
    mail_id: str
    until: datetime


class Links:
    """Signs passes, and reads them again."""

    def __init__(self, vault: Vault) -> None:
        self._signer = URLSafeSerializer(
            vault.derived("links"), salt=_SALT, signer_kwargs={"key_derivation": "hmac", "digest_method": sha256}
        )

    def sign(self, allowed: Pass) -> str:
        """Return a pass as the token of a link."""
        ids = (allowed.workspace_id, allowed.person_id, allowed.mail_id)
        return str(self._signer.dumps([allowed.purpose.value, *ids, int(allowed.until.timestamp())]))

    def read(self, token: str, now: datetime) -> Pass:
        """Return what a token allows; raises NotFoundError where it was not signed here, or has ended."""
        try:
            purpose, workspace_id, person_id, mail_id, until = self._signer.loads(token)
        except BadData:
            raise NotFoundError("This link is not one of ours, or was cut: open it from the mail again.") from None
        allowed = Pass(Purpose(purpose), workspace_id, person_id, mail_id, datetime.fromtimestamp(until, UTC))
        if now >= allowed.until:
            raise NotFoundError("This link has ended. A newer mail has newer links.")
        return allowed
