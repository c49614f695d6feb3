"""What a feed's cursor holds: where the feed is, how its server tells versions apart, and which entries are known."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from connectors.feed.identity import Known
from engine.content.documents import Unreadable, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.http_client import Response

VALIDATOR_MOST: Final = 1_000


class Version(BaseModel):
    """Where the feed is, if a page named it, and how the version that was read last is told from others."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str | None = None
    etag: str | None = None
    modified: str | None = None
    digest: str | None = None

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for the document only if it has changed (RFC 9110 section 13)."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}

    @classmethod
    def of(cls, answer: Response, url: str | None) -> Version:
        """Return how this answer's document is told from others."""
        etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        return cls(
            url=url,
            etag=etag if etag and len(etag) <= VALIDATOR_MOST else None,
            modified=modified if modified and len(modified) <= VALIDATOR_MOST else None,
            digest=hashlib.blake2b(answer.body, digest_size=20).hexdigest(),
        )


@dataclass(frozen=True, slots=True)
class Cursor:
    """The cursor: the version, and the known entries as JSON, which is long and only read when it is needed."""

    version: Version = field(default_factory=Version)
    memory: str = "[]"

    def text(self) -> str:
        """Write it for the engine to keep, each part on a line of its own."""
        return f"{self.version.model_dump_json(exclude_none=True)}\n{self.memory}"

    def entries(self) -> tuple[Known, ...]:
        """Return the known entries."""
        known = read_json(_ENTRIES, self.memory)
        return () if isinstance(known, Unreadable) else known


_VERSION: Final = TypeAdapter(Version)
_ENTRIES: Final = TypeAdapter(tuple[Known, ...])


def read_cursor(text: str | None) -> Cursor:
    """Read what `Cursor.text` wrote; one that cannot be read is as none: the engine knows what it has by the keys."""
    if not text:
        return Cursor()
    version, _, memory = text.partition("\n")
    read = read_json(_VERSION, version)
    return Cursor() if isinstance(read, Unreadable) else Cursor(read, memory)


def write_entries(entries: Iterable[Known]) -> str:
    """Write known entries for a cursor."""
    return json.dumps(list(entries), ensure_ascii=False, separators=(",", ":"))
