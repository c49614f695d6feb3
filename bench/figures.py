"""A figure that was reached, the figure that is wanted, and the table of them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SIGNS = {"most": "≤", "least": "≥"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: `bound` says whether `wanted` is the most or the least that is right."""

    row: str
    reached: float
    wanted: float
    bound: Literal["most", "least"] = "most"
    unit: str = "×"
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether it is as wanted."""
        return self.reached <= self.wanted if self.bound == "most" else self.reached >= self.wanted

    def __str__(self) -> str:
        """Return it as a line."""
        wanted = f"{SIGNS[self.bound]} {self.wanted:g} {self.unit}"
        return f"{self.row}: {self.reached:.2f} {self.unit} (wanted {wanted}){'' if self.ok else ', missed'}"


def ratio(ours: Sequence[float], yardstick: Sequence[float]) -> float:
    """Return the median of the ratios of each round: what slows the machine down for a while slows both."""
    return median(one / other for one, other in zip(ours, yardstick, strict=True))


def table(figures: Iterable[Figure]) -> Table:
    """Lay the figures out."""
    drawn = Table("row", "reached", "wanted", "", "medians", title="Figures to reach", title_justify="left")
    for figure in figures:
        mark = "[green]ok[/green]" if figure.ok else "[red]no[/red]"
        wanted = f"{SIGNS[figure.bound]} {figure.wanted:g} {figure.unit}"
        drawn.add_row(figure.row, f"{figure.reached:.2f} {figure.unit}", wanted, mark, figure.detail)
    return drawn
