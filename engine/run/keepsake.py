"""New tokens, on disk the moment they come: a file that outlives the process until the database has them.

A platform that gives each refresh token once has used up the old one when it answers. A process that is killed before
its database has the new one would have lost the account; writing a small file takes a fraction of a commit, and needs
neither the database's lock nor its network. What is in it is sealed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_END = ".grant"


@dataclass(frozen=True, slots=True)
class Keepsakes:
    """A folder with a file for each account whose new grant is not in the database yet; without one nothing is kept."""

    folder: Path | None = None

    def put(self, account_id: str, document: str) -> None:
        """Keep a document for an account, whole or not at all, on the disk when this returns."""
        if self.folder is None:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.folder / f"{account_id}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.folder / f"{account_id}{_END}")

    def listed(self) -> Iterator[tuple[str, str]]:
        """Give each account with what is kept for it."""
        if self.folder is not None:
            for path in sorted(self.folder.glob(f"*{_END}")):
                yield path.stem, path.read_text(encoding="utf-8")

    def drop(self, account_id: str) -> None:
        """Forget what is kept for an account; what stays is found older than the database's at the next start."""
        if self.folder is not None:
            with suppress(OSError):
                (self.folder / f"{account_id}{_END}").unlink()
