"""The other side as processes of their own: an instant receiver and a feed that never changes."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.peers.receiver import Mode

RECEIVER = Path(__file__).resolve().parents[1] / "tests" / "peers" / "receiver.py"


@contextmanager
def receiver(journal: Path, *, delay_ms: int = 0, mode: Mode = "dedupe") -> Iterator[str]:
    """Run a receiver that publishes each webhook-id once (`dedupe`), at once or after so long; gives its address."""
    options = ["--with-parent", "--mode", mode, "--delay-ms", str(delay_ms), "--journal", str(journal)]
    with _peer([str(RECEIVER), *options]) as url:
        yield url


@contextmanager
def feeds() -> Iterator[str]:
    """Run the server of an unchanged feed; gives its address."""
    with _peer(["-m", "bench.feeds"]) as url:
        yield url


@contextmanager
def _peer(program: Sequence[str]) -> Iterator[str]:
    with subprocess.Popen(  # noqa: S603  # it is our own program
        [sys.executable, *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        try:
            yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        finally:
            process.communicate(timeout=10)
