"""A text in the person's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from engine.errors import ChappeError


class EditorError(ChappeError):
    """The editor could not be used."""


def edited(before: str) -> str:
    """Return a text as the person leaves it in $VISUAL or $EDITOR; raises EditorError."""
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory(prefix="chappe-") as folder:
        file = Path(folder, "text.txt")
        file.write_text(before, encoding="utf-8")
        try:
            subprocess.run([*command, str(file)], check=True)  # noqa: S603  # the person's own choice of editor
        except (OSError, subprocess.CalledProcessError) as error:
            raise EditorError(f"The editor {command[0]} failed ({error}): set EDITOR, or give --text.") from None
        return file.read_text(encoding="utf-8").rstrip("\n")
