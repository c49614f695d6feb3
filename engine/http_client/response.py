"""What a server answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import Message
from typing import Any

import httpx

from engine.http_client.addresses import redact

Headers = httpx.Headers
"""Case-insensitive names to values; several of one name are joined by a comma."""


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """An answer with any status: its headers, its body unpacked, and the URL that answered in the end."""

    status: int
    headers: Headers
    body: bytes
    url: str

    def text(self) -> str:
        """Return the body as text, by the charset that the server names, else UTF-8; broken bytes are replaced."""
        declared = Message()
        declared["content-type"] = self.headers.get("content-type", "")
        try:
            return self.body.decode(declared.get_content_charset("utf-8"), errors="replace")
        except (LookupError, UnicodeError):
            return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """Return the body read as JSON; raise ValueError when it is not."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<Response {self.status} from {redact(self.url)}, {len(self.body)} bytes>"
