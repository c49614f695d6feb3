"""A wake that is lost, as when a process is killed between its commit and its wake, is found by the due tick."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from api.settings import Settings
from api.wiring import runtime_of
from engine.store.unit import open_store
from engine.testing.loopback import Answer, Loopback, always
from tests.kills.scene import AT_ONCE, HELD, arrive, set_the_scene

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.wake import Kind, WakeQueue

POSTS = 3


class Forgetful:
    """A queue that loses the first wake of every key."""

    def __init__(self, queue: WakeQueue, asked: set[tuple[Kind, str]]) -> None:
        self._queue = queue
        self._asked = asked
        self.lost = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    async def wake(self, kind: Kind, keys: Sequence[str]) -> None:
        """Pass on what was asked for before."""
        again = [key for key in keys if (kind, key) in self._asked]
        self.lost += len(keys) - len(again)
        self._asked.update((kind, key) for key in keys)
        await self._queue.wake(kind, again)


@pytest.mark.parametrize(
    ("url", "dispatch", "processes"), [("sqlite_url", "embedded", 1), ("postgres_url", "distributed", 2)]
)
def test_every_lost_wake_is_found_by_the_due_tick(
    request: pytest.FixtureRequest, tmp_path: Path, url: str, dispatch: str, processes: int
) -> None:
    settings = Settings(
        database_url=request.getfixturevalue(url),
        data_dir=tmp_path,
        dispatch=dispatch,  # type: ignore[arg-type]  # one of the two
        allow_private=("127.0.0.1",),
    )

    assert asyncio.run(_delivered(settings, processes)) == dict.fromkeys(
        [f"/{name}" for name in (*AT_ONCE, *HELD)], POSTS
    )


async def _delivered(settings: Settings, processes: int) -> dict[str, int]:
    """Let posts arrive that nobody was told of; return how many of them each account got."""
    store, asked = open_store(settings.database_url), set[Any]()
    async with AsyncExitStack() as ends, Loopback(always(Answer())) as receiver:
        ends.push_async_callback(store.close)
        scene = await set_the_scene(store, settings.key_file, "plain", receiver.url)
        queues = []
        for _ in range(processes):
            runtime = runtime_of(settings)
            runtime.core.wake = Forgetful(runtime.core.wake, asked)
            queues.append(runtime.core.wake)
            await runtime.start()
            ends.push_async_callback(runtime.stop)
        await arrive(store, scene, POSTS)
        await receiver.until(lambda seen: len(seen.received) == POSTS * (len(AT_ONCE) + len(HELD)))
        assert sum(queue.lost for queue in queues) > POSTS
        return dict(Counter(request.path for request in receiver.received))
