"""A folder that may be read and not written."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


@contextmanager
def read_only(*files: Path) -> Iterator[Path]:
    """Give a folder with copies of files, all closed to writing, to a user whom that binds: root is nobody meanwhile.

    Of a single file the copy is called `chappe.sqlite3`.
    """
    folder = Path(tempfile.mkdtemp(prefix="chappe-test-"))
    for file in files:
        copy = folder / (file.name if len(files) > 1 else "chappe.sqlite3")
        shutil.copy(file, copy)
        copy.chmod(0o444)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)
