"""How a difference between two documents is shown: `+` new, `-` gone, `~` otherwise; never by colour alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from api.cli.show import count, say, short_text
from mappings.changing.diffing import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mappings.changing.diffing import Diff, NodeChange, Setting

_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_LONGEST = 100


def show_diff(found: Diff, indent: str = "") -> None:
    """Print a difference."""
    tests, settings = _parted(found.settings)
    for setting in settings:
        mark, style = _MARKS[_what(setting)]
        said = _otherwise(setting) if mark == "~" else f"{setting.path}: {_value(setting.after or setting.before)}"
        say(f"{indent}{mark} {said}", style=style)
    for what, many in Counter(map(_what_of_test, tests.values())).items():
        mark, style = _MARKS[what]
        said = f"tests changed: {many}" if mark == "~" else count(many, "test")
        say(f"{indent}{mark} {said}", style=style)
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


def _parted(settings: Iterable[Setting]) -> tuple[dict[str, list[Setting]], list[Setting]]:
    """Return the settings of tests, by the test, and the others."""
    tests: dict[str, list[Setting]] = {}
    others: list[Setting] = []
    for setting in settings:
        if setting.path.startswith("tests["):
            tests.setdefault(setting.path.partition("]")[0], []).append(setting)
        else:
            others.append(setting)
    return tests, others


def _what(setting: Setting) -> str:
    if setting.before is None:
        return "added"
    return "removed" if setting.after is None else "changed"


def _what_of_test(settings: list[Setting]) -> str:
    """Tell by its name, which each test has, whether a test is new or gone."""
    return next((_what(setting) for setting in settings if setting.path.endswith("].name")), "changed")


def _otherwise(setting: Setting) -> str:
    return f"{setting.path}: {_value(setting.before)} → {_value(setting.after)}"


def _value(value: object) -> str:
    return short_text(shown(value), _LONGEST)
