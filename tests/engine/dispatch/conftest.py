"""Every form of the dispatch, for the conformance suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.clock import SystemClock
from engine.dispatch.distributed import DistributedDispatch
from engine.dispatch.embedded import EmbeddedDispatch
from tests.engine.dispatch.watching import Recorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from engine.wake import WakeQueue

FORMS = ("embedded", "distributed")


@pytest.fixture
def shared(postgres_url: str) -> Callable[[], DistributedDispatch]:
    """Give what opens one more process on the same PostgreSQL, as far as the queue can tell."""
    return lambda: DistributedDispatch(postgres_url, SystemClock())


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Callable[[], WakeQueue]:
    """Give what makes a queue of one form."""
    made: Callable[[], WakeQueue] = EmbeddedDispatch
    return made if request.param == "embedded" else request.getfixturevalue("shared")


@pytest.fixture
async def queue(form: Callable[[], WakeQueue]) -> AsyncIterator[WakeQueue]:
    """Give a fresh queue of one form; nothing runs yet."""
    made = form()
    yield made
    await made.stop()


@pytest.fixture
def recorder() -> Recorder:
    """Return a fresh handler that records."""
    return Recorder()
