"""Stand-ins for the clock, the wake and the network, under the test's hand: nothing here waits for real time."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import ChappeError, DoubtfulError, RejectedError, TransientError
from engine.http_client import Headers, Response
from engine.model.picture import LinkCard, Picture

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Container, Mapping, Sequence

    from engine.contract.node import Node
    from engine.model.post import Content
    from engine.wake import Again, Kind

T = TypeVar("T")

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""A Monday morning, far from any change of the clocks."""

TURNS = 20
"""How often a clock that steps lets other tasks run before it looks for the next sleeper."""


@dataclass(order=True, slots=True)
class _Sleeper:
    due: float
    number: int
    woken: asyncio.Future[None] = field(compare=False)


class FakeClock:
    """A clock that moves when it is told to; the wall can be moved apart from the monotonic counter.

    A sleep ends when `advance` or `run_for` passes its end. With `autojump` nobody needs to call them: once the other
    tasks have had their turn, the time jumps to the end of the shortest sleep.
    """

    def __init__(self, start: datetime = START, *, autojump: bool = False) -> None:
        self.autojump = autojump
        self._wall = start.astimezone(UTC)
        self._seconds = 1_000.0
        self._numbers = count()
        self._sleepers: list[_Sleeper] = []
        self._jumper: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""
        return self._wall

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return self._seconds

    @property
    def sleeping(self) -> int:
        """How many sleeps have not ended."""
        return len(self._sleepers)

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has passed that many seconds."""
        sleeper = self._lie_down(seconds)
        if self.autojump and (self._jumper is None or self._jumper.done()):
            self._jumper = asyncio.create_task(self._jump())
        try:
            await sleeper.woken
        finally:
            self._get_up(sleeper)

    def advance(self, by: float | timedelta) -> None:
        """Move both times on and end every sleep that is over; the sleepers see the final time.

        Their tasks go on when the test awaits something. A loop that sleeps again and again wants `run_for`.
        """
        self._move_to(self._seconds + _seconds(by))

    async def run_for(self, by: float | timedelta) -> None:
        """Move on from sleeper to sleeper, each waking at its own time, and let their tasks run in between."""
        end = self._seconds + _seconds(by)
        await _let_others_run()
        while self._sleepers and self._sleepers[0].due <= end:
            self._move_to(max(self._seconds, self._sleepers[0].due))
            await _let_others_run()
        self._move_to(end)
        await _let_others_run()

    def advance_to(self, moment: datetime) -> None:
        """Move both times on until the wall shows that moment."""
        self.advance(moment - self._wall)

    def jump_wall(self, by: float | timedelta) -> None:
        """Set the wall clock on, or back with a negative amount, as an administrator would; nothing else moves."""
        self._wall += timedelta(seconds=_seconds(by))

    def _move_to(self, seconds: float) -> None:
        if seconds < self._seconds:
            raise ValueError("Time does not go back: `jump_wall` sets the wall clock alone.")
        self._wall += timedelta(seconds=seconds - self._seconds)
        self._seconds = seconds
        while self._sleepers and self._sleepers[0].due <= seconds:
            _wake(heapq.heappop(self._sleepers))

    async def _jump(self) -> None:
        await _let_others_run()
        while self._sleepers:
            self._move_to(max(self._seconds, self._sleepers[0].due))
            await _let_others_run()

    def _lie_down(self, seconds: float) -> _Sleeper:
        future = asyncio.get_running_loop().create_future()
        sleeper = _Sleeper(self._seconds + max(0.0, seconds), next(self._numbers), future)
        heapq.heappush(self._sleepers, sleeper)
        return sleeper

    def _get_up(self, sleeper: _Sleeper) -> None:
        if sleeper in self._sleepers:
            self._sleepers.remove(sleeper)
            heapq.heapify(self._sleepers)


class RecordingWake:
    """A wake queue that writes down what is asked for, and does it when the test says `work()`.

    `woken` holds every request in order; `waiting` those that nobody has done, each kind and key once.
    """

    def __init__(self) -> None:
        self.woken: list[tuple[Kind, str]] = []
        self.waiting: dict[tuple[Kind, str], None] = {}
        self._handlers: dict[Kind, Callable[[str], Awaitable[Again | None]]] = {}
        self._asked = asyncio.Event()
        self._stopped = False

    def keys(self, kind: Kind) -> tuple[str, ...]:
        """Return the keys that were woken for a kind, in order, each as often as it was asked for."""
        return tuple(key for asked, key in self.woken if asked == kind)

    async def wake(self, kind: Kind, keys: Sequence[str]) -> None:
        """Write the request down; the same kind and key waits at most once."""
        for key in keys:
            self.woken.append((kind, key))
            self.waiting[kind, key] = None
        self._asked.set()

    def on(self, kind: Kind, handler: Callable[[str], Awaitable[Again | None]], concurrency: int) -> None:
        """Name the handler of a kind; work is done one at a time, whatever the concurrency."""
        del concurrency
        self._handlers[kind] = handler

    async def work(self, most: int = 10_000) -> int:
        """Hand everything that waits, and what that wakes, to its handler; return how many calls it took.

        Requests of a kind without a handler stay in `waiting`. More than `most` calls fail the test: work that never
        ends is a fault.
        """
        calls: Counter[tuple[Kind, str]] = Counter()
        while (item := self._next()) is not None:
            if calls.total() == most:
                raise AssertionError(f"The work does not end; most often asked for: {calls.most_common(3)}")
            calls[item] += 1
            del self.waiting[item]
            kind, key = item
            if await self._handlers[kind](key) is not None:
                self.waiting[item] = None
        return calls.total()

    async def run(self) -> None:
        """Work whenever something is asked for, until `stop`."""
        while not self._stopped:
            self._asked.clear()
            await self.work()
            if not self._stopped:
                await self._asked.wait()

    def cancel(self, kinds: Collection[Kind]) -> None:
        """Do nothing more of these kinds."""
        for key in [key for key in self.waiting if key[0] in kinds]:
            del self.waiting[key]

    async def stop(self) -> None:
        """End `run`."""
        self._stopped = True
        self._asked.set()

    def _next(self) -> tuple[Kind, str] | None:
        return next((item for item in self.waiting if item[0] in self._handlers), None)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that `ScriptedHttp` was asked for; `publishing` tells `publish` from `fetch`."""

    method: str
    url: str
    headers: Headers
    content: bytes
    publishing: bool


