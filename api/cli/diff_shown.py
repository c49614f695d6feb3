"""How a difference between two documents is shown: `+` new, `-` gone, `~` otherwise; never by colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.cli.show import say, short_text
from mappings.diffing import shown

if TYPE_CHECKING:
    from mappings.diffing import Diff, NodeChange, Setting

_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_LONGEST = 100


def show_diff(found: Diff, indent: str = "") -> None:
    """Print a difference."""
    for setting in found.settings:
        say(f"{indent}~ {_otherwise(setting)}", style="yellow")
    for node in found.nodes:
        _show_node(node, indent)
    for mark, style, arrows in (("+", "green", found.arrows_added), ("-", "red", found.arrows_removed)):
        for arrow in arrows:
            say(f"{indent}{mark} {arrow.feed} → {arrow.node}", style=style)


def _show_node(node: NodeChange, indent: str) -> None:
    mark, style = _MARKS[node.what]
    say(f"{indent}{mark} {node.path} ({node.kind})", style=style)
    for setting in node.settings if node.what == "changed" else ():
        say(f"{indent}    {_otherwise(setting)}")


def _otherwise(setting: Setting) -> str:
    return f"{setting.path}: {_value(setting.before)} → {_value(setting.after)}"


def _value(value: object) -> str:
    return short_text(shown(value), _LONGEST)
