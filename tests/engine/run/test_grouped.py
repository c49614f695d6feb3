"""Many callers share one transaction, and each gets its own answer."""

from __future__ import annotations

import asyncio

import pytest

from engine.errors import TransientError
from engine.run.grouped import Grouped


class Doubling:
    """Answers twice the number; keeps the groups, and may be told to wait or to fail."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.error: Exception | None = None
        self.called = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, items: list[int]) -> list[int]:
        self.groups.append(items)
        self.called.set()
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return [item * 2 for item in items]


async def test_who_asks_at_once_goes_together_and_gets_its_own_answer() -> None:
    write = Doubling()
    grouped = Grouped(write)

    async def caller(item: int) -> int:
        with grouped.seat():
            return await grouped.ask(item)

    assert await asyncio.gather(*map(caller, range(5))) == [0, 2, 4, 6, 8]
    assert write.groups == [[0, 1, 2, 3, 4]]


async def test_who_is_alone_waits_for_nobody() -> None:
    write = Doubling()
    grouped = Grouped(write, longest=600)
    with grouped.seat():
        async with asyncio.timeout(60):
            assert await grouped.ask(1) == 2


async def test_a_caller_that_is_busy_holds_nobody_up_for_long() -> None:
    write = Doubling()
    grouped = Grouped(write)
    with grouped.seat(), grouped.seat():
        async with asyncio.timeout(60):
            assert await grouped.ask(1) == 2


async def test_the_last_to_leave_lets_those_who_wait_go() -> None:
    write = Doubling()
    grouped = Grouped(write, longest=600)
    with grouped.seat():
        with grouped.seat():
            waiting = asyncio.ensure_future(grouped.ask(1))
            await asyncio.sleep(0)
            assert write.groups == []
        async with asyncio.timeout(60):
            assert await waiting == 2


async def test_a_cancelled_caller_cancels_nobody_else() -> None:
    write = Doubling()
    write.open.clear()
    grouped = Grouped(write)
    first, second = (asyncio.ensure_future(grouped.ask(item)) for item in (1, 2))
    await asyncio.sleep(0)
    first.cancel()
    write.open.set()
    assert await second == 4
    assert first.cancelled()


async def test_a_group_that_fails_tells_each_of_its_callers() -> None:
    write = Doubling()
    write.error = TransientError("The disk is full.")
    grouped = Grouped(write)
    answers = await asyncio.gather(*(grouped.ask(item) for item in (1, 2)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["The disk is full."] * 2
    write.error = None
    assert await grouped.ask(3) == 6


@pytest.mark.parametrize("count", [1, 40])
async def test_an_answer_may_be_no_answer(count: int) -> None:
    async def write(items: list[int]) -> list[None]:
        return [None for _ in items]

    grouped = Grouped(write)
    assert await asyncio.gather(*(grouped.ask(item) for item in range(count))) == [None] * count


async def test_what_is_left_goes_with_the_next_group_and_holds_nobody_up() -> None:
    write = Doubling()
    grouped = Grouped(write, longest=600)
    with grouped.seat():
        grouped.leave(1)
        grouped.leave(2)
        assert await grouped.ask(3) == 6
    assert write.groups == [[3, 1, 2]]


async def test_what_is_left_goes_by_itself_before_long() -> None:
    write = Doubling()
    grouped = Grouped(write)
    grouped.leave(1)
    async with asyncio.timeout(60):
        await write.called.wait()
    assert write.groups == [[1]]


async def test_what_is_left_can_be_written_at_once() -> None:
    write = Doubling()
    grouped = Grouped(write)
    await grouped.settle()
    grouped.leave(1)
    await grouped.settle()
    assert write.groups == [[1]]


async def test_what_was_left_and_failed_fails_nobody_else() -> None:
    write = Doubling()
    write.error = TransientError("The disk is full.")
    grouped = Grouped(write)
    grouped.leave(1)
    await grouped.settle()
    write.error = None
    assert await grouped.ask(2) == 4
