"""What is wrong with the tests of a mapping, beyond the form of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.contract.operator import Operator
from mappings.findings import clipped, did_you_mean, there_are
from mappings.rules import testing

if TYPE_CHECKING:
    from mappings.findings import Path
    from mappings.linting.wiring import Sketch
    from mappings.reading.loaded import Loaded


def remark_tests(loaded: Loaded, sketch: Sketch) -> None:
    """Remark on tests of nodes that are not there, and on tests that cannot be told apart."""
    tests = (loaded.data or {}).get("tests")
    first: dict[str, int] = {}
    for nth, case in enumerate(tests if isinstance(tests, list) else ()):
        if not isinstance(case, dict):
            continue
        path: Path = ("tests", nth)
        _name(loaded, path, case.get("name"), first)
        for key in ("given", "decided", "answers", "expect"):
            for name in _keys(case.get(key)):
                _node(loaded, sketch, (*path, key, name), outputs=key == "expect")


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _name(loaded: Loaded, path: Path, name: Any, first: dict[str, int]) -> None:
    if not isinstance(name, str):
        return
    if name in first:
        sentence = f"The test in line {first[name]} has this name too. Give one of them another."
        loaded.add(testing.SAME_NAME, (*path, "name"), sentence)
    first.setdefault(name, loaded.where((*path, "name"))[1][0])


def _node(loaded: Loaded, sketch: Sketch, path: Path, *, outputs: bool) -> None:
    written = str(path[-1])
    name, dot, port = written.partition(".")
    if name not in sketch.roles:
        advice = did_you_mean(name, sketch.roles) or there_are(list(sketch.roles))
        sentence = f"“{clipped(name)}” is not a node of this mapping.{advice}"
        loaded.add(testing.NO_SUCH_NODE, path, sentence, key=True)
    elif dot and not outputs:
        sentence = f"Posts go into a node, not into one of its outputs. Write `{name}`."
        loaded.add(testing.NO_SUCH_NODE, path, sentence, key=True)
    elif dot and name in sketch.nodes:
        node = sketch.nodes[name]
        ports = node.ports if isinstance(node, Operator) else ()
        if port not in ports:
            advice = did_you_mean(port, ports) or there_are(list(ports))
            sentence = f"`{name}` has no output “{clipped(port)}”.{advice}"
            loaded.add(testing.NO_SUCH_NODE, path, sentence, key=True)
