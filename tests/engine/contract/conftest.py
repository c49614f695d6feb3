"""What a sink is handed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.contract.account import Account
from engine.contract.context import Attempt, SendContext
from engine.testing.fakes import ScriptedHttp

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def send_context() -> SendContext:
    """Give the context of a first try."""
    return SendContext(ScriptedHttp(), Account("a1", "plain", "plain"), Attempt("t1", 1, "d1", NOW), NOW)
