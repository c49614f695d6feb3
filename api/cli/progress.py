"""How a command shows that long work goes on: a bar on a terminal, plain lines elsewhere, nothing with --json."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import Progress

from api.cli.session import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

MANY = 20
"""Fewer steps than this are over before anybody wonders."""

LINES = 10
"""So many lines are written at most where there is no terminal."""


@contextmanager
def counted(what: str, *, as_json: bool, console: Console = errors) -> Iterator[Callable[[int, int], None]]:
    """Give a function to tell how many steps are done, and of how many."""
    if as_json:
        yield lambda _done, _total: None
    elif console.is_terminal:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        yield lambda done, total: _line(console, what, done, total)


@contextmanager
def step(what: str, *, as_json: bool = False, console: Console = errors) -> Iterator[None]:
    """Say what is being done while the block runs."""
    if as_json:
        yield
    elif console.is_terminal:
        with console.status(f"{what} …"):
            yield
    else:
        console.print(f"{what} …", soft_wrap=True)
        yield


def _line(console: Console, what: str, done: int, total: int) -> None:
    if done and total >= MANY and done * LINES // total > (done - 1) * LINES // total:
        console.print(f"{what}: {done} of {total}.", soft_wrap=True)
