"""What tests of the program share: instances to copy, and logging that is again as it was before."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
import structlog

from tests.fixtures.instances import made, played

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["logs_as_before", "made", "played"]


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """Leave the logging of the other tests as it was."""
    root = logging.getLogger()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:], root.level = handlers, level
    structlog.configure(**configured)
