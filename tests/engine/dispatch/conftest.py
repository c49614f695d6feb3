"""Every form of the dispatch, for the conformance suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.dispatch.embedded import EmbeddedDispatch
from tests.engine.dispatch.watching import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.wake import WakeQueue

FORMS: dict[str, Callable[[], WakeQueue]] = {"embedded": EmbeddedDispatch}


@pytest.fixture(params=FORMS)
def queue(request: pytest.FixtureRequest) -> WakeQueue:
    """Return a fresh queue of one form; nothing runs yet."""
    return FORMS[request.param]()


@pytest.fixture
def recorder() -> Recorder:
    """Return a fresh handler that records."""
    return Recorder()
