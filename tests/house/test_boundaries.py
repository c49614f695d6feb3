"""What only one place may do: read the clock, commit, catch everything; and what connectors may not do at all."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.house import tree

if TYPE_CHECKING:
    from tests.house.tree import Module

CLOCKS = {"engine/clock.py", "sandbox/clock.py"}
UNIT = "engine/store/unit.py"
BROAD_EXCEPT = re.compile(r"engine/run/(?:poll|deliver)\.py|engine/dispatch/\w+\.py")
MAY_TRY = {"connectors/facebook/wire.py", "connectors/x/wire.py"}

_CLOCK_READS = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "time.ctime",
    "time.gmtime",
    "time.localtime",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.time",
    "time.time_ns",
}
_SLEEPS = {"time.sleep", "asyncio.sleep", "anyio.sleep", "asyncio.tasks.sleep"}
_TRANSACTION = {"begin", "begin_nested", "commit", "rollback"}
_LOOP = re.compile(r"(?:^|[._])loop$|get_(?:running|event)_loop$")


def _reads_clock(module: Module, call: ast.Call, name: str) -> bool:
    if name in _CLOCK_READS:
        return True
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "time" or call.args:
        return False
    owner = call.func.value
    return bool(_LOOP.search(module.dotted(owner.func if isinstance(owner, ast.Call) else owner)))


def _clock_reads(module: Module) -> list[str]:
    return [f"{module.at(call)} {name}" for call, name in module.calls if _reads_clock(module, call, name)]


def _sleeps(module: Module) -> list[str]:
    return [f"{module.at(call)} {name}" for call, name in module.calls if name in _SLEEPS and not _is_zero(call)]


def _is_zero(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Constant) and first.value == 0


def _broad_handlers(module: Module) -> list[str]:
    broad = {"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"}
    found = [module.at(call) for call, name in module.calls if name.endswith("suppress") and broad & _names(call.args)]
    handlers = [node for node in module.nodes if isinstance(node, ast.ExceptHandler)]
    return found + [
        module.at(node)
        for node in handlers
        if (node.type is None or broad & _names([node.type])) and not _passes_on(node)
    ]


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler only tidies up: it ends by raising the same error again."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _names(expressions: list[ast.expr]) -> set[str]:
    return {node.id for part in expressions for node in ast.walk(part) if isinstance(node, ast.Name)}


def _tries_around_io(module: Module) -> list[str]:
    return [
        module.at(node)
        for node in module.nodes
        if isinstance(node, ast.Try | ast.TryStar)
        and any(
            isinstance(part, ast.Await | ast.AsyncFor | ast.AsyncWith)
            for statement in node.body
            for part in ast.walk(statement)
        )
    ]


def test_only_the_clock_reads_the_clock() -> None:
    reads = [
        read for module in tree.modules(*tree.PACKAGES) if module.path not in CLOCKS for read in _clock_reads(module)
    ]

    assert reads == []


def test_only_the_clock_sleeps() -> None:
    sleeps = [
        sleep for module in tree.modules(*tree.PACKAGES) if module.path not in CLOCKS for sleep in _sleeps(module)
    ]

    assert sleeps == []


def test_tests_never_sleep() -> None:
    assert [sleep for module in tree.modules("tests") for sleep in _sleeps(module)] == []


def test_only_the_unit_of_work_opens_and_ends_a_transaction() -> None:
    found = [
        module.at(call)
        for module in tree.modules(*tree.PACKAGES)
        if module.path != UNIT
        for call, _ in module.calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in _TRANSACTION and not call.args
    ]

    assert found == []


def test_everything_is_caught_at_the_three_named_boundaries_only() -> None:
    found = [
        handler
        for module in tree.modules(*tree.PACKAGES, "bench", "docs", ".ci", "tests")
        if not BROAD_EXCEPT.fullmatch(module.path)
        for handler in _broad_handlers(module)
    ]

    assert found == []


def test_no_connector_catches_what_its_request_raises() -> None:
    connectors = [module for module in tree.modules("connectors") if module.path not in MAY_TRY]

    assert [place for module in connectors for place in _tries_around_io(module)] == []


def test_no_connector_logs_sleeps_or_reads_the_clock() -> None:
    connectors = tree.modules("connectors")
    logs = [
        f"{module.path} {name}"
        for module in connectors
        for name in module.names.values()
        if name.split(".")[0] in {"logging", "structlog"}
    ]
    imports = [
        f"{module.at(node)} {alias.name}"
        for module in connectors
        for node in module.nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.split(".")[0] in {"logging", "structlog", "time", "tenacity", "sqlalchemy"}
    ]

    assert logs + imports == []
    assert [place for module in connectors for place in _clock_reads(module) + _sleeps(module)] == []


def test_the_checks_see_what_they_look_for() -> None:
    source = (
        "import asyncio, time as t\nfrom datetime import datetime\n"
        "t.sleep(1)\ndatetime.now()\nasyncio.get_running_loop().time()\n"
        "try:\n    x()\nexcept Exception:\n    y()\n"
        "try:\n    x()\nexcept BaseException:\n    y()\n    raise\n"
        "async def f(ctx):\n    try:\n        await ctx.http.get('/')\n    except ValueError:\n        pass\n"
    )
    module = tree.parse("engine/sample.py", source)

    assert _sleeps(module) == ["engine/sample.py:3 time.sleep"]
    assert [read.split()[0] for read in _clock_reads(module)] == ["engine/sample.py:4", "engine/sample.py:5"]
    assert _broad_handlers(module) == ["engine/sample.py:8"]
    assert _tries_around_io(module) == ["engine/sample.py:16"]