class ScriptedHttp:
    """The network of a connector, by a script: answers are given in the order in which they were set.

    With a `node`, its `classify` judges each answer, as the engine does. `asked` holds every request in order; a
    request that the script does not know fails the test.
    """

    def __init__(self, node: Node[Any] | None = None) -> None:
        self.asked: list[Asked] = []
        self._node = node
        self._script: dict[tuple[str, str], deque[Response | ChappeError]] = defaultdict(deque)

    def answer(
        self, method: str, url: str, status: int = 200, *, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer the next such request; the last answer of a request is given again and again."""
        self._script[method, url].append(Response(status, Headers(headers or {}), body, url))

    def fail(self, method: str, url: str, error: ChappeError) -> None:
        """Let the next such request end in that error."""
        self._script[method, url].append(error)

    @property
    def published(self) -> tuple[Asked, ...]:
        """The publishing requests alone."""
        return tuple(asked for asked in self.asked if asked.publishing)

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        max_bytes: int = 5_000_000,
        accept: Container[int] = (),
    ) -> Response:
        """Give the next answer, or raise what the node makes of it."""
        response = self._next(Asked(method, url, Headers(headers or {}), content or b"", publishing=False))
        if len(response.body) > max_bytes:
            raise RejectedError(f"The answer of {url} is larger than {max_bytes} bytes.", code="too_large")
        error = None if response.status in accept else self._judged(response)
        if isinstance(error, DoubtfulError):
            raise TransientError(str(error))
        if error is not None:
            raise error
        return response

    async def publish(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Response:
        """Give the next answer, or raise what the node makes of it."""
        response = self._next(Asked(method, url, Headers(headers or {}), content or b"", publishing=True))
        error = self._judged(response)
        if error is not None:
            raise error
        return response

    def _next(self, asked: Asked) -> Response:
        self.asked.append(asked)
        answers = self._script[asked.method, asked.url]
        if not answers:
            raise AssertionError(f"The script knows no answer to {asked.method} {asked.url}.")
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        if isinstance(answer, ChappeError):
            raise answer
        return answer

    def _judged(self, response: Response) -> ChappeError | None:
        return self._node.classify(response.status, response.headers, response.body) if self._node else None


async def parse_here(function: Callable[..., T], *args: Any) -> T:
    """Run a parser in this process: `contract.context.Parse` without its limits."""
    return function(*args)


DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c63f80f0001010100b138f614"
    "0000000049454e44ae426082"
)
"""A PNG of one white pixel."""


async def ready_pictures(content: Content) -> tuple[Picture, ...]:
    """Give a picture of one pixel for each picture of the content: `contract.context.Pictures` without a network."""
    return tuple(Picture(DOT, "image/png", 1, 1, media.alt) for media in content.media if media.kind == "image")


async def ready_card(url: str) -> LinkCard:
    """Give a card for any link: `contract.context.Cards` without a network."""
    return LinkCard(url, "The page's title", "What it says.", Picture(DOT, "image/png", 1, 1))


def _wake(sleeper: _Sleeper) -> None:
    if not sleeper.woken.done():
        sleeper.woken.set_result(None)


async def _let_others_run() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


def _seconds(by: float | timedelta) -> float:
    return by.total_seconds() if isinstance(by, timedelta) else by
