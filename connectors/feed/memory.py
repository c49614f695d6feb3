"""What a feed's cursor holds: where the feed is, how its server tells versions apart, and which entries are known."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter

from connectors.feed.identity import Known
from engine.content.documents import Unreadable, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.http_client import Response

VALIDATOR_MOST: Final = 1_000
_ENTRIES: Final = TypeAdapter(tuple[Known, ...])


class Cursor(BaseModel):
    """The cursor; `url` is a feed that a page named, `memory` the known entries as JSON, read only when needed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str | None = None
    etag: str | None = None
    modified: str | None = None
    sha256: str | None = None
    memory: str = "[]"

    def text(self) -> str:
        """Write it for the engine to keep."""
        return self.model_dump_json(exclude_defaults=True)

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for the document only if it has changed (RFC 9110 section 13)."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}

    def has_read(self, body: bytes) -> bool:
        """Tell whether these are the very bytes that were read last."""
        return self.sha256 == hashlib.sha256(body).hexdigest()

    def entries(self) -> tuple[Known, ...]:
        """Return the known entries."""
        known = read_json(_ENTRIES, self.memory)
        return () if isinstance(known, Unreadable) else known

    def answered(self, answer: Response) -> Self:
        """Remember how the server tells this version from others."""
        etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        return self.model_copy(
            update={
                "etag": etag if etag and len(etag) <= VALIDATOR_MOST else None,
                "modified": modified if modified and len(modified) <= VALIDATOR_MOST else None,
                "sha256": hashlib.sha256(answer.body).hexdigest(),
            }
        )

    def with_entries(self, url: str | None, entries: Iterable[Known]) -> Self:
        """Remember where the feed is and what is in it."""
        memory = json.dumps(list(entries), ensure_ascii=False, separators=(",", ":"))
        return self.model_copy(update={"url": url, "memory": memory})


_CURSOR: Final = TypeAdapter(Cursor)


def read_cursor(text: str | None) -> Cursor:
    """Read what `Cursor.text` wrote; one that cannot be read is as none: the engine knows what it has by the keys."""
    if not text:
        return Cursor()
    cursor = read_json(_CURSOR, text)
    return Cursor() if isinstance(cursor, Unreadable) else cursor
