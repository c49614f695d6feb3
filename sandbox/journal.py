"""What happened, as lines of JSON that survive a kill; without a file it is remembered only as long as the process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Journal:
    """Appends events; `earlier` are those that an earlier process wrote to the same file."""

    def __init__(self, path: Path | None = None) -> None:
        self.earlier: list[dict[str, Any]] = []
        self._file = None
        if path is None:
            return
        self._file = path.open("a+b")
        self._file.seek(0)
        written = self._file.read()
        whole = written[: written.rfind(b"\n") + 1]  # a line that a kill cut short never happened
        self._file.truncate(len(whole))
        self.earlier = [json.loads(line) for line in whole.splitlines()]

    def append(self, event: str, **fields: Any) -> None:
        """Write an event; it is out of this process's hands when this returns."""
        if self._file is None:
            return
        self._file.write(json.dumps({"event": event, **fields}, ensure_ascii=False).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
