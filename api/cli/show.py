"""How a command shows things: tables and panels on a terminal, plain aligned lines elsewhere; never by colour alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.cli.session import console

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STYLES = {
    "sent": "green", "ok": "green", "live": "green", "active": "green",
    "waiting": "yellow", "check needed": "yellow", "doubtful": "yellow", "held": "yellow", "warn": "yellow",
    "paused": "yellow", "rejected": "red", "blocked": "red", "lost": "red", "failing": "red", "fail": "red",
    "expired": "red",
}  # fmt: skip


def clean(text: Any) -> str:
    """Return a text as a terminal may show it: what came from outside may hold control characters."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(text))


def short_text(text: str, most: int = 60) -> str:
    """Return the beginning of a text on one line."""
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def say(text: str = "", style: str = "") -> None:
    """Print a line or a paragraph."""
    console.print(Text(clean(text)), style=style or None, soft_wrap=not console.is_terminal)


def heading(text: str) -> None:
    """Begin a part of the answer."""
    console.print()
    console.print(Text(clean(text), style="bold"))


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], empty: str = "") -> None:
    """Print rows under their headings; `empty` is what is said where there is none."""
    cells = [["–" if cell in (None, "") else clean(cell) for cell in row] for row in rows]
    if not cells:
        say(empty)
    elif console.is_terminal:
        _drawn(headings, cells)
    else:
        _aligned(headings, cells)


def _drawn(headings: Sequence[str], cells: list[list[str]]) -> None:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in headings:
        shown.add_column(title, overflow="fold")
    for row in cells:
        shown.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    console.print(shown)


def _aligned(headings: Sequence[str], cells: list[list[str]]) -> None:
    lines = [[title.upper() for title in headings], *([" ".join(cell.split()) for cell in row] for row in cells)]
    widths = [max(cell_len(line[nth]) for line in lines) for nth in range(len(headings))]
    for line in lines:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        console.print(Text("  ".join(padded).rstrip()), soft_wrap=True)


def panel(title: str, text: str, foot: str = "") -> None:
    """Print a text in a frame, or between two lines where there is no terminal."""
    if console.is_terminal:
        frame = Panel(Text(clean(text)), title=Text(clean(title)), subtitle=Text(clean(foot)), title_align="left",
                      subtitle_align="right", box=box.ROUNDED)  # fmt: skip
        console.print(frame)
        return
    for line in (f"--- {title}", text, f"--- {foot}" if foot else "---"):
        console.print(Text(clean(line)), soft_wrap=True)


def words(name: str) -> str:
    """Return a state or a mode as words: `check_needed` is *check needed*."""
    return name.replace("_", " ")


def count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 post`, `2 posts`; `plural` where the noun does not take an s."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
